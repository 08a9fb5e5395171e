#include "cli/completion.hpp"

#include <gtest/gtest.h>

namespace larder::cli {
namespace {

using Words = std::vector<std::string>;

/// A program `tool` with the commands `take`, `run` and `group one`, whose offers say what stood before.
class CompletionTest : public ::testing::Test {
 protected:
  static Program tool() {
    return {"tool", "A tool.", "tool 1", "", [](const Command& root) { add_commands(root); }};
  }

  static void add_commands(const Command& root) {
    static std::string text;
    static Words texts;
    static bool flag = false;
    const Offer echo = {Offer::Kind::words, [](const Typed& typed) {
                          return std::vector<Candidate>{{"at:" + typed.folder, "a folder"},
                                                        {"words-" + std::to_string(typed.words.size()), ""}};
                        }};
    const Command take = root.add_command("take", "Takes");
    take.add_option("word", texts, "Words").offers(echo);
    take.add_option("-c,--colour", text, "A colour").one_of({"red", "rose", "blue"});
    take.add_option("--each", texts, "Many");
    take.add_option("-o,--output", text, "A file").offers({Offer::Kind::files, {}});
    take.add_option("-C,--project", text, "Where").offers({Offer::Kind::folders, {}});
    take.add_flag("--flag", flag, "On");
    take.set_action_with_tail([](const Words&) { return Result<int>(0); });
    const Command run = root.add_command("run", "Runs");
    run.add_option("target", text, "One").offers(echo);
    run.takes_command();
    run.set_action_with_tail([](const Words&) { return Result<int>(0); });
    const Command group = root.add_command("group", "Has commands");
    group.add_command("one", "The first").add_option("name", text, "A name").one_of({"red"});
    group.add_command("other", "The second").add_option("-C,--project", text, "Where");
  }

  static Completion completion(const Words& words) { return complete(describe(tool(), words), words); }

  static Words candidates(const Words& words) {
    Words found;
    for (const Candidate& one : completion(words).candidates) found.push_back(one.word);
    return found;
  }
};

TEST_F(CompletionTest, Commands) {
  EXPECT_EQ(candidates({""}), (Words{"take", "run", "group"}));
  EXPECT_EQ(candidates({"t"}), Words{"take"});
  EXPECT_EQ(candidates({"group", "o"}), (Words{"one", "other"}));
  EXPECT_EQ(candidates({"group", "x"}), Words{});
  EXPECT_EQ(candidates({}), Words{});
}

TEST_F(CompletionTest, OptionsThatAreNotThereYet) {
  EXPECT_EQ(candidates({"take", "--"}), (Words{"--help", "--colour", "--each", "--output", "--project", "--flag"}));
  EXPECT_EQ(candidates({"take", "-c", "red", "--each", "x", "--flag", "--"}),
            (Words{"--help", "--each", "--output", "--project"}));
  EXPECT_EQ(candidates({"take", "--co"}), Words{"--colour"});
  EXPECT_EQ(candidates({"--v"}), Words{"--version"});
}

TEST_F(CompletionTest, ValuesThatAreEnumerations) {
  EXPECT_EQ(candidates({"take", "--colour", "r"}), (Words{"red", "rose"}));
  EXPECT_EQ(candidates({"take", "-c", ""}), (Words{"red", "rose", "blue"}));
  EXPECT_EQ(candidates({"take", "--colour=b"}), Words{"--colour=blue"});
  EXPECT_EQ(candidates({"take", "--flag=b"}), Words{});
  EXPECT_EQ(candidates({"take", "--none=b"}), Words{});
  EXPECT_EQ(candidates({"group", "one", ""}), Words{"red"});
}

TEST_F(CompletionTest, WordsOfTheCommand) {
  EXPECT_EQ(candidates({"take", ""}), (Words{"at:.", "words-0"}));
  EXPECT_EQ(candidates({"take", "a", "--each", "b", "w"}), Words{"words-1"});
  EXPECT_EQ(candidates({"take", "at:.", ""}), Words{"words-1"}) << "a word that is there already";
  EXPECT_EQ(candidates({"group", "one", "red", ""}), (Words{"-h", "--help"})) << "no word can follow";
}

TEST_F(CompletionTest, TheProjectsFolder) {
  EXPECT_EQ(candidates({"take", "-C", "there", "at"}), Words{"at:there"});
  EXPECT_EQ(candidates({"take", "-Cthere", "at"}), Words{"at:there"});
  EXPECT_EQ(candidates({"take", "--project=there", "at"}), Words{"at:there"});
  EXPECT_EQ(candidates({"-C", "there", "take", "at"}), Words{"at:there"});
  EXPECT_EQ(completion({"-C", ""}).kind, Offer::Kind::folders);
  EXPECT_EQ(completion({"take", "--project", ""}).kind, Offer::Kind::folders);
}

TEST_F(CompletionTest, FilesAndOtherProgramsArguments) {
  EXPECT_EQ(completion({"take", "--output", ""}).kind, Offer::Kind::files);
  EXPECT_EQ(completion({"take", "--output=x"}).kind, Offer::Kind::files);
  EXPECT_EQ(completion({"take", "--", "--col"}).kind, Offer::Kind::files);
  EXPECT_EQ(candidates({"take", "--", "--col"}), Words{});
  EXPECT_EQ(candidates({"run", "w"}), Words{"words-0"});
  EXPECT_EQ(completion({"run", "x64", "cargo", "--he"}).kind, Offer::Kind::files);
}

TEST_F(CompletionTest, Text) {
  EXPECT_EQ(to_text(completion({"group", "o"})), "words\none\tThe first\nother\tThe second\n");
  EXPECT_EQ(to_text(completion({"take", "--output", ""})), "files\n");
  EXPECT_EQ(to_text(completion({"-C", ""})), "folders\n");
}

}  // namespace
}  // namespace larder::cli
