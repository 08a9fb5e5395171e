#include "builds/run/target_view.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "base/sha256.hpp"
#include "builds/run/fork_requests.hpp"
#include "builds/run/run_spec.hpp"
#include "builds/support.hpp"
#include "store/layer/merged_tree.hpp"

namespace larder::builds {
namespace {

using store::Generation;

constexpr int64_t an_hour = 3600 * source::one_second;

int64_t clock_now() {
  timespec now{};
  must(::clock_gettime(CLOCK_REALTIME, &now) == 0, "clock");
  return source::nanoseconds(now);
}

class TargetViews : public ::testing::Test {
 protected:
  TargetViews() {
    for (const char* name : {"a", "b", "c", "d", "e", "f", "g", "h"}) put_all({name}, "first");
  }
  void put_all(const std::vector<std::string>& names, const std::string& content) {
    for (const std::string& name : names) kit_.put("src/" + name, content);
  }
  void remove(const std::string& path) { must(kit_.os().unlink(kit_.dir().fd(), "project/" + path)); }

  /// A build of the project as it is; gives the name of what it left in the volume.
  std::string build() {
    const std::string name = "target/build-" + std::to_string(++builds_);
    kit_.commit(kit_.target().compiled, {{name, "1"}});
    return name;
  }

  /// What the next build starts from, whose view stays in `view_`.
  store::Transaction begin() {
    store::ForkRequest request = must(compiled_request(kit_.store(), kit_.plan, kit_.target()));
    view_.emplace(kit_.plan, kit_.store(), must(look_at_project(kit_.plan, kit_.store())));
    request.choose = view_->chooser(kit_.target());
    return test::begin(kit_.store(), request);
  }
  test::Files base() {
    const store::Transaction transaction = begin();
    return test::files_of(kit_.store(), transaction.forks()[0].base.layers);
  }
  /// The newest build's file in what the next build starts from; empty where that is nothing.
  std::string newest() {
    const test::Files files = base();
    return files.empty() ? "" : files.rbegin()->first;
  }

