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

TEST_F(OutsideHint, TellsHowTheFolderAboveBecomesTheProject) {
  Plan plan;
  plan.workspace = workspace_;
  const std::string top = std::filesystem::path(workspace_.folder).parent_path().string();
  const std::vector<std::string> made = {"mkdir: cannot create directory \u2018../out\u2019: Read-only file system"};
  EXPECT_EQ(written_outside_hint(plan, made), "the build writes to " + top +
                                                  "/out, and what lies around the project is read-only; let it write "
                                                  "below " +
                                                  workspace_.folder);
  plan.recipe.name = "make";
  plan.recipe.folder_option = "-C";
  const std::string advice = "a larder.toml in " + top +
                             " with `[project] recipe = \"make\"` and `[build] args = [\"-C\", \"app\"]` makes that";
  EXPECT_NE(written_outside_hint(plan, made).find(advice), std::string::npos) << written_outside_hint(plan, made);
  plan.workspace.place = "/workspace/app";
  const std::string text = written_outside_hint(plan, {"ld: cannot open output file /workspace/bin/p: No such file"});
  EXPECT_NE(text.find(top + "/bin/p, "), std::string::npos) << text;
  EXPECT_EQ(written_outside_hint(plan, {"cp: cannot create /usr/local/bin/p: Read-only file system"}), "");
  EXPECT_EQ(written_outside_hint(plan, {"ld: cannot open output file bin/p: No such file"}), "");
}

TEST_F(OutsideHint, SaysNothingOfFilesThatAreNowhereOrInTheProject) {
  EXPECT_EQ(hint({"cc: error: ../../absent.c: No such file or directory"}), "");
  EXPECT_EQ(hint({"cc: error: src/main.rs: No such file or directory"}), "");
  EXPECT_EQ(hint({"error: expected one of `!` or `::`, found `../nasatopo`"}), "");
}

TEST_F(OutsideHint, AFolderAroundTheProjectIsNoFileThatIsMissing) {
  EXPECT_EQ(
      hint({"cd a/b && cc -I ../../.. -c ../../bad.c", "bad.c:1:10: fatal error: none.h: No such file or directory"}),
      "");
}

TEST_F(OutsideHint, SaysNothingOfWhatIsShown) {
  workspace_.top = std::filesystem::canonical(dir_.path()).string();
  workspace_.place = "/workspace/app";
  EXPECT_EQ(hint({"cc: error: ../README.md: No such file or directory"}), "");
}

}  // namespace
}  // namespace larder::builds
