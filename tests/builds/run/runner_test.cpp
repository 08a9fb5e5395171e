#include "builds/run/runner.hpp"

#include <gtest/gtest.h>

#include "builds/support.hpp"
#include "store/branch/ref.hpp"

namespace larder::builds {
namespace {

using test::Files;
using Events = std::vector<std::string>;

class Runner : public ::testing::Test {
 protected:
  BuildResult run(Kit& kit, Settle settle = Settle::foreground) {
    recorder_.events.clear();
    recorder_.lines.clear();
    engine_.specs.clear();
    return must(run_build(kit.plan, kit.store(), engine_, recorder_, {settle, false, false, {}}));
  }

  /// Raises the signal when the line comes; a build has it blocked.
  void interrupt_at(const std::string& line) {
    recorder_.on_line = [line](const std::string&, const std::string& text) {
      if (text == line) ::raise(SIGINT);
    };
  }

  bool has_event(const std::string& event) const {
    return std::find(recorder_.events.begin(), recorder_.events.end(), event) != recorder_.events.end();
  }

  FakeEngine engine_;
  Recorder recorder_;
};

std::string outcome_of(const Kit& kit, const store::VolumeKey& key) {
  const auto generation = must(store::current_generation(kit.store(), key));
  return generation ? store::to_string(generation->outcome) : "none";
}

TEST_F(Runner, ASuccessIsCommittedAndSettled) {
  Kit kit;
  kit.build_with("echo compiling; echo object >$COMPILED/object");
  const BuildResult report = run(kit);
  ASSERT_EQ(report.targets.size(), 1U);
  const TargetResult& result = report.targets[0];
  EXPECT_EQ(result.outcome, TargetOutcome::success);
  EXPECT_EQ(result.target, "one");
  EXPECT_EQ(result.triple, "one-unknown-linux-gnu");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(result.cache_changed);
  EXPECT_FALSE(result.error);
  EXPECT_FALSE(report.fetch);
  EXPECT_FALSE(report.interrupted);
  EXPECT_EQ(kit.compiled(), (Files{{"target/object", "object\n"}}));
  EXPECT_EQ(outcome_of(kit, kit.target().compiled.key), "success");
  EXPECT_EQ(test::settled_id(kit.store(), kit.target().compiled.key),
            test::current_id(kit.store(), kit.target().compiled.key));
  EXPECT_EQ(recorder_.events,
            (Events{"begin one", "one note target-pantry-one: empty, starts from nothing", "one started",
                    std::string("one note ") + nothing_delivered, "one success", "end"}));
  EXPECT_EQ(recorder_.lines, Events{"one: compiling"});
  EXPECT_EQ(result.notes, (Events{"target-pantry-one: empty, starts from nothing", nothing_delivered}));
  EXPECT_EQ(test::get_file(AT_FDCWD, result.log_path), "compiling\n");
  EXPECT_EQ(result.log_path, kit.store().path() + "/logs/pantry-one.log");
}

/// A fetch in the build tree, for a project whose file "inputs" says `download`.
void fetch_in_tree(Kit& kit, const std::string& script) {
  kit.plan.recipe.output = "target";
  config::FetchPhase& fetch = kit.plan.recipe.fetch.emplace();
  fetch.inputs = {"inputs"};
  fetch.words = {"download"};
  fetch.in_build_tree = true;
  kit.plan.targets[0].fetch = {"sh", "-c", script};
}

TEST_F(Runner, AFetchInTheBuildTreeHasTheNetworkAndTheBuildHasNot) {
  Kit kit;
  kit.put("inputs", "download it");
  fetch_in_tree(kit, "echo fetched; echo data >$COMPILED/data");
  kit.build_with("cat $COMPILED/data");
  EXPECT_EQ(run(kit).targets[0].outcome, TargetOutcome::success);
  EXPECT_EQ(recorder_.lines, (Events{"one: fetched", "one: data"}));
  ASSERT_EQ(engine_.specs.size(), 2U);
  EXPECT_EQ(engine_.specs[0].network, engine::Network::on);
  EXPECT_EQ(engine_.specs[1].network, engine::Network::off);
  EXPECT_NE(engine_.specs[0].volumes.back().work, engine_.specs[1].volumes.back().work);
  run(kit);
  EXPECT_EQ(engine_.specs.size(), 1U) << "it is fetched";
  kit.put("inputs", "download another");
  run(kit);
  EXPECT_EQ(engine_.specs.size(), 2U);
}

TEST_F(Runner, NothingIsFetchedWhereTheProjectNamesNothing) {
  Kit kit;
  fetch_in_tree(kit, "echo fetched");
  kit.build_with("echo built");
  EXPECT_EQ(run(kit).targets[0].outcome, TargetOutcome::success);
  EXPECT_EQ(recorder_.lines, Events{"one: built"});
}

TEST_F(Runner, AFailedFetchInTheBuildTreeIsAFailedBuild) {
  Kit kit;
  kit.put("inputs", "download it");
  fetch_in_tree(kit, "echo 'fatal: Could not resolve host: x.test'; exit 3");
  kit.build_with("echo built");
  const TargetResult result = run(kit).targets[0];
  EXPECT_EQ(result.outcome, TargetOutcome::failed);
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(recorder_.lines, Events{"one: fatal: Could not resolve host: x.test"});
  EXPECT_NE(result.hint.find("network"), std::string::npos);
}

TEST_F(Runner, BackgroundSettlingComesToTheSameEnd) {
  Kit kit;
  kit.build_with("echo object >$COMPILED/object");
  run(kit, Settle::background);
  const store::VolumeKey& key = kit.target().compiled.key;
  while (test::settled_id(kit.store(), key) != test::current_id(kit.store(), key)) ::usleep(1000);
  // Its end, so that the store can go.
  must(FileLock::acquire(kit.os(), kit.store().dir(), "upkeep.lock", LockMode::exclusive));
  EXPECT_EQ(kit.compiled(), (Files{{"target/object", "object\n"}}));
}

TEST_F(Runner, ABuildThatChangesNothingMakesNoGeneration) {
  Kit kit;
  kit.build_with("echo object >$COMPILED/object");
  run(kit);
  const std::string before = test::current_id(kit.store(), kit.target().compiled.key);
  kit.build_with("true");
  const BuildResult report = run(kit);
  EXPECT_EQ(report.targets[0].outcome, TargetOutcome::success);
  EXPECT_FALSE(report.targets[0].cache_changed);
  EXPECT_EQ(report.targets[0].notes, Events{nothing_delivered});
  EXPECT_EQ(test::current_id(kit.store(), kit.target().compiled.key), before);
}

TEST_F(Runner, ABuildForksWhatTheLastOneLeft) {
  Kit kit;
  kit.build_with("echo 1 >$COMPILED/first");
  run(kit);
  kit.build_with("echo 2 >$COMPILED/second");
  run(kit);
  ASSERT_EQ(engine_.specs.size(), 1U);
  EXPECT_EQ(engine_.specs[0].volumes.back().lowers.back(),
            store::layer_roots(test::current_layers(kit.store(), kit.target().compiled.key)).front());
  EXPECT_EQ(kit.compiled(), (Files{{"target/first", "1\n"}, {"target/second", "2\n"}}));
}

TEST_F(Runner, AFailingBuildKeepsWhatItCompiled) {
  Kit kit;
  kit.build_with("echo object >$COMPILED/object; echo 'error: typo' >&2; exit 101");
  const TargetResult result = run(kit).targets[0];
  EXPECT_EQ(result.outcome, TargetOutcome::failed);
  EXPECT_EQ(result.exit_code, 101);
  EXPECT_EQ(result.last_lines, Events{"error: typo"});
  EXPECT_FALSE(result.error);
  EXPECT_TRUE(result.cache_changed);
  EXPECT_EQ(kit.compiled(), (Files{{"target/object", "object\n"}}));
  EXPECT_EQ(outcome_of(kit, kit.target().compiled.key), "failed");
}

TEST_F(Runner, AToolThatDiedBySignalChangesNothing) {
  Kit kit;
  kit.build_with("echo half >$COMPILED/object; kill -KILL $$");
  const TargetResult result = run(kit).targets[0];
  EXPECT_EQ(result.outcome, TargetOutcome::failed);
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->code, ErrorCode::build_failed);
  EXPECT_EQ(result.error->message, "the build tool was ended by signal 9");
  EXPECT_FALSE(result.cache_changed);
  EXPECT_EQ(test::current_id(kit.store(), kit.target().compiled.key), "");
  EXPECT_TRUE(test::names_in(kit.store(), "transactions").empty());
}

TEST_F(Runner, OneTargetsFailureIsNoneOfTheOthers) {
  Kit kit({"one", "two"});
  kit.build_with("[ $TARGET = two ] || exit 1; echo x >$COMPILED/object");
  const BuildResult report = run(kit);
  EXPECT_EQ(report.targets[0].outcome, TargetOutcome::failed);
  EXPECT_EQ(report.targets[1].outcome, TargetOutcome::success);
  EXPECT_EQ(kit.compiled(1), (Files{{"target/object", "x\n"}}));
}

TEST_F(Runner, AnInterruptedToolThatEndsByItselfIsKept) {
  Kit kit;
  kit.build_with("trap 'exit 130' INT; echo object >$COMPILED/object; echo ready; sleep 1000 & wait");
  interrupt_at("ready");
  const BuildResult report = run(kit);
  EXPECT_TRUE(report.interrupted);
  EXPECT_EQ(report.targets[0].outcome, TargetOutcome::interrupted);
  EXPECT_FALSE(report.targets[0].error);
  EXPECT_EQ(kit.compiled(), (Files{{"target/object", "object\n"}}));
  EXPECT_EQ(outcome_of(kit, kit.target().compiled.key), "interrupted");
}

TEST_F(Runner, WhereTheRecipeIsNotSafeAnInterruptDiscards) {
  Kit kit;
  kit.plan.recipe.safe_to_interrupt = false;
  kit.build_with("trap 'exit 130' INT; echo object >$COMPILED/object; echo ready; sleep 1000 & wait");
  interrupt_at("ready");
  EXPECT_EQ(run(kit).targets[0].outcome, TargetOutcome::interrupted);
  EXPECT_EQ(test::current_id(kit.store(), kit.target().compiled.key), "");
}

TEST_F(Runner, TheSecondSignalKillsAndDiscards) {
  Kit kit;
  kit.build_with("trap 'echo again' INT; echo half >$COMPILED/object; echo ready; while :; do sleep 1000 & wait; done");
  recorder_.on_line = [](const std::string&, const std::string& text) {
    if (text == "ready" || text == "again") ::raise(SIGINT);
  };
  const BuildResult report = run(kit);
  EXPECT_TRUE(report.interrupted);
  EXPECT_EQ(report.targets[0].outcome, TargetOutcome::interrupted);
  EXPECT_EQ(test::current_id(kit.store(), kit.target().compiled.key), "");
}

TEST_F(Runner, WhatWaitsAtAnInterruptIsSkipped) {
  Kit kit({"one", "two"});
  kit.plan.project.jobs = 1;
  kit.build_with("trap 'exit 130' INT; echo ready; sleep 1000 & wait");
  interrupt_at("ready");
  const BuildResult report = run(kit);
  EXPECT_EQ(report.targets[0].outcome, TargetOutcome::interrupted);
  EXPECT_EQ(report.targets[1].outcome, TargetOutcome::skipped);
}

TEST_F(Runner, TargetsWaitForAFreeCore) {
  Kit kit({"one", "two"});
  kit.plan.project.jobs = 1;
  run(kit);
  EXPECT_FALSE(std::find(recorder_.events.begin(), recorder_.events.end(), "one success") >
               std::find(recorder_.events.begin(), recorder_.events.end(), "two started"));
  EXPECT_TRUE(has_event("two waits for a free core"));
  EXPECT_TRUE(has_event("two success"));
}

TEST_F(Runner, TargetsRunSideBySide) {
  Kit kit({"one", "two"});
  const std::string folder = kit.dir().path();
  kit.build_with("mkfifo " + folder +
                 "/$TARGET; "
                 "[ $TARGET = one ] && other=two || other=one; "
                 "until [ -p " +
                 folder + "/$other ]; do sleep 0.01; done");  // neither ends without the other
  const BuildResult report = run(kit);
  EXPECT_EQ(report.targets[0].outcome, TargetOutcome::success);
  EXPECT_EQ(report.targets[1].outcome, TargetOutcome::success);
}

TEST_F(Runner, WaitsForAnotherWriterOfTheVolume) {
  Kit kit;
  auto other = must(store::try_writer(kit.store(), kit.target().compiled.key, "the other build"));
  ASSERT_TRUE(other);
  recorder_.on_waiting = [&](const std::string&) { other.reset(); };
  const BuildResult report = run(kit);
  EXPECT_EQ(report.targets[0].outcome, TargetOutcome::success);
  EXPECT_TRUE(has_event("one waits for the other build"));
}

TEST_F(Runner, WaitsForAnotherWriterNoLongerThanAsked) {
  Kit kit;
  const auto other = must(store::try_writer(kit.store(), kit.target().compiled.key, "the other build"));
  RunOptions options;
  options.settle = Settle::foreground;
  options.wait_seconds = 0;
  const BuildResult report = must(run_build(kit.plan, kit.store(), engine_, recorder_, options));
  EXPECT_EQ(report.targets[0].outcome, TargetOutcome::failed);
  ASSERT_TRUE(report.targets[0].error);
  EXPECT_EQ(report.targets[0].error->code, ErrorCode::environment);
  EXPECT_EQ(report.targets[0].error->cause, "by the other build");
  EXPECT_TRUE(engine_.specs.empty());
}

TEST_F(Runner, APrivateBuildWaitsForNobodyAndKeepsNothing) {
  Kit kit;
  kit.build_with("echo object >$COMPILED/object");
  run(kit);
  const auto other = must(store::try_writer(kit.store(), kit.target().compiled.key, "the other build"));
  const std::string before = test::current_id(kit.store(), kit.target().compiled.key);
  kit.build_with("echo changed >$COMPILED/object");
  const BuildResult report =
      must(run_build(kit.plan, kit.store(), engine_, recorder_, {Settle::foreground, true, false, {}}));
  EXPECT_EQ(report.targets[0].outcome, TargetOutcome::success);
  EXPECT_FALSE(report.targets[0].cache_changed);
  EXPECT_EQ(kit.compiled(), (Files{{"target/object", "object\n"}}));
  EXPECT_EQ(test::current_id(kit.store(), kit.target().compiled.key), before);
}

TEST_F(Runner, WhoWaitsForAWriterLeavesItsCoreToOthers) {
  Kit kit({"one", "two"});
  kit.plan.project.jobs = 1;
  auto other = must(store::try_writer(kit.store(), kit.target().compiled.key, "the other build"));
  kit.build_with("echo built");
  recorder_.on_line = [&](const std::string& name, const std::string&) {
    if (name == "two") other.reset();
  };
  const BuildResult report = run(kit);
  EXPECT_EQ(recorder_.lines, (Events{"two: built", "one: built"}));
  EXPECT_EQ(report.targets[0].outcome, TargetOutcome::success);
}

TEST_F(Runner, AnEngineThatRefusesIsEachTargetsError) {
  Kit kit({"one", "two"});
  engine_.refuse = true;
  const BuildResult report = run(kit);
  for (const TargetResult& result : report.targets) {
    EXPECT_EQ(result.outcome, TargetOutcome::failed);
    ASSERT_TRUE(result.error);
    EXPECT_EQ(result.error->message, "no sandbox today");
  }
  EXPECT_TRUE(test::names_in(kit.store(), "transactions").empty());
}

TEST_F(Runner, ToolsShareOneJobserver) {
  Kit kit({"one", "two"});
  kit.plan.project.jobs = 3;
  kit.build_with("echo \"$MAKEFLAGS\"");
  run(kit);
  ASSERT_EQ(recorder_.lines.size(), 2U);
  EXPECT_EQ(recorder_.lines[0].substr(5), recorder_.lines[1].substr(5));
  EXPECT_NE(recorder_.lines[0].find(" -j3 --jobserver-auth="), std::string::npos);
  EXPECT_EQ(engine_.specs[0].shared_fds, engine_.specs[1].shared_fds);
}

TEST_F(Runner, TheBuildSeesDownloadsReadOnlyUnlessItHasTheNetwork) {
  Kit kit;
  run(kit);
  EXPECT_EQ(engine_.specs[0].volumes.front().upper, "");
  EXPECT_EQ(engine_.specs[0].network, engine::Network::off);
  kit.plan.project.network = true;
  kit.build_with("echo x >$DOWNLOAD/got");
  run(kit);
  EXPECT_EQ(engine_.specs[0].network, engine::Network::on);
  EXPECT_EQ(kit.downloads(), (Files{{"got", "x\n"}}));
}

/// What one project's build leaves there would be used by another's.
TEST_F(Runner, WhereThereIsAFetchItAloneWritesWhatProjectsShare) {
  Kit kit;
  kit.fetch_with("echo crate >$DOWNLOAD/crate");
  kit.plan.project.network = true;
  kit.build_with("cat $DOWNLOAD/planted; echo x >$DOWNLOAD/planted");
  EXPECT_EQ(run(kit).targets[0].outcome, TargetOutcome::success);
  EXPECT_EQ(kit.downloads(), (Files{{"crate", "crate\n"}}));
  run(kit);
  EXPECT_NE(recorder_.lines.back().find("No such file"), std::string::npos);
}

/// Another image's fetch leaves them empty as well.
TEST_F(Runner, SaysOnceThatAProjectWithoutDependenciesLeavesItsVolumesEmpty) {
  Kit kit;
  kit.fetch_with("true");
  const std::string note = "fetch note cache-one: empty, starts from nothing";
  run(kit);
  EXPECT_TRUE(has_event(note));
  recorder_.events.clear();
  kit.plan.targets[0].compiled.key = test::volume_key(kit.target().compiled.key.name(), "another-image");
  EXPECT_TRUE(run(kit).fetch);
  EXPECT_FALSE(has_event(note));
  kit.plan.targets[0].compiled.key = test::volume_key("another-project", "another-image");
  run(kit);
  EXPECT_TRUE(has_event(note));
}

TEST_F(Runner, FetchesOnceForAllTargets) {
  Kit kit({"one", "two"});
  kit.fetch_with("echo fetching; echo crate >$DOWNLOAD/crate");
  const BuildResult report = run(kit);
  ASSERT_TRUE(report.fetch);
  EXPECT_EQ(report.fetch->outcome, TargetOutcome::success);
  EXPECT_TRUE(report.fetch->cache_changed);
  EXPECT_EQ(report.fetch->target, "fetch");
  EXPECT_EQ(kit.downloads(0), (Files{{"crate", "crate\n"}}));
  EXPECT_EQ(kit.downloads(1), kit.downloads(0));
  EXPECT_EQ(test::current_layers(kit.store(), kit.target(0).downloads[0].key),
            test::current_layers(kit.store(), kit.target(1).downloads[0].key));
  EXPECT_EQ(recorder_.events.front(), "begin fetch one two");
  EXPECT_TRUE(has_event("fetch note cache-one: empty, starts from nothing"));
  EXPECT_FALSE(has_event("one note cache-one: empty, starts from nothing"));
  EXPECT_EQ(recorder_.lines, Events{"fetch: fetching"});

  EXPECT_FALSE(run(kit).fetch);
  EXPECT_EQ(recorder_.events.front(), "begin one two");
}

TEST_F(Runner, FetchesAgainWhenAnInputHasChanged) {
  Kit kit;
  kit.fetch_with("true");
  run(kit);
  test::put_file(kit.dir().fd(), "project/inputs", "longer");
  EXPECT_TRUE(run(kit).fetch);
}

TEST_F(Runner, FetchesAgainAfterAFailedBuild) {
  Kit kit;
  kit.fetch_with("true");
  kit.build_with("exit 1");
  run(kit);
  EXPECT_TRUE(run(kit).fetch);
}

TEST_F(Runner, AFailedFetchSkipsTheBuilds) {
  Kit kit({"one", "two"});
  kit.fetch_with("echo part >$DOWNLOAD/part; echo 'no network'; exit 7");
  const BuildResult report = run(kit);
  ASSERT_TRUE(report.fetch);
  EXPECT_EQ(report.fetch->outcome, TargetOutcome::failed);
  EXPECT_EQ(report.fetch->exit_code, 7);
  EXPECT_EQ(report.fetch->last_lines, Events{"no network"});
  EXPECT_EQ(kit.downloads(), (Files{{"part", "part\n"}}));
  for (const TargetResult& result : report.targets) EXPECT_EQ(result.outcome, TargetOutcome::skipped);
  EXPECT_EQ(engine_.specs.size(), 1U);
  EXPECT_TRUE(needs_fetch_now(kit));
}

TEST_F(Runner, AFetchThatDiedChangesNothing) {
  Kit kit;
  kit.fetch_with("echo part >$DOWNLOAD/part; kill -KILL $$");
  EXPECT_EQ(run(kit).fetch->outcome, TargetOutcome::failed);
  EXPECT_EQ(test::current_id(kit.store(), kit.target().downloads[0].key), "");
}

TEST_F(Runner, AnInterruptedFetchSkipsTheBuilds) {
  Kit kit;
  kit.fetch_with("trap 'exit 130' INT; echo part >$DOWNLOAD/part; echo ready; sleep 1000 & wait");
  interrupt_at("ready");
  const BuildResult report = run(kit);
  EXPECT_TRUE(report.interrupted);
  EXPECT_EQ(report.fetch->outcome, TargetOutcome::interrupted);
  EXPECT_EQ(report.targets[0].outcome, TargetOutcome::skipped);
  EXPECT_EQ(kit.downloads(), (Files{{"part", "part\n"}}));
}

TEST_F(Runner, AnEngineThatRefusesTheFetchIsTheBuildsError) {
  Kit kit;
  kit.fetch_with("true");
  engine_.refuse = true;
  const auto report = run_build(kit.plan, kit.store(), engine_, recorder_, {Settle::foreground, false, false, {}});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().message, "no sandbox today");
  EXPECT_EQ(recorder_.events.back(), "end");
}

