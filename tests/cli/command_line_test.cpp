#include "cli/command_line.hpp"

#include <gtest/gtest.h>

namespace larder::cli {
namespace {

using Words = std::vector<std::string>;

/// A program `tool` with the commands `take` and `group one`.
class CommandLineTest : public ::testing::Test {
 protected:
  int run(const Words& arguments) {
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    const int code = run_command_line(
        {"tool", "A tool.", "tool 1", "Its footer.", [this](const Command& tool) { describe(tool); }}, arguments);
    output_ = ::testing::internal::GetCapturedStdout();
    errors_ = ::testing::internal::GetCapturedStderr();
    return code;
  }

  void describe(const Command& tool) {
    const Command take = tool.add_command("take", "Takes all kinds");
    take.add_option("word", words_, "Some words").offers({Offer::Kind::words, [](const Typed&) {
                                                            return std::vector<Candidate>{{"stone", "hard"}};
                                                          }});
    take.add_option("--each", each_, "One value each time");
    const Option colour =
        take.add_option("-c,--colour", colour_, "A colour").one_of({"red", "blue"}).value_name("NAME");
    take.add_option("--shade", shade_, "Not with a colour").excludes(colour);
    take.add_option("--seconds", seconds_, "From 0 on").not_negative();
    take.add_flag("--flag", flag_, "On");
    take.add_option("-C,--project", folder_, "Where");
    take.tell_of("-j", "one at a time");
    take.set_action_with_tail([this](const Words& tail) {
      tail_ = tail;
      return Result<int>(7);
    });
    const Command group = tool.add_command("group", "Has commands");
    const Command deep = group.add_command("deep", "Has more of them");
    const Command clean = deep.add_command("clean", "Removes all");
    clean.add_option("-o,--output", colour_, "The file").required();
    clean.add_flag("--flag", flag_, "On");
    clean.set_action([]() -> Result<int> { return 9; });
    const Command one = group.add_command("one", "Needs a name");
    one.add_option("name", colour_, "The name").required();
    one.set_action([]() -> Result<int> { return fail(ErrorCode::damage, "it is broken"); });
  }

