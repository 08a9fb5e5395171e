#include "builds/run/rust_units.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "support/store_kit.hpp"

namespace larder::builds {
namespace {

using test::must;

/// An archive of these members, as ar(5) writes it.
std::string archive(const std::vector<std::string>& members, const std::string& long_names = "") {
  std::string text = "!<arch>\n";
  const auto add = [&](const std::string& name, const std::string& content) {
    text += fmt::format("{:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", name, "0", "0", "0", "644", content.size()) + content;
    if (content.size() % 2 == 1) text += '\n';
  };
  add("/", "symbols");
  if (!long_names.empty()) add("//", long_names);
  for (const std::string& member : members) add(member, "content");
  return text;
}

TEST(ForeignObjects, AreMembersOfOtherNamesThanRustcsOwn) {
  EXPECT_FALSE(has_foreign_objects(archive({"lib.rmeta/", "a.rcgu.o/"})));
  EXPECT_FALSE(has_foreign_objects(archive({"lib.rmeta/", "/0"}, "serde-1b2c.serde.3d4e-cgu.0.rcgu.o/\n")));
  EXPECT_TRUE(has_foreign_objects(archive({"lib.rmeta/", "crc32.o/"})));
  EXPECT_TRUE(has_foreign_objects(archive({"/0"}, "a_rather_long_name_of_c.o/\n")));
  EXPECT_TRUE(has_foreign_objects("no archive"));
}

class RustUnits : public ::testing::Test {
 protected:
  RustUnits() { library("plain"); }
  void put(const std::string& path, const std::string& content = "") { files_["target/x/release/" + path] = content; }
  void unit(const std::string& folder, const std::string& kind) {
    for (const char* name : {"", "dep-"}) put(".fingerprint/" + folder + "/" + name + kind);
    put(".fingerprint/" + folder + "/" + kind + ".json");
    put(".fingerprint/" + folder + "/invoked.timestamp");
  }
  void library(const std::string& name, const std::string& read = "src/lib.rs") {
    unit(name + "-1", "lib-" + name);
    put("deps/lib" + name + "-2.rlib", archive({"lib.rmeta/", "a.rcgu.o/"}));
    put("deps/" + name + "-2.d", "/workspace/target/x/release/deps/lib" + name + "-2.rlib: " + read + "\n");
  }
  std::optional<std::vector<std::string>> tied() {
    const store::VolumeSpec spec = test::compiled("target", "v" + std::to_string(++volumes_));
    test::commit(kit_.store, spec, files_);
    const auto generation = must(store::current_generation(kit_.store, spec.key));
    const auto tree = must(store::MergedTree::open(kit_.store, store::layer_roots(generation->layers)));
    return must(units_of_image(kit_.os, tree, {"/workspace", "/usr/local/cargo/registry"}));
  }
  /// The one that is tied to the image; its folder in .fingerprint.
  std::string only() {
    const auto all = tied();
    if (!all || all->size() != 1) return fmt::format("{} folders", all ? all->size() : 0);
    return all->front().substr(std::string("target/x/release/").size());
  }

  test::TempStore kit_;
  test::Files files_;
  int volumes_ = 0;
};

TEST_F(RustUnits, ALibraryOfRustIsKept) {
  library("of-registry", "/usr/local/cargo/registry/src/of/src/lib.rs /workspace/target/x/release/build/of-3/out/a.rs");
  ASSERT_TRUE(tied());
  EXPECT_TRUE(tied()->empty());
}

TEST_F(RustUnits, ProgramsAndTestsAreLinked) {
  unit("app-1", "bin-app");
  EXPECT_EQ(only(), ".fingerprint/app-1");
  files_.clear();
  unit("app-2", "test-lib-app");
  EXPECT_EQ(only(), ".fingerprint/app-2");
}

TEST_F(RustUnits, SoAreMacrosAndLibrariesForOthers) {
  for (const char* file : {"deps/libmade_here-2.so", "deps/libmade_here.a"}) {
    files_.clear();
    library("plain");
    unit("made-here-1", "lib-made-here");
    put(file);
    EXPECT_EQ(only(), ".fingerprint/made-here-1") << file;
  }
}

TEST_F(RustUnits, ABuildScriptAndAllThatItHasMade) {
  unit("sys-1", "build-script-build-script-build");
  put(".fingerprint/sys-2/run-build-script-build-script-build");
  put("build/sys-2/out/CMakeCache.txt");
  const std::string top = "target/x/release/";
  EXPECT_EQ(*tied(),
            (std::vector<std::string>{top + ".fingerprint/sys-1", top + ".fingerprint/sys-2", top + "build/sys-2"}));
}

TEST_F(RustUnits, ALibraryWithAnothersObjects) {
  library("mixed");
  put("deps/libmixed-2.rlib", archive({"lib.rmeta/", "crc32.o/"}));
  EXPECT_EQ(only(), ".fingerprint/mixed-1");
}

TEST_F(RustUnits, ALibraryThatHasReadAFileOfTheImage) {
  library("reads", "src/lib.rs /usr/share/zoneinfo/UTC");
  EXPECT_EQ(only(), ".fingerprint/reads-1");
}

TEST_F(RustUnits, WhatIsNotCargosIsUnknown) {
  files_ = {{"target/x/release/deps/liba-1.rlib", archive({})}};
  EXPECT_FALSE(tied());
}

}  // namespace
}  // namespace larder::builds