TEST_F(Runner, DeliversTheBinaries) {
  Kit kit;
  test::put_file(kit.dir().fd(), "program", static_elf(), 0755);
  kit.build_with("mkdir $COMPILED/out; cp " + kit.dir().path() + "/program $COMPILED/out/pantry");
  const TargetResult result = run(kit).targets[0];
  ASSERT_EQ(result.artifacts.size(), 1U);
  EXPECT_EQ(result.artifacts[0].path, kit.target().output_folder + "/pantry");
  EXPECT_EQ(test::get_file(AT_FDCWD, result.artifacts[0].path), static_elf());
}

TEST_F(Runner, ABinaryOfAnotherMachineIsAnErrorButKeepsTheCache) {
  Kit kit;
  test::put_file(kit.dir().fd(), "program", static_elf(EM_AARCH64), 0755);
  kit.build_with("mkdir $COMPILED/out; cp " + kit.dir().path() + "/program $COMPILED/out/pantry");
  const TargetResult result = run(kit).targets[0];
  EXPECT_EQ(result.outcome, TargetOutcome::failed);
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->message, "`target/out/pantry` is not a program for one");
  EXPECT_EQ(kit.compiled().size(), 1U);
}

TEST_F(Runner, ANewFolderStartsFromWhatASiblingHasBuiltOfTheSameContent) {
  Kit kit;
  kit.commit(kit.elsewhere(), {{"target/theirs", "1"}});
  kit.build_with("echo building; echo x >$COMPILED/own");
  const TargetResult result = run(kit).targets[0];
  EXPECT_EQ(recorder_.lines, Events{"one: building"});
  EXPECT_EQ(kit.compiled(), (Files{{"target/own", "x\n"}, {"target/theirs", "1"}}));
  EXPECT_EQ(result.notes, Events{nothing_delivered});
  EXPECT_EQ(must(store::current_generation(kit.store(), kit.target().compiled.key))->parent, "");
  EXPECT_EQ(test::files_of(kit.store(), kit.elsewhere().key), (Files{{"target/theirs", "1"}}));
}

