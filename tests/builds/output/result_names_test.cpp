#include "builds/output/result_names.hpp"

#include <gtest/gtest.h>

namespace larder::builds {
namespace {

using Names = std::map<std::string, std::string>;

FoundResult program(const std::string& path, const std::vector<std::string>& run_paths = {}) {
  FoundResult result;
  result.path = path;
  result.binary.emplace().run_paths = run_paths;
  return result;
}

FoundResult library(const std::string& path) {
  FoundResult result = program(path);
  result.binary->executable = false;
  return result;
}

TEST(ResultNames, TheNameIsEnough) {
  EXPECT_EQ(name_results({program("out/bin/app"), library("out/lib/libx.so")}, "out"),
            (Names{{"out/bin/app", "app"}, {"out/lib/libx.so", "libx.so"}}));
}

TEST(ResultNames, LibrariesLieWhereAProgramLooksForThem) {
  for (const char* path : {"$ORIGIN/../lib", "${ORIGIN}/../lib"})
    EXPECT_EQ(name_results(
                  {program("out/bin/app", {"/usr/lib", path}), library("out/lib/libx.so"), program("out/tool")}, "out"),
              (Names{{"out/bin/app", "bin/app"}, {"out/lib/libx.so", "lib/libx.so"}, {"out/tool", "tool"}}));
}

TEST(ResultNames, BesideTheProgramIsEnoughWhereItLooksThere) {
  const Names flat = {{"bin/app", "app"}, {"lib/libx.so", "libx.so"}};
  EXPECT_EQ(name_results({program("bin/app", {"$ORIGIN", "$ORIGIN/../lib"}), library("lib/libx.so")}, ""), flat);
  EXPECT_EQ(name_results({program("bin/app", {"$ORIGIN/../other", "$ORIGINAL/lib"}), library("lib/libx.so")}, ""),
            flat);
}

TEST(ResultNames, ALibraryThatAProgramDoesNotLookForWhereItLiesIsTold) {
  const auto unfound = [](const std::vector<std::string>& run_paths) {
    FoundResult app = program("bin/app", run_paths);
    app.binary->needed = {"libx.so", "libc.so.6"};
    return unfound_libraries(app, name_results({app, library("lib/libx.so")}, ""));
  };
  EXPECT_EQ(unfound({}), std::vector<std::string>{"libx.so"});
  EXPECT_EQ(unfound({"/workspace/lib"}), std::vector<std::string>{"libx.so"});
  EXPECT_TRUE(unfound({"$ORIGIN"}).empty());
  EXPECT_TRUE(unfound({"$ORIGIN/../lib"}).empty());
}

}  // namespace
}  // namespace larder::builds