  Words words_;
  Words each_;
  Words tail_;
  std::string colour_;
  std::string shade_;
  std::string folder_;
  std::optional<double> seconds_;
  bool flag_ = false;
  std::string output_;
  std::string errors_;
};

TEST_F(CommandLineTest, FillsTheVariables) {
  EXPECT_EQ(run({"take", "a", "b", "-c", "red", "--flag", "--seconds", "1.5"}), 7);
  EXPECT_EQ(words_, (Words{"a", "b"}));
  EXPECT_EQ(colour_, "red");
  EXPECT_EQ(seconds_, 1.5);
  EXPECT_TRUE(flag_);
  EXPECT_EQ(errors_, "");
}

TEST_F(CommandLineTest, AnOptionForAListTakesOneValueEachTime) {
  EXPECT_EQ(run({"take", "--each", "x", "a", "--each", "y"}), 7);
  EXPECT_EQ(each_, (Words{"x", "y"}));
  EXPECT_EQ(words_, Words{"a"});
}

TEST_F(CommandLineTest, TheTailIsTakenAsItIs) {
  EXPECT_EQ(run({"take", "a", "--", "--flag", "--", "b"}), 7);
  EXPECT_EQ(tail_, (Words{"--flag", "--", "b"}));
  EXPECT_FALSE(flag_);
}

TEST_F(CommandLineTest, ATailThatNothingTakesIsWrongUsage) {
  EXPECT_EQ(run({"group", "one", "x", "--"}), 2);
  EXPECT_EQ(errors_, "error: `tool group one` takes nothing after `--`\nhint: see `tool group one --help`\n");
}

TEST_F(CommandLineTest, AnErrorOfTheCommandIsPrintedAndGivesItsCode) {
  EXPECT_EQ(run({"group", "one", "x"}), 4);
  EXPECT_EQ(errors_, "error: it is broken\n");
}

TEST_F(CommandLineTest, UnknownWordsAreAnsweredWithTheNearest) {
  EXPECT_EQ(run({"tkae"}), 2);
  EXPECT_EQ(errors_, "error: unknown command 'tkae'\nhint: did you mean 'take'?\n");
  EXPECT_EQ(run({"group", "oen"}), 2);
  EXPECT_EQ(errors_, "error: unknown command 'oen'\nhint: did you mean 'one'?\n");
  EXPECT_EQ(run({"take", "--secnods", "1"}), 2);
  EXPECT_EQ(errors_,
            "error: unknown option '--secnods'\nhint: did you mean '--seconds'? the tool's own options go behind `--`: "
            "`tool take -- --secnods`; see `tool take --help`\n");
}

TEST_F(CommandLineTest, RefusesValuesThatDoNotFit) {
  EXPECT_EQ(run({"take", "--colour", "green"}), 2);
  EXPECT_EQ(run({"take", "--seconds", "-1"}), 2);
  EXPECT_EQ(run({"take", "--shade", ""}), 2);
  EXPECT_EQ(run({"take", "--shade", "dark", "--colour", "red"}), 2);
  EXPECT_EQ(run({"group", "one"}), 2);
}

TEST_F(CommandLineTest, SaysInItsOwnWordsWhatDoesNotFit) {
  const auto said = [&](const Words& arguments) {
    EXPECT_EQ(run(arguments), 2);
    return errors_.substr(0, errors_.find('\n'));
  };
  EXPECT_EQ(said({"take", "--colour", "bleu"}), "error: --colour: 'bleu' is none of red, blue; did you mean 'blue'?");
  EXPECT_EQ(said({"take", "--seconds", "x"}), "error: --seconds: 'x' is no number from 0 on");
  EXPECT_EQ(said({"take", "--colour"}), "error: `--colour` needs a value");
  EXPECT_EQ(said({"take", "--flag=3"}), "error: `--flag` takes no value");
  EXPECT_EQ(said({"group", "one"}), "error: NAME is missing");
  EXPECT_EQ(said({"group", "one", ""}), "error: name: must not be empty");
  EXPECT_EQ(said({"take", "-C", ""}), "error: --project: must not be empty");
  EXPECT_EQ(said({"group", "deep", "clean"}), "error: --output is missing");
  EXPECT_EQ(said({""}), "error: unknown command ''");
  EXPECT_EQ(said({"group", ""}), "error: unknown command ''");
  EXPECT_EQ(said({"group", "one", "red", "blue"}), "error: unexpected word 'blue'");
}

TEST_F(CommandLineTest, AGroupAloneShowsItsHelp) {
  EXPECT_EQ(run({}), 0);
  EXPECT_NE(output_.find("Its footer."), std::string::npos);
  EXPECT_EQ(run({"group"}), 0);
  EXPECT_NE(output_.find("Usage: tool group "), std::string::npos) << output_;
  EXPECT_EQ(errors_, "");
}

TEST_F(CommandLineTest, AWordOfAnotherLevelIsFoundThere) {
  EXPECT_EQ(run({"one"}), 2);
  EXPECT_EQ(errors_, "error: unknown command 'one'\nhint: did you mean `tool group one`?\n");
}

TEST_F(CommandLineTest, AWordBelowAGroupInAGroupIsTold) {
  EXPECT_EQ(run({"group", "deep", "claen"}), 2);
  EXPECT_EQ(errors_, "error: unknown command 'claen'\nhint: did you mean 'clean'?\n");
  EXPECT_EQ(run({"group", "deep", "rm"}), 2);
  EXPECT_EQ(errors_, "error: unknown command 'rm'\nhint: did you mean 'clean'?\n");
}

TEST_F(CommandLineTest, AnOptionThatPeopleGiveIsToldOf) {
  for (const Words& words : {Words{"take", "-j", "4"}, {"take", "-j4"}}) {
    EXPECT_EQ(run(words), 2);
    EXPECT_EQ(errors_, "error: unknown option '" + words[1] + "'\nhint: one at a time\n");
  }
}

TEST_F(CommandLineTest, OptionsMayStandBetweenTheWordsOfACommand) {
  EXPECT_EQ(run({"group", "--output=x", "deep", "--flag", "clean"}), 9);
  EXPECT_TRUE(flag_);
  EXPECT_EQ(colour_, "x");
  EXPECT_EQ(run({"group", "--shade", "one", "a"}), 2);
  EXPECT_EQ(errors_, "error: unknown option '--shade'\nhint: see `tool group one --help`\n");
}

TEST_F(CommandLineTest, AWordThatACommandTakesLeadsToIt) {
  EXPECT_EQ(run({"stone"}), 2);
  EXPECT_EQ(errors_, "error: unknown command 'stone'\nhint: did you mean `tool take stone`?\n");
}

TEST_F(CommandLineTest, OfAWordThatIsNoCommandThereIsNoHelp) {
  EXPECT_EQ(run({"help", "tkae"}), 2);
  EXPECT_EQ(errors_, "error: unknown command 'tkae'\nhint: did you mean 'take'?\n");
  EXPECT_EQ(run({"help", "group", "oen"}), 2);
  EXPECT_EQ(errors_, "error: unknown command 'oen'\nhint: did you mean 'one'?\n");
  for (const Words& good : {Words{"help"},
                            {"help", "take"},
                            {"help", "take", "stone"},
                            {"help", "group"},
                            {"group", "help"},
                            {"group", "help", "one"},
                            {"group", "deep", "help"}}) {
    EXPECT_EQ(run(good), 0);
    EXPECT_EQ(errors_, "");
    EXPECT_NE(output_.find("Usage: "), std::string::npos);
  }
  EXPECT_EQ(run({"take", "help"}), 7);
}

TEST_F(CommandLineTest, AnOptionMayBeTheTools) {
  EXPECT_EQ(run({"take", "--wholly-unknown"}), 2);
  EXPECT_EQ(errors_,
            "error: unknown option '--wholly-unknown'\n"
            "hint: the tool's own options go behind `--`: `tool take -- --wholly-unknown`; see `tool take --help`\n");
}

TEST_F(CommandLineTest, OptionsMayStandBeforeTheCommand) {
  EXPECT_EQ(run({"--flag", "--seconds", "3", "--colour=red", "take", "a"}), 7);
  EXPECT_TRUE(flag_);
  EXPECT_EQ(seconds_, 3);
  EXPECT_EQ(colour_, "red");
  EXPECT_EQ(words_, Words{"a"});
  EXPECT_EQ(run({"--flag", "group", "one", "a"}), 2);
  EXPECT_EQ(errors_, "error: unknown option '--flag'\nhint: see `tool group one --help`\n");
  EXPECT_EQ(run({"--flga", "take"}), 2);
  EXPECT_EQ(errors_,
            "error: unknown option '--flga'\nhint: did you mean '--flag'? the tool's own options go behind `--`: "
            "`tool take -- --flga`; see `tool take --help`\n");
  EXPECT_EQ(run({"--flag"}), 2);
}

TEST_F(CommandLineTest, TheFolderMayStandBeforeTheCommand) {
  EXPECT_EQ(run({"-C", "dir", "take", "a"}), 7);
  EXPECT_EQ(folder_, "dir");
  EXPECT_EQ(run({"-Cother", "take", "a"}), 7);
  EXPECT_EQ(folder_, "other");
  EXPECT_EQ(run({"--project=third", "take", "a"}), 7);
  EXPECT_EQ(folder_, "third");
  EXPECT_EQ(words_, Words{"a"});
  EXPECT_EQ(run({"-C", "dir"}), 2);
}

TEST_F(CommandLineTest, HelpAndVersionGoToStdout) {
  EXPECT_EQ(run({"--version"}), 0);
  EXPECT_EQ(output_, "tool 1\n");
  EXPECT_EQ(run({"take", "--help"}), 0);
  EXPECT_NE(output_.find("--colour NAME:{red,blue}"), std::string::npos) << output_;
  EXPECT_EQ(run({"--help"}), 0);
  EXPECT_NE(output_.find("Its footer."), std::string::npos);
  EXPECT_EQ(errors_, "");
}

}  // namespace
}  // namespace larder::cli