TEST_F(Runner, ANewFolderStartsFromNothingWhereASiblingHasBuiltOtherContent) {
  Kit kit;
  kit.commit(kit.elsewhere(), {{"target/theirs", "1"}});
  kit.put("inputs", "2");
  kit.build_with("echo x >$COMPILED/own");
  const TargetResult result = run(kit).targets[0];
  EXPECT_EQ(kit.compiled(), (Files{{"target/own", "x\n"}}));
  EXPECT_EQ(result.notes, (Events{"target-pantry-one: empty, starts from nothing", nothing_delivered}));
}

TEST_F(Runner, AFailingBuildThatStartedFromASiblingKeepsBoth) {
  Kit kit;
  kit.commit(kit.elsewhere(), {{"target/theirs", "1"}});
  kit.build_with("echo x >$COMPILED/own; exit 1");
  EXPECT_EQ(run(kit).targets[0].outcome, TargetOutcome::failed);
  EXPECT_EQ(kit.compiled(), (Files{{"target/own", "x\n"}, {"target/theirs", "1"}}));
}

TEST_F(Runner, ASwitchThereAndBackStartsFromWhatWasBuiltThere) {
  Kit kit;
  for (const char* name : {"a", "b", "c"}) kit.put(name, "main");
  kit.build_with("cat " + kit.plan.workspace.folder + "/a >$COMPILED/object");
  run(kit);
  for (const char* name : {"a", "b", "c"}) kit.put(name, "branch");
  run(kit);
  EXPECT_EQ(kit.compiled(), (Files{{"target/object", "branch"}}));
  for (const char* name : {"a", "b", "c"}) kit.put(name, "main");
  kit.build_with("true");
  run(kit);
  EXPECT_EQ(kit.compiled(), (Files{{"target/object", "main"}}));
}

