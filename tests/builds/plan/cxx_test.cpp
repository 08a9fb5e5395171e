#include "builds/plan/cxx.hpp"

#include <gtest/gtest.h>

#include "config/tables.hpp"
#include "support/files.hpp"
#include "support/must.hpp"
#include "support/temp_dir.hpp"

namespace larder::builds {
namespace {

using test::must;

/// A project of one of Larder's own recipes.
class CxxSigns : public ::testing::Test {
 protected:
  std::string found(const std::string& recipe) const {
    const config::RecipeTable recipes = must(config::load_recipes(""));
    return find_cxx(dir_.path(), must(recipes.find(recipe)).cxx, "target");
  }
  void put(const std::string& path, const std::string& text = "") { test::put_file(dir_.fd(), path, text); }

  test::TempDir dir_;
};

TEST_F(CxxSigns, ASourceThatCMakeIsToldOf) {
  put("CMakeLists.txt", "project(hi CXX)\nadd_executable(hi src/main.cpp)\n");
  EXPECT_EQ(found("cmake"), "") << "there is no source";
  put("src/main.cpp");
  EXPECT_EQ(found("cmake"), "src/main.cpp");
}

TEST_F(CxxSigns, AStrayFileSaysNothing) {
  put("CMakeLists.txt", "project(plain C)\nadd_executable(plain main.c)\n");
  put("Makefile", "plain: main.o\n");
  put("build.ninja", "build plain: cc main.c\n");
  put("contrib/stream.cpp");
  for (const char* recipe : {"cmake", "make", "meson", "autotools", "ninja"}) EXPECT_EQ(found(recipe), "") << recipe;
}

TEST_F(CxxSigns, AMakefilesCompiler) {
  put("main.cc");
  put("lib/rules.mk", "%.o: %.cc\n\t$(CXX) -c $<\n");
  EXPECT_EQ(found("make"), "main.cc");
}

TEST_F(CxxSigns, ANinjaFilesCompiler) {
  put("main.cc");
  put("build.ninja", "rule cxx\n  command = $$CXX -o $out $in\nbuild main: cxx main.cc\n");
  EXPECT_EQ(found("ninja"), "main.cc");
}

TEST_F(CxxSigns, WhatTheBuildMakesAndHiddenFoldersAreNoSources) {
  put("Makefile", "hello: hello.c\n\t$(CC) hello.c || $(CXX) x\n");
  put("target/main.cc");
  put(".cache/main.cc");
  EXPECT_EQ(found("make"), "");
  put("sub/target/main.cc");
  EXPECT_EQ(found("make"), "sub/target/main.cc") << "that is no folder of the tool's";
}

TEST_F(CxxSigns, ABuildScriptThatCompilesIt) {
  put("tests/data/example.cpp");
  put("build.rs", "fn main() { cc::Build::new().file(\"a.c\").compile(\"a\"); }\n");
  put("Cargo.lock", "[[package]]\nname = \"cc\"\nversion = \"1.0.0\"\n");
  EXPECT_EQ(found("cargo"), "");
  put("native/build.rs", "fn main() { cc::Build::new().cpp(true).file(\"a.cpp\").compile(\"a\"); }\n");
  EXPECT_EQ(found("cargo"), "tests/data/example.cpp");
}

TEST_F(CxxSigns, ACrateThatIsCxx) {
  put("Cargo.lock", "[[package]]\nname = \"link-cplusplus\"\nversion = \"1.0.0\"\n");
  EXPECT_EQ(found("cargo"), "name = \"link-cplusplus\" in Cargo.lock");
  put("Cargo.lock", "[[package]]\nname = \"cxxfilt\"\nversion = \"1.0.0\"\n");
  EXPECT_EQ(found("cargo"), "");
}

TEST_F(CxxSigns, ARecipeWithoutSignsFindsNone) {
  put("main.cc");
  EXPECT_EQ(find_cxx(dir_.path(), {}, "target"), "");
  EXPECT_EQ(find_cxx(dir_.path() + "/gone", {{"**/*.cc"}}, "target"), "");
}

}  // namespace
}  // namespace larder::builds
