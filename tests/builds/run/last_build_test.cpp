#include "builds/run/last_build.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "builds/run/runner.hpp"
#include "builds/support.hpp"

namespace larder::builds {
namespace {

/// A project whose tool may be left out, built well once.
class LeftOut : public ::testing::Test {
 protected:
  LeftOut() {
    kit_.plan.recipe.skip_unchanged = true;
    kit_.plan.recipe.blind.rules = {"**/build.ninja"};
    kit_.plan.targets[0].image.name = "debian:bookworm";
    test::put_file(kit_.dir().fd(), "program", static_elf());
    must(::chmod((kit_.dir().path() + "/program").c_str(), 0755) == 0, "chmod");
    kit_.build_with("echo 'warning: unused'; echo ' --> a.c'; echo; echo Finished; mkdir -p $COMPILED/out; cp " +
                    kit_.dir().path() + "/program $COMPILED/out/pantry");
    EXPECT_TRUE(starts());
  }

  BuildResult run() {
    engine_.specs.clear();
    recorder_.lines.clear();
    RunOptions options = options_;
    options.settle = Settle::foreground;
    return must(run_build(kit_.plan, kit_.store(), engine_, recorder_, options));
  }
  /// Whether a build starts the tool.
  bool starts() {
    const BuildResult result = run();
    EXPECT_EQ(result.targets[0].outcome, TargetOutcome::success);
    EXPECT_EQ(result.targets[0].unchanged, engine_.specs.empty());
    return !engine_.specs.empty();
  }
  std::string delivered() const { return kit_.target().output_folder + "/pantry"; }