TEST_F(Runner, ABuildsOwnExitCodesAreItsOwn) {
  Kit kit;
  kit.build_with("exit 125");
  const TargetResult result = run(kit).targets[0];
  EXPECT_EQ(result.outcome, TargetOutcome::failed);
  EXPECT_EQ(result.exit_code, 125);
}

TEST_F(Runner, AChangedProjectIsANewRecordWithoutALayer) {
  Kit kit;
  kit.put("notes", "1");
  kit.build_with("echo object >$COMPILED/object");
  run(kit);
  const auto before = must(store::current_generation(kit.store(), kit.target().compiled.key)).value();
  kit.put("inputs", "2");
  kit.build_with("true");
  EXPECT_FALSE(run(kit).targets[0].cache_changed);
  const auto after = must(store::current_generation(kit.store(), kit.target().compiled.key)).value();
  EXPECT_NE(after.id, before.id);
  EXPECT_EQ(after.layers, before.layers);
  EXPECT_NE(after.source, before.source);
}

TEST_F(Runner, ABuildThatRenamesAFolderRunsAgainOnCopies) {
  Kit kit;
  kit.build_with("echo 'rename gen: Invalid cross-device link'; exit 1");
  const TargetResult result = run(kit).targets[0];
  EXPECT_EQ(engine_.specs.size(), 2U);
  EXPECT_NE(engine_.specs[1].command.at(2).find(".larder-copy"), std::string::npos);
  EXPECT_EQ(result.notes, (Events{"it renames a folder of the source tree: built again on copies of the folders",
                                  "target-pantry-one: empty, starts from nothing"}));
}

