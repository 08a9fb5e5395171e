#include "builds/run/outside_hint.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "builds/support.hpp"

namespace larder::builds {
namespace {

class OutsideHint : public ::testing::Test {
 protected:
  OutsideHint() {
    test::put_file(dir_.fd(), "nasatopo/Cargo.toml", "");
    test::put_file(dir_.fd(), "README.md", "");
    test::put_file(dir_.fd(), "app/src/main.rs", "");
    const std::string top = std::filesystem::canonical(dir_.path()).string();
    workspace_.folder = workspace_.settings = workspace_.start = workspace_.top = top + "/app";
  }
  std::string hint(const std::vector<std::string>& lines) { return outside_hint(workspace_, lines); }

  test::TempDir dir_;
  Workspace workspace_;
};

TEST_F(OutsideHint, NamesThePathDependencyAsLarderTomlWantsIt) {
  const std::string text =
      hint({"error: failed to get `nasatopo` as a dependency of package `app`",
            "Caused by:", "  failed to read `/nasatopo/Cargo.toml`", "  No such file or directory (os error 2)"});
  EXPECT_NE(text.find("include = [\"../nasatopo\"]"), std::string::npos) << text;
}

TEST_F(OutsideHint, FindsWhatASourceIncludesFromItsOwnFolder) {
  const std::string text = hint(
      {"error: couldn't read `src/../../README.md`: No such file or directory (os error 2)", " --> src/main.rs:1:20"});
  EXPECT_NE(text.find("include = [\"../README.md\"]"), std::string::npos) << text;
}

TEST_F(OutsideHint, SaysNothingOfFilesThatAreNowhereOrInTheProject) {
  EXPECT_EQ(hint({"cc: error: ../../absent.c: No such file or directory"}), "");
  EXPECT_EQ(hint({"cc: error: src/main.rs: No such file or directory"}), "");
  EXPECT_EQ(hint({"error: expected one of `!` or `::`, found `../nasatopo`"}), "");
}

TEST_F(OutsideHint, SaysNothingOfWhatIsShown) {
  workspace_.top = std::filesystem::canonical(dir_.path()).string();
  workspace_.place = "/workspace/app";
  EXPECT_EQ(hint({"cc: error: ../README.md: No such file or directory"}), "");
}

}  // namespace
}  // namespace larder::builds