  Kit kit_;
  FakeEngine engine_;
  Recorder recorder_;
  RunOptions options_;
};

TEST_F(LeftOut, WhereNothingHasChangedAndWhatWasMadeIsToldAgain) {
  const BuildResult result = run();
  EXPECT_TRUE(engine_.specs.empty());
  EXPECT_TRUE(result.targets[0].unchanged);
  EXPECT_FALSE(result.targets[0].cache_changed);
  ASSERT_EQ(result.targets[0].artifacts.size(), 1U);
  EXPECT_EQ(result.targets[0].artifacts[0].path, delivered());
  EXPECT_EQ(result.targets[0].artifacts[0].sha256, sha256_hex(static_elf()));
  EXPECT_EQ(recorder_.lines, (std::vector<std::string>{"one: warning: unused", "one:  --> a.c", "one: "}));
}

TEST_F(LeftOut, NotAfterAnEditOfTheSameSizeAndTime) {
  struct stat before {};
  const std::string file = kit_.plan.workspace.folder + "/inputs";
  must(::stat(file.c_str(), &before) == 0, "stat");
  kit_.put("inputs", "2");
  const timespec times[2] = {before.st_atim, before.st_mtim};
  must(::utimensat(AT_FDCWD, file.c_str(), times, 0) == 0, "utimensat");
  EXPECT_TRUE(starts());
  EXPECT_FALSE(starts());
}

TEST_F(LeftOut, AlsoWhereOnlyATimeHasChanged) {
  kit_.put("inputs", "1");
  EXPECT_FALSE(starts());
}

TEST_F(LeftOut, NotWhereAFileHasComeOrGone) {
  kit_.put("more", "1");
  EXPECT_TRUE(starts());
  must(::unlink((kit_.plan.workspace.folder + "/more").c_str()) == 0, "unlink");
  EXPECT_TRUE(starts());
}

TEST_F(LeftOut, NotWhereGitHasMoved) {
  kit_.put(".git/HEAD", "ref: refs/heads/main\n");
  EXPECT_TRUE(starts());
  EXPECT_FALSE(starts());
  kit_.put(".git/refs/heads/main", "0123\n");
  EXPECT_TRUE(starts());
}

TEST_F(LeftOut, NotWhereTheRepositoryOfAWorktreeHasMoved) {
  const std::string repository = kit_.dir().path() + "/repository";
  test::put_file(AT_FDCWD, repository + "/HEAD", "0123\n");
  kit_.put(".git", "gitdir: " + repository + "\n");
  EXPECT_TRUE(starts());
  EXPECT_FALSE(starts());
  test::put_file(AT_FDCWD, repository + "/HEAD", "4567\n");
  EXPECT_TRUE(starts());
  EXPECT_FALSE(starts());
}

TEST_F(LeftOut, NotWhereWhatWasDeliveredIsAnotherFileOrNotThere) {
  test::put_file(AT_FDCWD, delivered(), static_elf(EM_X86_64, 'x'));
  EXPECT_TRUE(starts());
  EXPECT_EQ(test::get_file(AT_FDCWD, delivered()), static_elf());
  must(::unlink(delivered().c_str()) == 0, "unlink");
  EXPECT_TRUE(starts());
  EXPECT_FALSE(starts());
}

TEST_F(LeftOut, NotWhereThePlanIsAnotherOne) {
  const Plan plan = kit_.plan;
  const auto starts_with = [&](const std::function<void(Plan&)>& change) {
    kit_.plan = plan;
    change(kit_.plan);
    const bool started = starts();
    kit_.plan = plan;
    EXPECT_TRUE(starts());  // the note is of the other plan now
    return started;
  };
  EXPECT_TRUE(starts_with([](Plan& other) { other.targets[0].build[0].push_back("more"); }));
  EXPECT_TRUE(starts_with([](Plan& other) { other.targets[0].build_env["MORE"] = "1"; }));
  EXPECT_TRUE(starts_with([](Plan& other) { other.targets[0].image.digest = "sha256:2"; }));
  EXPECT_TRUE(starts_with([](Plan& other) { other.recipe.version = 2; }));
  EXPECT_TRUE(starts_with([](Plan& other) { other.targets[0].results.include.emplace_back("target/more/*"); }));
  EXPECT_TRUE(starts_with([](Plan& other) { other.project.user_namespaces = true; }));
}

TEST_F(LeftOut, NeverWhereThePlanOrTheUserWantsTheTool) {
  const Plan plan = kit_.plan;
  const auto starts_with = [&](const std::function<void(Plan&)>& change) {
    kit_.plan = plan;
    change(kit_.plan);
    return starts() && starts();
  };
  EXPECT_TRUE(starts_with([](Plan& other) { other.project.skip_unchanged = false; }));
  EXPECT_TRUE(starts_with([](Plan& other) { other.recipe.skip_unchanged = false; }));
  EXPECT_TRUE(starts_with([](Plan& other) { other.test = true; }));
  EXPECT_TRUE(starts_with([](Plan& other) { other.project.network = true; }));
  EXPECT_TRUE(starts_with([](Plan& other) { other.project.mounts = {{"/usr", "/mnt"}}; }));
  EXPECT_TRUE(starts_with([](Plan& other) { other.targets[0].image.name = "host"; }));
  kit_.plan = plan;
  options_.force = true;
  EXPECT_TRUE(starts() && starts());
}

TEST_F(LeftOut, WhereTheProjectSaysSoForARecipeThatDoesNot) {
  kit_.plan.recipe.skip_unchanged = false;
  kit_.plan.project.skip_unchanged = true;
  EXPECT_FALSE(starts());
}

TEST_F(LeftOut, NotAfterAFailure) {
  kit_.build_with("exit 1");
  EXPECT_EQ(run().targets[0].outcome, TargetOutcome::failed);
  EXPECT_EQ(run().targets[0].outcome, TargetOutcome::failed);
}

TEST(Warnings, AreTheBlocksThatBeginSo) {
  EXPECT_EQ(warnings_in("   Compiling a\nwarning: x\n  |\n\n   Compiling b\nwarning: y\n"),
            (std::vector<std::string>{"warning: x", "  |", "", "warning: y", ""}));
  EXPECT_TRUE(warnings_in("   Finished\n").empty());
}

}  // namespace
}  // namespace larder::builds