TEST_F(Runner, WhatTheFetchWritesIsThrownAwayButForWhatItBringsBack) {
  Kit kit;
  kit.fetch_with("echo locked >$WORKSPACE/lock; echo junk >$WORKSPACE/junk");
  kit.plan.recipe.fetch->brings_back = {"lock"};
  const BuildResult report = run(kit);
  EXPECT_EQ(report.fetch->outcome, TargetOutcome::success);
  EXPECT_EQ(test::get_file(kit.dir().fd(), "project/lock"), "locked\n");
  EXPECT_FALSE(test::exists(kit.dir().fd(), "project/junk"));
  const auto generation = must(store::current_generation(kit.store(), kit.target().compiled.key)).value();
  const auto record = source::Record::decode(must(store::read_source(kit.store(), generation.source.record))).value();
  EXPECT_NE(source::find(record.entries, "lock"), nullptr) << "the build sees it";
}

TEST_F(Runner, TheFetchNeverWritesOverTheUsersChange) {
  Kit kit;
  kit.put("lock", "old");
  kit.fetch_with("echo theirs >$WORKSPACE/lock; echo mine >" + kit.plan.workspace.folder + "/lock");
  kit.plan.recipe.fetch->brings_back = {"lock"};
  const BuildResult report = run(kit);
  EXPECT_EQ(test::get_file(kit.dir().fd(), "project/lock"), "mine\n");
  EXPECT_TRUE(std::any_of(report.fetch->notes.begin(), report.fetch->notes.end(), [](const std::string& note) {
    return note == "lock is not written to the project: it has changed there meanwhile";
  }));
}

TEST_F(Runner, AFailedFetchBringsNothingBack) {
  Kit kit;
  kit.fetch_with("echo half >$WORKSPACE/lock; exit 1");
  kit.plan.recipe.fetch->brings_back = {"lock"};
  EXPECT_EQ(run(kit).fetch->outcome, TargetOutcome::failed);
  EXPECT_FALSE(test::exists(kit.dir().fd(), "project/lock"));
}

}  // namespace
}  // namespace larder::builds
