#include "config/toml_reader.hpp"

#include "support.hpp"

namespace larder::config {
namespace {

/// Reads one key `x` into the slot.
template <typename Slot>
std::string reading(const std::string& text, Slot* slot) {
  Result<TomlFile> file = TomlFile::parse(text, "f.toml");
  if (!file) return usage_error(file);
  file->root().read({{"x", slot}});
  return usage_error(file->status());
}

TEST(TomlReader, ReadsListsOfCommands) {
  std::vector<Command> commands;
  EXPECT_EQ(reading("x = [['a', 'b'], []]", &commands), "no error");
  EXPECT_EQ(commands, (std::vector<Command>{{"a", "b"}, {}}));
  EXPECT_EQ(reading("x = 'a'", &commands),
            "f.toml:1:5: 'x' must be a list of commands, each a list of strings, not a string");
  EXPECT_EQ(reading("x = [['a'], 'b']", &commands),
            "f.toml:1:13: 'x' must be a list of commands, each a list of strings, but entry 2 is a string");
  EXPECT_EQ(reading("x = [['a', {}]]", &commands),
            "f.toml:1:12: 'x' must be a list of strings, but entry 2 is a table");
}

TEST(TomlReader, ReadsListsOfTables) {
  const auto reading_tables = [](const std::string& text, std::vector<std::string>& names) {
    Result<TomlFile> file = TomlFile::parse(text, "f.toml");
    const auto read = [&](TomlTable table) { table.read({{"name", &names.emplace_back()}}); };
    file->root().read({{"x", TomlTable::ListOfTables{read}}});
    return usage_error(file->status());
  };
  std::vector<std::string> names;
  EXPECT_EQ(reading_tables("[[x]]\nname = 'a'\n[[x]]\nname = 'b'\n", names), "no error");
  EXPECT_EQ(names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(reading_tables("[[x]]\nnam = 'a'\n", names),
            "f.toml:2:1: unknown key 'nam' in [[x]] | did you mean 'name'? [[x]] knows: name");
  EXPECT_EQ(reading_tables("[x]\nname = 'a'\n", names), "f.toml:1:1: 'x' must be a list of tables, not a table");
  EXPECT_EQ(reading_tables("x = [{}, 1]\n", names),
            "f.toml:1:10: 'x' must be a list of tables, but entry 2 is a number");
}

TEST(TomlReader, NamedTablesComeInTheFilesOrder) {
  Result<TomlFile> file = TomlFile::parse("[z]\n[a]\n[m]\n", "f.toml");
  std::string names;
  file->root().read(TomlTable::NamedTables{[&](const std::string& name, TomlTable) { names += name; }});
  EXPECT_EQ(names, "zam");
}

TEST(TomlReader, AWrongValueLeavesItsSlotAlone) {
  std::string text = "before";
  reading("x = 1", &text);
  EXPECT_EQ(text, "before");
  std::vector<std::string> list = {"before"};
  reading("x = ['a', 1]", &list);
  EXPECT_EQ(list, std::vector<std::string>{"before"});
}

TEST(TomlReader, BoundsTheFilesSize) {
  const std::string text(file_bytes_max + 1, '\n');
  EXPECT_EQ(usage_error(TomlFile::parse(text, "f.toml")), "f.toml is larger than 1.0 MB");
  EXPECT_TRUE(TomlFile::parse(text.substr(1), "f.toml"));

  TempFolder folder;
  folder.write("f.toml", text);
  Os os;
  EXPECT_EQ(usage_error(read_config_file(os, folder / "f.toml")), (folder / "f.toml") + " is larger than 1.0 MB");
  folder.write("f.toml", text.substr(1));
  EXPECT_EQ(read_config_file(os, folder / "f.toml")->size(), file_bytes_max);
}

TEST(TomlReader, BoundsTheNumberOfEntries) {
  std::string list;
  std::string table;
  for (size_t i = 0; i < entries_max; ++i) {
    list += "'e',\n";
    table += "v" + std::to_string(i) + " = 'e'\n";
  }
  std::vector<std::string> entries;
  EXPECT_EQ(reading("x = [" + list + "]", &entries), "no error");
  EXPECT_EQ(reading("x = [" + list + "'e']", &entries), "f.toml:1:5: 'x' has more than 1000 entries");
  Environment variables;
  EXPECT_EQ(reading("[x]\n" + table, &variables), "no error");
  EXPECT_EQ(reading("[x]\n" + table + "last = 'e'\n", &variables), "f.toml:1:1: [x] has more than 1000 entries");
}

TEST(TomlReader, BoundsTheNumberOfNamedTables) {
  std::string text;
  for (size_t i = 0; i <= entries_max; ++i) text += "[t" + std::to_string(i) + "]\n";
  Result<TomlFile> file = TomlFile::parse(text, "f.toml");
  file->root().read(TomlTable::NamedTables{[](const std::string&, TomlTable) {}});
  EXPECT_EQ(usage_error(file->status()), "f.toml:1:1: more than 1000 tables");
}

// toml++ 3.3 frees tables by recursion: half a million levels overflowed the stack.
TEST(TomlReader, BoundsTheNestingByDottedKeys) {
  std::string key;
  for (int i = 0; i < 500000; ++i) key += "a.";
  EXPECT_EQ(usage_error(TomlFile::parse("\n" + key + "a = 1\n", "f.toml")),
            "f.toml:2:1: more than 100 dots in one line | break the line, for example between the entries of a list");
  EXPECT_TRUE(TomlFile::parse(key.substr(0, 200) + "a = 1\n", "f.toml"));
}

TEST(TomlReader, SurvivesTheDeepestNestingThatItAllows) {
  std::string text = "x = ";
  std::string keys;
  for (int i = 0; i < 100; ++i) keys += "a.";
  for (int i = 0; i < 120; ++i) text += "[\n{" + keys + "a = ";
  text += "1";
  for (int i = 0; i < 120; ++i) text += "}]";
  EXPECT_TRUE(TomlFile::parse(text, "f.toml"));
}

TEST(TomlReader, BadUtf8IsAMistake) {
  EXPECT_EQ(usage_error(TomlFile::parse("x = \"\xff\"\n", "f.toml")), "f.toml:1:5: encountered invalid utf-8 sequence");
}

TEST(TomlReader, ALetterThatTheLibraryThinksCannotBeIsAMistake) {
  for (const char* letter : {"\xef\xbb\xb5", "\xef\xac\xa6", "\xef\xb8\x9f"}) {
    EXPECT_FALSE(TomlFile::parse(std::string(letter) + " = 1\n", "f.toml"));
    EXPECT_TRUE(TomlFile::parse("a = \"" + std::string(letter) + "\"\n", "f.toml"));
  }
}

TEST(TomlReader, ReadsListsByName) {
  Result<TomlFile> file = TomlFile::parse("[x]\na = ['1']\nb = 2\n", "f.toml");
  std::map<std::string, std::vector<std::string>> lists;
  file->root().read({{"x", TomlTable::Table{[&](TomlTable table) { table.read_all(lists); }}}});
  EXPECT_EQ(lists.at("a"), std::vector<std::string>{"1"});
  EXPECT_EQ(usage_error(file->status()), "f.toml:3:5: 'b' must be a list of strings, not a number");
}

/// toml++ 3.3 asserts that these do not occur, which ended the process.
TEST(TomlReader, WhatTheLibraryAssertsIsAMistakeWithItsLine) {
  for (const char* text : {"[$x]", "[[", "[[[hint]]", "[\t@x]", "[[ \x01]]", "a = 1\n[b.", "[!]\n", "[a.$]"}) {
    EXPECT_FALSE(parse_foreign_toml(text)) << text;
    EXPECT_FALSE(TomlFile::parse(text, "f")) << text;
  }
  const auto broken = TomlFile::parse("a = \"\"\"\n[$x]\n\"\"\"\n[b]\n[$x]\nc = 1\n", "f");
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().message, "f:5:1: a table's name is missing or has other characters");
}

}  // namespace
}  // namespace larder::config
