#include "builds/plan/user_arguments.hpp"

#include <gtest/gtest.h>

namespace larder::builds {
namespace {

using config::Command;
using Commands = std::vector<Command>;

const Commands two_steps = {{"conf", "{configure_args}", "-C", "x"}, {"build", "{build_args}", "all"}};
const Commands with_tester = {{"conf", "{configure_args}"}, {"build", "{build_args}"}, {"tester"}};

config::Recipe recipe() {
  config::Recipe recipe;
  recipe.configure = {{"-D", "-G", "--preset"}, {"-Dno"}, {"-D", "-G", "--preset"}};
  return recipe;
}

Commands placed(const Commands& commands, const Command& project, const Command& line, bool test = false) {
  return with_arguments(commands, divide_arguments(recipe(), commands, project, line, test));
}

TEST(UserArguments, GoToTheCommandsThatTheyAreFor) {
  EXPECT_EQ(
      placed(two_steps, {"-DA=1", "-j2"}, {"-G", "Ninja", "--target", "x", "-D", "B=2"}),
      (Commands{{"conf", "-DA=1", "-G", "Ninja", "-D", "B=2", "-C", "x"}, {"build", "-j2", "--target", "x", "all"}}));
}

TEST(UserArguments, OneThatTheRecipeLeavesOutIsTheBuilds) {
  EXPECT_EQ(placed(two_steps, {}, {"-Dno=1", "-DA"}),
            (Commands{{"conf", "-DA", "-C", "x"}, {"build", "-Dno=1", "all"}}));
}

TEST(UserArguments, AreLeftOutWithTheirItemsWhereThereAreNone) {
  EXPECT_EQ(placed(two_steps, {}, {}), (Commands{{"conf", "-C", "x"}, {"build", "all"}}));
}

TEST(UserArguments, BehindADashDashAreTheBuilds) {
  EXPECT_EQ(placed(two_steps, {}, {"-DA=1", "--", "-DB=1"}),
            (Commands{{"conf", "-DA=1", "-C", "x"}, {"build", "--", "-DB=1", "all"}}));
}

TEST(UserArguments, InATestWhatTheCommandLineSaysIsTheTesters) {
  EXPECT_EQ(placed(with_tester, {"-DA=1", "-v"}, {"-DB=2", "-R", "name"}, true),
            (Commands{{"conf", "-DA=1", "-DB=2"}, {"build", "-v"}, {"tester", "-R", "name"}}));
}

TEST(UserArguments, AllGoToTheEndWhereThereIsOneStep) {
  EXPECT_EQ(placed({{"make"}, {"last", "x"}}, {"-DA"}, {"V=1"}), (Commands{{"make"}, {"last", "x", "-DA", "V=1"}}));
}

TEST(GoalsInTurn, EachGoalHasACommandWithTheOptionsAndVariables) {
  const Command arguments = {"-C", "sub", "clean", "V=1", "-k", "all"};
  Command command = {"make", "CC=x"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  EXPECT_EQ(goals_in_turn(command, arguments, {"-C"}), (Commands{{"make", "CC=x", "-C", "sub", "clean", "V=1", "-k"},
                                                                 {"make", "CC=x", "-C", "sub", "V=1", "-k", "all"}}));
}

TEST(GoalsInTurn, OneGoalOrNoneIsOneCommand) {
  EXPECT_EQ(goals_in_turn({"make", "check", "all"}, {"all"}, {"-C"}), (Commands{{"make", "check", "all"}}));
  EXPECT_EQ(goals_in_turn({"make", "-C", "x"}, {"-C", "x"}, {"-C"}), (Commands{{"make", "-C", "x"}}));
  EXPECT_EQ(goals_in_turn({"make", "-j", "4", "x"}, {"-j", "4", "x"}, {"-C"}), (Commands{{"make", "-j", "4", "x"}}));
}

}  // namespace
}  // namespace larder::builds