  Kit kit_;
  std::optional<TargetView> view_;
  int builds_ = 0;
};

TEST_F(TargetViews, AnEmptyVolumeIsStartedFromNothing) {
  EXPECT_EQ(newest(), "");
  EXPECT_EQ(view_->reason(), "");
  EXPECT_GT(view_->shown().changed, 0U);
  EXPECT_TRUE(view_->shown().corrections.empty());
}

TEST_F(TargetViews, TheSameContentIsUnchanged) {
  const std::string first = build();
  EXPECT_EQ(newest(), first);
  EXPECT_EQ(view_->shown().changed, 0U);
}

TEST_F(TargetViews, ASmallDifferenceIsTheOrdinaryEdit) {
  build();
  put_all({"a"}, "second");
  const std::string second = build();
  put_all({"a"}, "third");
  EXPECT_EQ(newest(), second);
  EXPECT_EQ(view_->shown().changed, 1U);
}

TEST_F(TargetViews, ExactlyTheSameContentGoesBeforeANewerOne) {
  const std::string first = build();
  put_all({"a"}, "second");
  build();
  put_all({"a"}, "first");
  EXPECT_EQ(newest(), first) << "also where the newest one differs little";
  EXPECT_EQ(view_->shown().changed, 0U);
}

TEST_F(TargetViews, OfHistoryTheLeastDifferentIsTaken) {
  const std::string first = build();
  put_all({"a", "b", "c", "d", "e", "f"}, "branch");
  build();
  put_all({"a", "b", "c", "d", "e", "f"}, "first");
  put_all({"a"}, "later");
  EXPECT_EQ(newest(), first);
}

TEST_F(TargetViews, WhereLessThanHalfIsTheSameTheBuildStartsFromNothing) {
  const std::string first = build();  // of 9 files
  put_all({"a", "b", "c", "d"}, "second");
  EXPECT_EQ(newest(), first) << "5 of 9 are the same";
  put_all({"e"}, "second");
  EXPECT_EQ(newest(), "") << "4 of 9 are the same";
  EXPECT_EQ(view_->reason(), "less than half of the project is as it was");
}

TEST_F(TargetViews, WithoutARecordNobodyKnowsWhatItWasBuiltFrom) {
  test::commit(kit_.store(), kit_.target().compiled, {{"target/old", "1"}});
  EXPECT_EQ(newest(), "");
}

TEST_F(TargetViews, ADamagedRecordIsNone) {
  build();
  const auto generation = must(store::current_generation(kit_.store(), kit_.target().compiled.key)).value();
  const std::string path = "sources/" + generation.source.record;
  const std::string text = test::get_file(kit_.store().dir(), path);
  for (const std::string& damaged : {text.substr(0, text.size() - 1), std::string()}) {
    test::put_file(kit_.store().dir(), path, damaged);
    EXPECT_EQ(newest(), "");
  }
  must(kit_.os().unlink(kit_.store().dir(), path));
  EXPECT_EQ(newest(), "");
}

TEST_F(TargetViews, ARecordOfAnotherFormatIsNone) {
  store::Transaction transaction = test::begin(kit_.store(), kit_.target().compiled);
  test::fill(kit_.store(), transaction, {{"target/old", "1"}});
  must(transaction.seal(store::Outcome::success, 0, store::NewSource{"larder-source-9\n", "x"}));
  EXPECT_EQ(newest(), "");
}

/// A tool that does not notice everything.
class BlindSpot : public TargetViews {
 protected:
  BlindSpot() {
    kit_.plan.recipe.blind = {{"**/*.mk"}, {"**/*.c"}};
    kit_.put("rules.mk", "1");
    kit_.put("main.c", "1");
    first_ = build();
  }
  std::string first_;
};

TEST_F(BlindSpot, AChangedOneMeansNothingToStartFrom) {
  kit_.put("rules.mk", "2");
  EXPECT_EQ(newest(), "");
  EXPECT_EQ(view_->reason(), "rules.mk has changed");
}

TEST_F(BlindSpot, SoDoesANewOneAndOneThatHasGone) {
  kit_.put("lib/more.mk", "2");
  EXPECT_EQ(newest(), "");
  EXPECT_EQ(view_->reason(), "lib/more.mk has changed");
  remove("lib/more.mk");
  EXPECT_EQ(newest(), first_);
  remove("rules.mk");
  EXPECT_EQ(newest(), "");
  EXPECT_EQ(view_->reason(), "rules.mk has changed");
}

TEST_F(BlindSpot, ARemovedSourceIsOneAChangedOneIsNot) {
  kit_.put("main.c", "2");
  EXPECT_EQ(newest(), first_);
  EXPECT_EQ(view_->reason(), "");
  remove("main.c");
  EXPECT_EQ(newest(), "");
  EXPECT_EQ(view_->reason(), "main.c has gone");
}

TEST_F(BlindSpot, AnotherCommitIsOneWhereAFileAsksGit) {
  kit_.plan.recipe.blind.commit = {"*.mk"};
  kit_.plan.recipe.blind.asks_git = {"describe"};
  kit_.put("tools/deep.mk", "V := $(shell git describe)");  // is none of `commit`
  for (const auto& [rules, blind] : std::map<std::string, bool>{{"V := $(shell git -C . describe --tags)", true},
                                                                {"V := $(shell ${GIT} describe)", true},
                                                                {"# describe what git does", false},
                                                                {"# digital, to describe it", false},
                                                                {"# git is described", false},
                                                                {"git:\n\techo describe", false},
                                                                {"", false}}) {
    kit_.put("rules.mk", rules);
    kit_.put(".git/HEAD", std::string(40, 'a'));
    const std::string built = build();
    EXPECT_EQ(newest(), built);
    kit_.put(".git/HEAD", std::string(40, 'b'));
    EXPECT_EQ(newest(), blind ? "" : built) << rules;
    EXPECT_EQ(view_->reason(), blind ? "rules.mk asks git, whose answer is another now" : "") << rules;
  }
}

/// The answers of git itself are compared with in tests/source/git_index_test.cpp.
TEST_F(BlindSpot, AnotherIndexIsOneWhereAFileAsksWhetherFilesDiffer) {
  kit_.plan.recipe.blind.commit = {"*.mk"};
  kit_.plan.recipe.blind.asks_git = {"describe"};
  kit_.plan.recipe.blind.asks_dirt = {"dirty"};
  const auto index_of = [](char id) {  // of one file, gone, in version 2 (gitformat-index(5)), without a checksum
    return std::string("DIRC\0\0\0\2\0\0\0\1", 12) + std::string(40, '\0') + std::string(20, id) +
           std::string("\0\1x\0\0\0\0\0\0\0", 10) + std::string(20, '\0');
  };
  kit_.put(".git/HEAD", std::string(40, 'a'));
  for (const char* asked : {"--dirty", "--tags"}) {
    kit_.put("rules.mk", "V := $(shell git describe " + std::string(asked) + ")");
    kit_.put(".git/index", index_of('a'));
    const std::string built = build();
    EXPECT_EQ(newest(), built);
    kit_.put(".git/index", index_of('b'));
    const bool asks_dirt = asked == std::string("--dirty");
    EXPECT_EQ(newest(), asks_dirt ? "" : built);
    EXPECT_EQ(view_->reason(), asks_dirt ? "rules.mk asks git, whose answer is another now" : "");
  }
}

TEST_F(BlindSpot, ANewFileIsOneIfAnOldOneNamesIt) {
  kit_.plan.recipe.blind.includes = {"**/*.h", "**/*.c"};
  kit_.put("main.c", "#include \"new.h\"\n");
  kit_.put("notes", "later.h");  // is none of `includes`
  const std::string built = build();
  kit_.put("late/later.h", "1");
  EXPECT_EQ(newest(), built);
  kit_.put("other.c", "#include \"later.h\"\n");
  EXPECT_EQ(newest(), built) << "who names it is new, too";
  kit_.put("early/new.h", "1");
  EXPECT_EQ(newest(), "");
  EXPECT_EQ(view_->reason(), "new.h is new, and main.c may have meant another file by that name");
  kit_.put("main.c", "#include \"new.h\"\n// changed\n");
  EXPECT_EQ(newest(), built) << "it is compiled anyway";
}

TEST_F(BlindSpot, AToolWithoutRulesKnowsNothingOfWhatItsSourcesInclude) {
  kit_.plan.recipe.blind.includes = {"**/*.go", "**/*.c"};
  kit_.put("main.go", "package main\n// #include \"table.txt\"\nimport \"C\"\n// plain.txt\n");
  kit_.put("part.c", "#include \"sub/part.c\"\n");
  for (const char* name : {"table.txt", "plain.txt", "sub/part.c"}) kit_.put(name, "1");
  const std::string built = build();
  kit_.put("plain.txt", "2");
  EXPECT_EQ(newest(), built);
  kit_.plan.recipe.blind.documents = {"**/*.go"};
  kit_.put("part.go", "package main\n");
  kit_.put("unit.c", "// part.go\n#include \"part.go\"\n");
  const std::string with_go = build();
  kit_.put("part.go", "package main // edited\n");
  EXPECT_EQ(newest(), with_go) << "the tool knows it";
  kit_.put("unit.go", "package main\n");
  EXPECT_EQ(newest(), with_go);
  for (const auto& [name, includer] :
       std::map<std::string, std::string>{{"table.txt", "main.go"}, {"sub/part.c", "part.c"}}) {
    kit_.put(name, "2");
    EXPECT_EQ(newest(), "") << name;
    EXPECT_EQ(view_->reason(), name + " has changed, and nothing tells the tool that " + includer + " includes it");
    kit_.put(name, "1");
  }
}

/// A tool that looks at prerequisites and at what compilers have noted.
class Unnoticed : public TargetViews {
 protected:
  Unnoticed() {
    kit_.plan.recipe.blind = {{"**/*.mk"}, {}};
    kit_.plan.recipe.blind.includes = {"**/*.h", "**/*.c"};
    kit_.plan.recipe.blind.notes = {"**/*.d"};
    kit_.plan.recipe.blind.documents = {"**/*.md"};
    kit_.put("rules.mk",
             "SEEN = seen.h\nmain.o: main.c $(SEEN)\n\tcat README.md words >>main.o; cc part.c\ninclude more\n");
    kit_.put("more", "V := $(shell cat VERSION)\n");
    kit_.put("main.c", "#include <seen.h>\n#include \"noted.h\"\n#include \"lib/unseen.h\"\n// alone.h\n");
    for (const char* name :
         {"seen.h", "noted.h", "lib/unseen.h", "alone.h", "words", "VERSION", "part.c", "own.c", "README.md", "other"})
      kit_.put(name, "1");
    kit_.commit(kit_.target().compiled, {{"target/main.d", "main.o: main.c \\\n noted.h\n"}, {"target/x", "unseen.h"}});
  }
};

TEST_F(Unnoticed, WhatNothingTellsTheToolToLookAtMeansNothingToStartFrom) {
  for (const auto& [name, reason] : std::map<std::string, std::string>{
           {"lib/unseen.h", "lib/unseen.h has changed, and nothing tells the tool that main.c includes it"},
           {"words", "words has changed, which is no prerequisite of what a rule makes of it"},
           {"part.c", "part.c has changed, which is no prerequisite of what a rule makes of it"},
           {"VERSION", "VERSION has changed, which is no prerequisite of what a rule makes of it"},
           {"more", "more has changed, which a makefile includes"}}) {
    const std::string before = must(read_file(kit_.os(), AT_FDCWD, kit_.plan.workspace.folder + "/" + name, 1000));
    kit_.put(name, before + "\n");
    EXPECT_EQ(newest(), "") << name;
    EXPECT_EQ(view_->reason(), reason);
    kit_.put(name, before);
  }
}

TEST_F(Unnoticed, PrerequisitesNotesDocumentsAndWhatNobodyNamesAreNoReason) {
  for (const char* name : {"seen.h", "noted.h", "alone.h", "README.md", "other", "main.c", "own.c"}) {
    kit_.put(name, "2");
    EXPECT_EQ(newest(), "target/x") << name << ": " << view_->reason();
    EXPECT_EQ(view_->reason(), "");
  }
}

TEST_F(Unnoticed, WhatBuildsHaveOpenedNeedsNoName) {
  kit_.plan.recipe.blind.known = {"own.c"};
  kit_.commit(kit_.target().compiled, {{"target/main.d", "main.o: main.c \\\n noted.h\n"}, {"target/x", "1"}},
              {"README.md", "noted.h", "other", "own.c", "seen.h"});
  for (const auto& [name, reason] : std::map<std::string, std::string>{
           {"other", "other has changed, which a build has read without the tool's knowing"},
           {"README.md", "README.md has changed, which is no prerequisite of what a rule makes of it"}}) {
    kit_.put(name, "2");
    EXPECT_EQ(newest(), "") << name;
    EXPECT_EQ(view_->reason(), reason);
    kit_.put(name, "1");
  }
  for (const char* name : {"seen.h", "noted.h", "own.c", "alone.h"}) {
    kit_.put(name, "2");
    EXPECT_EQ(newest(), "target/x") << name << ": " << view_->reason();
  }
}

TEST_F(Unnoticed, AHeaderByTheNameOfOneThatWasReadMayBeFoundFirst) {
  kit_.put("deep/conf.h", "1");
  kit_.commit(kit_.target().compiled, {{"target/main.d", "main.o: main.c \\\n noted.h\n"}, {"target/x", "1"}},
              {"deep/conf.h"});
  kit_.put("main.c", "#include CONFIG\n");
  kit_.commit(kit_.target().compiled, {{"target/main.d", "main.o: main.c \\\n noted.h\n"}, {"target/x", "1"}},
              {"deep/conf.h"});
  for (const char* name : {"first/conf.h", "first/noted.h"}) {
    kit_.put(name, "2");
    EXPECT_EQ(newest(), "") << name;
    EXPECT_EQ(view_->reason(), name + std::string(" is new, and a file by that name has been read"));
    remove(name);
  }
  kit_.put("first/alone.h", "2");
  EXPECT_EQ(newest(), "target/x") << view_->reason();
}

TEST_F(Unnoticed, APrerequisiteIsMeantByItsPath) {
  kit_.put("rules.mk", "D = in\nout: a/data $(D)/more plain\n\tcat a/data b/data in/more b/more b/plain >$@\n");
  for (const char* name : {"a/data", "b/data", "in/more", "b/more", "b/plain"}) kit_.put(name, "1");
  kit_.commit(kit_.target().compiled, {{"target/x", "1"}});
  for (const char* name : {"a/data", "in/more", "b/plain"}) {
    kit_.put(name, "2");
    EXPECT_EQ(newest(), "target/x") << name << ": " << view_->reason();
    kit_.put(name, "1");
  }
  kit_.put("b/data", "2");
  EXPECT_EQ(newest(), "");
}

/// A rule whose command runs a script, and what that reads.
class ScriptsOfRules : public Unnoticed {
 protected:
  ScriptsOfRules() {
    kit_.plan.recipe.blind.scripts = {"**/*.py"};
    kit_.put("gen.mk", "gen.h: gen.py known.txt\n\tpython3 gen.py ../lists >gen.h\n\tcd elsewhere && cat all/*\n");
    kit_.put("gen.py", "import tools.table\nopen('data.txt'), open('known.txt'), glob('parts/*.in')\n");
    kit_.put("tools/table.py", "open(\"deep.json\")");
    kit_.put("alone.py", "open('alone.txt')");
    for (const char* name : {"data.txt", "known.txt", "parts/a.in", "deep.json", "alone.txt", "lists/x", "all/y",
                             "elsewhere/z", "lists/x.c"})
      kit_.put(name, "1");
    kit_.commit(kit_.target().compiled, {{"target/x", "1"}});
  }
};

TEST_F(ScriptsOfRules, WhatTheyReadIsNotNoticed) {
  for (const auto& [name, reason] : std::map<std::string, std::string>{
           {"data.txt", "data.txt has changed, which gen.py may read"},
           {"parts/a.in", "parts/a.in has changed, which gen.py may read"},
           {"deep.json", "deep.json has changed, which tools/table.py may read"},
           {"lists/x", "lists/x has changed, in a folder that a rule's command reads"},
           {"lists/x.c", "lists/x.c has changed, in a folder that a rule's command reads"},
           {"all/y", "all/y has changed, in a folder that a rule's command reads"}}) {
    kit_.put(name, "2");
    EXPECT_EQ(newest(), "") << name;
    EXPECT_EQ(view_->reason(), reason);
    kit_.put(name, "1");
  }
  kit_.put("tools/table.py", "open(\"deep.json\") ");
  EXPECT_EQ(newest(), "");
  EXPECT_EQ(view_->reason(), "tools/table.py has changed, which a rule's script may run");
}

TEST_F(ScriptsOfRules, PrerequisitesAndWhatNoRuleComesToAreNoReason) {
  for (const char* name : {"gen.py", "known.txt", "alone.txt", "alone.py", "elsewhere/z"}) {
    kit_.put(name, "2");
    EXPECT_EQ(newest(), "target/x") << name << ": " << view_->reason();
  }
}

TEST_F(ScriptsOfRules, APrerequisiteThatHasGoneMadeSomethingElse) {
  remove("known.txt");
  EXPECT_EQ(newest(), "");
  EXPECT_EQ(view_->reason(), "known.txt has gone, of which something was made");
}

TEST_F(ScriptsOfRules, TheyMayAskGit) {
  kit_.plan.recipe.blind.commit = {"*.mk"};
  kit_.plan.recipe.blind.asks_git = {"describe"};
  kit_.put(".git/HEAD", std::string(40, 'a'));
  kit_.put("tools/table.py", "run(['git', 'describe'])");
  for (const bool is_run_always : {false, true}) {
    kit_.put("gen.mk", std::string("gen.h: gen.py") + (is_run_always ? " FORCE" : "") + "\n\tpython3 gen.py >gen.h\n");
    (void)build();
    kit_.put(".git/HEAD", std::string(40, is_run_always ? 'c' : 'b'));
    EXPECT_EQ(newest().empty(), !is_run_always);
    EXPECT_EQ(view_->reason(), is_run_always ? "" : "tools/table.py asks git, whose answer is another now");
  }
}

/// A tool that writes rules of its own into the volume, and knows which source includes which.
class RulesOfTheTool : public TargetViews {
 protected:
  RulesOfTheTool() {
    config::BlindSpots& blind = kit_.plan.recipe.blind;
    blind = {};
    blind.includes = {"**/*.c", "**/*.h", "**/*.S"};
    blind.rules = {"**/build.make"};
    blind.commands = {"**/link.txt"};
    blind.notes = {"**/*.d"};
    blind.stamps = {"-stamp/"};
    blind.asks_git = {"describe"};
    blind.documents = {"**/lists.txt"};
    kit_.put("main.c", "#include \"a.h\"\n");
    kit_.put("blob.S", ".incbin \"blob.bin\"\n");
    for (const char* name : {"a.h", "forced.h", "blob.bin", "data.txt", "exports.map", "sub/lists.txt", "sub/x.txt",
                             "own/f.c", "assets/y"})
      kit_.put(name, "1");
    commit("\tcd /workspace/target && cat /workspace/data.txt >gen.h\n");
  }
  void commit(const std::string& command) {
    kit_.commit(
        kit_.target().compiled,
        {{"target/x.dir/build.make",
          "x/main.o: ../main.c\n\tcc -include /workspace/forced.h -c ../main.c\ngen.h:\n" + command +
              "\tcd /workspace/sub && /usr/bin/cmake -E cmake_depends /workspace/sub\n\tpack /workspace/assets\n"
              "own-stamp/own-configure: own.txt\n\tcd /workspace/target/own && cmake /workspace/own/\n"},
         {"target/x.dir/link.txt", "cc -Wl,--version-script=/workspace/exports.map -L/workspace/sub -o x"},
         {"target/x.dir/main.o.d", "main.o: ../main.c ../forced.h"},
         {"target/zz", "1"}});
  }
};

TEST_F(RulesOfTheTool, WhatTheirCommandsReadIsNotNoticed) {
  for (const auto& [name, reason] : std::map<std::string, std::string>{
           {"data.txt", "data.txt has changed, which is no prerequisite of what a rule makes of it"},
           {"exports.map", "exports.map has changed, which is no prerequisite of what a rule makes of it"},
           {"blob.bin", "blob.bin has changed, and nothing tells the tool that blob.S includes it"},
           {"assets/y", "assets/y has changed, in a folder that a rule's command reads"},
           {"own/f.c", "own/f.c has changed, and a rule builds own as a whole"}}) {
    kit_.put(name, "2");
    EXPECT_EQ(newest(), "") << name;
    EXPECT_EQ(view_->reason(), reason);
    kit_.put(name, "1");
  }
}

TEST_F(RulesOfTheTool, SourcesAndHeadersAreKnown) {
  for (const char* name : {"main.c", "a.h", "forced.h", "sub/lists.txt", "sub/x.txt"}) {
    kit_.put(name, "2");
    EXPECT_EQ(newest(), "target/zz") << name << ": " << view_->reason();
  }
}

TEST_F(RulesOfTheTool, TheyMayAskGit) {
  for (const auto& [command, asks] :
       std::map<std::string, bool>{{"\tgit describe >gen.h\n", true}, {"\tgit fetch\n", false}}) {
    kit_.put(".git/HEAD", std::string(40, 'a'));
    commit(command);
    kit_.put(".git/HEAD", std::string(40, 'b'));
    EXPECT_EQ(newest(), asks ? "" : "target/zz") << command;
    EXPECT_EQ(view_->reason(), asks ? "a command of a rule asks git, whose answer is another now" : "");
  }
}

TEST_F(BlindSpot, AnotherGenerationMayDo) {
  kit_.put("rules.mk", "2");
  const std::string second = build();
  kit_.put("rules.mk", "1");
  put_all({"a"}, "second");
  EXPECT_EQ(newest(), first_) << "though the newest differs little";
  EXPECT_EQ(view_->reason(), "");
}

/// What was compiled stays.
TEST_F(TargetViews, AToolsNotesOfItsConfigurationGoWhereItMayBeAnotherOne) {
  kit_.plan.recipe.blind.configured = {{"src/h"}, {}, {"*/cache", "*/private/**"}};
  const test::Files built = {{"target/cache", "old"}, {"target/private/a", "old"}, {"target/object", "o"}};
  kit_.commit(kit_.target().compiled, built);
  const auto start = [&](const store::Transaction& transaction) {
    EXPECT_TRUE(must(view_->prepare(transaction.forks()[0])));
    std::vector<std::string> roots = store::layer_roots(transaction.forks()[0].base.layers);
    roots.push_back(transaction.forks()[0].dir + "/upper");
    return must(store::MergedTree::open(kit_.store(), roots));
  };
  put_all({"a"}, "an edit");
  EXPECT_TRUE(must(start(begin()).find("target/cache")));
  put_all({"h"}, "another default");
  const store::Transaction transaction = begin();
  const store::MergedTree tree = start(transaction);
  EXPECT_FALSE(must(tree.find("target/cache")));
  EXPECT_FALSE(must(tree.find("target/private/a")));
  EXPECT_TRUE(must(tree.find("target/object")));
}

TEST_F(TargetViews, OfAScriptNobodyKnowsWhichResultsItStillMakes) {
  kit_.commit(kit_.target().compiled, {{"target/out/program", "old"}, {"target/object", "o"}});
  kit_.plan.targets[0].results.include = {"target/out/*"};
  const auto has = [&](const std::string& path) {
    const store::Transaction transaction = begin();
    EXPECT_TRUE(must(view_->prepare(transaction.forks()[0])));
    std::vector<std::string> roots = store::layer_roots(transaction.forks()[0].base.layers);
    roots.push_back(transaction.forks()[0].dir + "/upper");
    return must(must(store::MergedTree::open(kit_.store(), roots)).find(path)).has_value();
  };
  EXPECT_TRUE(has("target/out/program"));
  put_all({"a"}, "another one");
  EXPECT_FALSE(has("target/out/program"));
  EXPECT_TRUE(has("target/object"));
  kit_.plan.recipe.blind.rules = {"**/build.ninja"};
  EXPECT_TRUE(has("target/out/program")) << "the tool's rules tell";
}

TEST_F(TargetViews, WhereNothingIsSaidOfTheToolAnyChangeMeansToStartFromNothing) {
  kit_.plan.recipe.blind.unsaid = true;
  const std::string first = build();
  EXPECT_EQ(newest(), first);
  put_all({"a"}, "second");
  EXPECT_EQ(newest(), "");
  EXPECT_EQ(view_->reason(), "the recipe has no [content] to say what its tool notices");
}

TEST_F(TargetViews, AboveFilesFromTheFutureNothingCanBeShownAsNewer) {
  build();
  const auto layers = test::current_layers(kit_.store(), kit_.target().compiled.key);
  const timespec ahead = source::to_timespec(clock_now() + an_hour);
  test::set_mtime(kit_.store().dir(), "layers/" + layers[0] + "/tree/target/build-1", ahead.tv_sec, ahead.tv_nsec);
  EXPECT_NE(newest(), "") << "where nothing has changed it is of no matter";
  put_all({"a"}, "second");
  EXPECT_EQ(newest(), "");
  EXPECT_EQ(view_->reason(), "what was built is newer than this machine's clock");
}

TEST_F(TargetViews, ALinkOutOfTheProjectIsNewOnce) {
  test::put_link(kit_.dir().fd(), "project/word.h", "../elsewhere/word.h");
  test::put_file(kit_.dir().fd(), "elsewhere/word.h", "1");
  const auto new_links = [this] {
    begin();
    const auto links = view_->new_links_out();
    return links.empty() ? "" : links.front().path;
  };
  EXPECT_EQ(new_links(), "word.h");
  build();
  EXPECT_EQ(new_links(), "");
  put_all({"a", "b", "c", "d", "e", "f"}, "another project");
  EXPECT_EQ(new_links(), "word.h") << "the build starts from nothing";
}

TEST_F(TargetViews, ASiblingFolderWithTheSameContentIsTaken) {
  kit_.commit(kit_.elsewhere(), {{"target/theirs", "1"}});
  EXPECT_EQ(newest(), "target/theirs");
  EXPECT_EQ(view_->shown().changed, 0U);
  const store::Transaction transaction = begin();
  EXPECT_EQ(transaction.forks()[0].base.id, "") << "it is no part of this volume's history";
  EXPECT_FALSE(transaction.forks()[0].started_from_nothing);
}

TEST_F(TargetViews, ASiblingGoesBeforeAnOwnOneThatDiffersMore) {
  put_all({"a", "b", "c", "d", "e", "f"}, "branch");
  kit_.commit(kit_.elsewhere(), {{"target/theirs", "1"}});
  put_all({"a", "b", "c", "d", "e", "f"}, "first");
  build();
  put_all({"a", "b", "c", "d", "e", "f"}, "branch");
  put_all({"g"}, "later");
  EXPECT_EQ(newest(), "target/theirs");
}

TEST_F(TargetViews, ANewFolderStartsFromTheLeastDifferentOfAllSiblings) {
  put_all({"a", "b", "c", "d", "e", "f"}, "main");
  kit_.commit(kit_.elsewhere(), {{"target/main", "1"}});
  put_all({"a"}, "branch");
  kit_.commit(kit_.elsewhere(), {{"target/branch", "1"}});
  put_all({"a"}, "main");
  put_all({"g"}, "later");
  EXPECT_EQ(newest(), "target/main");
}

TEST_F(TargetViews, WhatIsTheSameIsShownWithTheTimeOfThen) {
  test::set_mtime(kit_.dir().fd(), "project/src/a", 1000, 7);
  build();
  test::set_mtime(kit_.dir().fd(), "project/src/a", 2000, 0);
  begin();
  EXPECT_EQ(source::find(view_->shown().entries, "src/a")->time, 1000 * source::one_second + 7);
  EXPECT_FALSE(view_->shown().corrections.empty());
  EXPECT_EQ(view_->shown().changed, 0U);
}

TEST_F(TargetViews, ChangedContentIsShownAsNewerThanTheVolume) {
  test::set_mtime(kit_.dir().fd(), "project/src/a", 1000, 7);
  build();
  const int64_t built = clock_now();
  put_all({"a"}, "older");
  test::set_mtime(kit_.dir().fd(), "project/src/a", 500, 0);
  begin();
  EXPECT_GT(source::find(view_->shown().entries, "src/a")->time, built - source::one_second);
}

TEST_F(TargetViews, ACommandOfTheUsersStartsFromWhatNeedsNoView) {
  const auto base_of = [&] {
    store::ForkRequest request{kit_.target().compiled, store::Access::write};
    view_.emplace(kit_.plan, kit_.store(), must(look_at_project(kit_.plan, kit_.store())));
    request.choose = view_->plain_chooser();
    return test::files_of(kit_.store(), test::begin(kit_.store(), request).forks()[0].base.layers);
  };
  EXPECT_TRUE(base_of().empty());
  EXPECT_EQ(view_->reason(), "");
  build();
  EXPECT_EQ(base_of().size(), 1U);
  put_all({"a"}, "first");
  EXPECT_EQ(base_of().size(), 1U) << "what was touched is newer than it has to be, and hides nothing";
  put_all({"b"}, "second");
  EXPECT_EQ(base_of().size(), 1U);
  EXPECT_EQ(view_->reason(), "");
  test::set_mtime(kit_.dir().fd(), "project/src/a", 2000, 0);
  EXPECT_EQ(base_of().size(), 1U) << "an older time of what is the same";
  test::set_mtime(kit_.dir().fd(), "project/src/b", 2000, 0);
  EXPECT_TRUE(base_of().empty());
  EXPECT_EQ(view_->reason(), "the project's own times would hide changes from what was built");
}

TEST_F(TargetViews, AFetchStartsFromNothing) {
  build();
  store::ForkRequest request{kit_.target().compiled, store::Access::scratch};
  view_.emplace(kit_.plan, kit_.store(), must(look_at_project(kit_.plan, kit_.store())));
  request.choose = view_->empty_chooser();
  EXPECT_TRUE(test::begin(kit_.store(), request).forks()[0].base.empty());
}

TEST_F(TargetViews, TheUpperHasTheProjectsModeAndTime) {
  must(kit_.os().chmod(AT_FDCWD, kit_.plan.workspace.folder, 0750));
  test::set_mtime(kit_.dir().fd(), "project", 1000, 7);
  const store::Transaction transaction = begin();
  ASSERT_TRUE(must(view_->prepare(transaction.forks()[0])));
  const struct stat upper = must(kit_.os().stat(kit_.store().dir(), test::upper(transaction))).value();
  EXPECT_EQ(upper.st_mode & 07777U, 0750U);
  EXPECT_EQ(upper.st_mtim.tv_sec, 1000);
  EXPECT_EQ(upper.st_mtim.tv_nsec, 7);
}

TEST_F(TargetViews, AProjectThatChangesMeanwhileNeedsAnotherView) {
  build();
  put_all({"a"}, "older");
  test::set_mtime(kit_.dir().fd(), "project/src/a", 500, 0);
  const store::Transaction transaction = begin();
  put_all({"a"}, "still another");
  EXPECT_FALSE(must(view_->prepare(transaction.forks()[0])));
}

TEST_F(TargetViews, LayersLieInTheirOrderAboveTheProject) {
  kit_.put("target/mine", "1");
  test::set_mtime(kit_.dir().fd(), "project/src/a", 1000, 7);
  build();
  test::set_mtime(kit_.dir().fd(), "project/src/a", 2000, 0);
  const store::Transaction transaction = begin();
  ASSERT_TRUE(must(view_->prepare(transaction.forks()[0])));
  engine::Spec spec;
  engine::VolumeMount mount;
  mount.path = workspace_path;
  mount.lowers = store::layer_roots(transaction.forks()[0].base.layers);
  view_->complete(spec, mount);
  ASSERT_EQ(mount.lowers.size(), 3U);
  EXPECT_TRUE(test::exists(kit_.store().dir(), mount.lowers[0] + "/target")) << "the mask";
  EXPECT_TRUE(test::exists(kit_.store().dir(), mount.lowers[1] + "/target/build-1"));
  EXPECT_EQ(test::get_file(kit_.store().dir(), mount.lowers[2] + "/src/a"), "first");
  EXPECT_EQ(mount.lowest_folder, kit_.plan.workspace.folder);
  EXPECT_TRUE(spec.extra.empty());
}

TEST_F(TargetViews, WhereTheStoreLiesInTheProjectACheckoutIsShown) {
  kit_.put(".git/HEAD", "ref");
  const store::Store inside = must(store::Store::open(kit_.os(), kit_.plan.workspace.folder + "/store"));
  view_.emplace(kit_.plan, inside, must(look_at_project(kit_.plan, inside)));
  store::ForkRequest request{kit_.target().compiled, store::Access::write};
  request.choose = view_->chooser(kit_.target());
  const store::Transaction transaction = test::begin(inside, request);
  ASSERT_TRUE(must(view_->prepare(transaction.forks()[0])));
  engine::Spec spec;
  engine::VolumeMount mount;
  mount.path = workspace_path;
  view_->complete(spec, mount);
  EXPECT_EQ(mount.lowest_folder, "");
  ASSERT_EQ(mount.lowers.size(), 1U);
  EXPECT_EQ(test::get_file(inside.dir(), mount.lowers[0] + "/src/a"), "first");
  EXPECT_FALSE(test::exists(inside.dir(), mount.lowers[0] + "/store"));
  EXPECT_EQ(spec.extra, (std::vector<Bind>{{kit_.plan.workspace.folder + "/.git", "/workspace/.git"}}));
}

/// What the last build has written beside its results.
class Records : public TargetViews {
 protected:
  source::Record record(const test::Files& written) {
    store::Transaction transaction = begin();
    must(must(view_->prepare(transaction.forks()[0])), "the project has changed");
    test::fill(kit_.store(), transaction, written);
    if (meanwhile_) meanwhile_();
    const store::NewSource source = must(view_->record(transaction, opened_)).value();
    const source::Record record = source::Record::decode(source.text).value();
    EXPECT_EQ(source.content, source::digest_of(record.entries));
    must(transaction.seal(store::Outcome::success, 0, source));
    return record;
  }
  std::function<void()> meanwhile_;
  engine::Opened opened_;
};

TEST_F(Records, WhatBuildsHaveOpenedIsKnownAsLongAsTheVolumeIs) {
  kit_.plan.recipe.blind.documents = {"src/d"};
  opened_.paths = {"src/a", "target/object", "src"};
  EXPECT_EQ(record({{"target/object", "1"}}).opened, (std::vector<std::string>{"src", "src/a"}));
  put_all({"a"}, "second");
  opened_.paths = {"src/b"};
  EXPECT_EQ(record({{"target/object", "2"}}).opened, (std::vector<std::string>{"src", "src/a", "src/b"}));
  opened_ = {{}, false};
  put_all({"a"}, "third");
  const auto all = record({{"target/object", "3"}}).opened;
  EXPECT_TRUE(std::binary_search(all.begin(), all.end(), "src/c")) << "perhaps";
  EXPECT_FALSE(std::binary_search(all.begin(), all.end(), "src/d")) << "it means nothing";
}

/// git reads a tracked file whose stamp its index does not know.
void put_file_that_git_reads(Kit& kit) {
  kit.put("x", "1");
  kit.put(".git/HEAD", std::string(40, 'a'));
  kit.put(".git/index", std::string("DIRC\0\0\0\2\0\0\0\1", 12) + std::string(60, '\0') +
                            std::string("\0\1x\0\0\0\0\0\0\0", 10) + std::string(20, '\0'));
}

TEST_F(Records, WhatMeansSomethingMayHaveBeenOpenedByOthersThanGit) {
  put_file_that_git_reads(kit_);
  opened_.paths = {"x", "src/a", ".git/index"};
  EXPECT_EQ(record({{"target/object", "1"}}).opened, (std::vector<std::string>{".git/index", "src/a", "x"}));
}

TEST_F(Records, ADocumentThatGitOpensToCompareItIsNotTheBuilds) {
  kit_.plan.recipe.blind.documents = {"x"};
  put_file_that_git_reads(kit_);
  opened_.paths = {"x", "src/a", ".git/index"};
  EXPECT_EQ(record({{"target/object", "1"}}).opened, (std::vector<std::string>{".git/index", "src/a"}));
  opened_.paths = {"x"};
  kit_.put("src/a", "2");
  EXPECT_EQ(record({{"target/object", "2"}}).opened, (std::vector<std::string>{".git/index", "src/a", "x"}))
      << "git was not asked";
  opened_.paths = {"x", ".git/index"};
  kit_.put("src/a", "3");
  EXPECT_EQ(record({{"target/object", "3"}}).opened, (std::vector<std::string>{".git/index", "src/a", "x"})) << "known";
}

TEST_F(Records, TheProjectsFoldersAreWatchedButGitsOwn) {
  kit_.put(".git/refs/x", "1");
  begin();
  const auto watched = view_->watched(7).value();
  EXPECT_EQ(watched.path, kit_.plan.workspace.place);
  EXPECT_EQ(watched.folders, (std::vector<std::string>{"", ".git", "src"}));
  EXPECT_EQ(watched.file, 7);
  view_->set_renames_folders();
  EXPECT_FALSE(view_->watched(7)) << "it opens all of them";
}

/// Whatever is edited meanwhile: the tool has made nothing of it.
TEST_F(Records, WhereNothingHasChangedTheOldOneStands) {
  record({{"target/object", "1"}});
  {
    store::Transaction transaction = begin();
    must(must(view_->prepare(transaction.forks()[0])), "the project has changed");
    put_all({"a"}, "second");
    EXPECT_FALSE(must(view_->record(transaction, {})));
    must(transaction.seal(store::Outcome::success));
  }
  begin();
  EXPECT_EQ(view_->shown().changed, 1U);
}

TEST_F(Records, OfAnOlderGenerationIsTheNewestOnesAgain) {
  record({{"target/object", "1"}});
  put_all({"a"}, "second");
  record({{"target/object", "2"}});
  put_all({"a"}, "first");
  record({});
  EXPECT_EQ(must(store::current_generation(kit_.store(), kit_.target().compiled.key))->layers.size(), 1U);
}

TEST_F(Records, AFirstBuildsHasTheProjectWithItsTimes) {
  test::set_mtime(kit_.dir().fd(), "project/src/a", 1000, 7);
  const source::Record made = record({{"target/object", "1"}});
  const source::Entry* entry = source::find(made.entries, "src/a");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->time, 1000 * source::one_second + 7);
  EXPECT_TRUE(source::is_known(entry->content));
  EXPECT_TRUE(made.own.empty());
  EXPECT_TRUE(view_->new_writes().empty());
}

TEST_F(Records, WhatIsWrittenInTheSourceTreeIsTheBuildsOwn) {
  const source::Record made = record({{"target/object", "1"}, {"src/version.rs", "2"}});
  ASSERT_EQ(made.own.size(), 2U);
  EXPECT_EQ(made.own[0].path, "src") << "its time, at least, is another";
  EXPECT_EQ(made.own[1].path, "src/version.rs");
  EXPECT_EQ(made.own[1].replaced.kind, source::Kind::none);
  EXPECT_EQ(view_->new_writes(), std::vector<std::string>{"src/version.rs"});
  record({{"target/object", "2"}});
  EXPECT_TRUE(view_->new_writes().empty()) << "told once";
}

TEST_F(Records, WhatChangesWhileTheBuildRunsIsUnknown) {
  meanwhile_ = [&] { put_all({"a"}, "second"); };
  const source::Record made = record({{"target/object", "1"}});
  EXPECT_FALSE(source::is_known(source::find(made.entries, "src/a")->content));
  EXPECT_TRUE(source::is_known(source::find(made.entries, "src/b")->content));
  put_all({"a"}, "first");
  EXPECT_NE(newest(), "");
  EXPECT_EQ(view_->shown().changed, 1U) << "it counts as changed";
}

TEST_F(Records, ThatFoldersAreRenamedIsKnownToTheNextBuild) {
  begin();
  EXPECT_FALSE(view_->renames_folders());
  store::Transaction transaction = begin();
  view_->set_renames_folders();
  test::fill(kit_.store(), transaction, {{"target/object", "1"}});
  must(must(view_->prepare(transaction.forks()[0])), "the project has changed");
  must(transaction.seal(store::Outcome::success, 0, must(view_->record(transaction, {}))));
  begin();
  EXPECT_TRUE(view_->renames_folders());
}

}  // namespace
}  // namespace larder::builds
