#include "builds/plan/tool_arguments.hpp"

#include <gtest/gtest.h>

namespace larder::builds {
namespace {

using config::Command;

const std::string ours = "--message-format=json-render-diagnostics";

/// The command with the user's arguments, after its formats have become one; gives whether messages are hidden.
std::pair<Command, bool> joined(const Command& args) {
  Command command = {"cargo", "build", ours};
  command.insert(command.end(), args.begin(), args.end());
  const bool hidden = join_message_formats(command);
  return {command, hidden};
}

TEST(MessageFormats, WithoutTheUsersTheRecipesStays) {
  EXPECT_EQ(joined({"-p", "one"}), (std::pair(Command{"cargo", "build", "-p", "one", ours}, true)));
}

TEST(MessageFormats, FormatsForPeopleKeepTheirMeaning) {
  EXPECT_EQ(joined({"--message-format=human"}), (std::pair(Command{"cargo", "build", ours}, true)));
  EXPECT_EQ(joined({"--message-format", "short", "-q"}),
            (std::pair(Command{"cargo", "build", "-q", ours + ",json-diagnostic-short"}, true)));
}

TEST(MessageFormats, WhoAsksForMessagesSeesThem) {
  EXPECT_EQ(joined({"--message-format=json,json-diagnostic-short"}),
            (std::pair(Command{"cargo", "build", "--message-format=json,json-diagnostic-short"}, false)));
  EXPECT_EQ(joined({"--message-format", "nonsense"}),
            (std::pair(Command{"cargo", "build", "--message-format=nonsense"}, false)));
}

TEST(MessageFormats, BehindTwoDashesTheyAreNotCargos) {
  EXPECT_EQ(joined({"--", "--message-format=short"}),
            (std::pair(Command{"cargo", "build", ours, "--", "--message-format=short"}, true)));
}

TEST(MessageFormats, ACommandWithoutAnyIsLeftAsItIs) {
  Command command = {"just", "build"};
  EXPECT_TRUE(join_message_formats(command));
  EXPECT_EQ(command, (Command{"just", "build"}));
}

TEST(CMakeGoals, AreWhatFollowsTarget) {
  EXPECT_EQ(cmake_goals({"--target", "a", "b", "-v", "c"}), (Command{"a", "b"}));
  EXPECT_EQ(cmake_goals({"-t", "a", "--target=b", "--", "--target", "c"}), (Command{"a", "b"}));
  EXPECT_EQ(cmake_goals({"-v", "x"}), Command{});
}

TEST(CMakeConfiguration, IsTheLastOneNamed) {
  EXPECT_EQ(cmake_configuration({"-v"}, "Release"), "Release");
  EXPECT_EQ(cmake_configuration({"--config", "Debug", "--config=MinSizeRel"}, "Release"), "MinSizeRel");
  EXPECT_EQ(cmake_configuration({"--", "--config", "Debug"}, "Release"), "Release");
}

}  // namespace
}  // namespace larder::builds
