#include "builds/output/brought_back.hpp"

#include <gtest/gtest.h>

#include "builds/run/runner.hpp"
#include "builds/support.hpp"

namespace larder::builds {
namespace {

class BringsBack : public ::testing::Test {
 protected:
  /// Builds, and gives the notes of the first target.
  std::vector<std::string> build(const std::string& script) {
    kit_.build_with(script);
    RunOptions options;
    options.settle = Settle::foreground;
    const BuildResult result = must(run_build(kit_.plan, kit_.store(), engine_, recorder_, options));
    std::vector<std::string> notes;
    for (const std::string& note : result.targets[0].notes)
      if (note.find("starts from nothing") == std::string::npos && note != nothing_delivered) notes.push_back(note);
    return notes;
  }
  bool has(const std::string& path) const { return test::exists(kit_.dir().fd(), "project/" + path); }
  std::string content(const std::string& path) const { return test::get_file(kit_.dir().fd(), "project/" + path); }

  Kit kit_ = Kit({"one", "two"});
  FakeEngine engine_;
  Recorder recorder_;
};

TEST_F(BringsBack, NothingThatTheProjectDoesNotName) {
  const auto notes = build("mkdir $WORKSPACE/src; echo 1 >$WORKSPACE/src/a; echo 2 >$WORKSPACE/src/b");
  EXPECT_FALSE(has("src"));
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(notes[0],
            "what the build has written into the source tree stays in its volume: src/a and 1 more; `[workspace] "
            "bring_back = [\"src/a\"]` in larder.toml brings it to the project");
}

TEST_F(BringsBack, WhatItNamesAndAllTargetsHaveMadeAlike) {
  kit_.plan.project.bring_back = {"src/gen/**"};
  EXPECT_TRUE(build("mkdir -p $WORKSPACE/src/gen; echo 1 >$WORKSPACE/src/gen/a").empty());
  EXPECT_EQ(content("src/gen/a"), "1\n");
}

TEST_F(BringsBack, NothingWhereTheTargetsDiffer) {
  kit_.plan.project.bring_back = {"version"};
  const auto notes = build("echo $TARGET >$WORKSPACE/version");
  EXPECT_FALSE(has("version"));
  EXPECT_EQ(
      notes,
      (std::vector<std::string>{"version is not brought to the project: the targets have written different ones"}));
}

TEST_F(BringsBack, NeverWhatToolsObey) {
  kit_.plan.project.bring_back = {"**", ".cargo/**"};
  const auto notes = build("mkdir $WORKSPACE/.cargo; echo 1 >$WORKSPACE/.cargo/config.toml");
  EXPECT_FALSE(has(".cargo"));
  EXPECT_EQ(
      notes,
      (std::vector<std::string>{".cargo/config.toml is not brought to the project: builds never write such files"}));
}

TEST_F(BringsBack, NeverOverWhatTheUserHasChangedMeanwhile) {
  kit_.plan.project.bring_back = {"inputs"};
  const auto notes = build("echo built >$WORKSPACE/inputs; echo user >" + kit_.plan.workspace.folder + "/inputs");
  EXPECT_EQ(content("inputs"), "user\n");
  EXPECT_EQ(notes, (std::vector<std::string>{"inputs is not brought to the project: it has changed there meanwhile"}));
}

TEST_F(BringsBack, NothingOfABuildThatFails) {
  kit_.plan.project.bring_back = {"a"};
  (void)build("echo 1 >$WORKSPACE/a; test $TARGET = one");
  EXPECT_FALSE(has("a"));
}

}  // namespace
}  // namespace larder::builds
