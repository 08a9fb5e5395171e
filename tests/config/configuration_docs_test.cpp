#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>
#include <sstream>

#include "base/text.hpp"
#include "config/project.hpp"
#include "config/tables.hpp"
#include "config/user_config.hpp"
#include "support.hpp"

/// docs/configuration.md against the parsers: the keys in both directions, their types, and the examples.
namespace larder::config {
namespace {

constexpr const char* unknown_key = "zzzz";

struct Row {
  std::string key, type, value_default, example;
  std::vector<std::string> values;  ///< all that it may have, where the type lists them

  bool is_table() const { return type == "a table" || type == "a list of tables"; }
};

/// A table of a file, "[build]"; empty: the top level.
struct Section {
  std::string file;
  std::string table;
  std::vector<Row> rows;
};

std::string without_ticks(const std::string& cell) {
  const std::string text = trim(cell);
  return text.size() > 1 && text.front() == '`' ? text.substr(1, text.find('`', 1) - 1) : text;
}

std::string text_of(const std::string& page) {
  std::ifstream file(LARDER_SOURCE_DIR "/" + page);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// "a string: `a`, `b`" lists the values.
Row row_of(const std::vector<std::string>& cells) {
  const std::string type = trim(cells[2]);
  const size_t colon = type.find(": `");
  Row row{without_ticks(cells[1]), type.substr(0, colon), trim(cells[3]), without_ticks(cells[4]), {}};
  if (colon != std::string::npos)
    for (const std::string& value : split(type.substr(colon + 2), ',')) row.values.push_back(without_ticks(value));
  return row;
}

std::vector<Section> read_sections() {
  std::istringstream text(text_of("docs/configuration.md"));
  std::vector<Section> sections;
  std::string file;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("## ")) file = line.substr(3);
    if (line.starts_with("### ")) sections.push_back({file, without_ticks(line.substr(4)), {}});
    if (line == "### Top level") sections.back().table.clear();
    if (!line.starts_with("| `") || file.empty()) continue;
    const auto cells = split(line, '|');
    if (cells.size() != 7) throw std::runtime_error("not five columns: " + line);
    sections.back().rows.push_back(row_of(cells));
  }
  return sections;
}

template <typename T>
std::string mistake_of(const Result<T>& result) {
  return result ? std::string() : told(result.error());
}

std::string mistake_in(const std::string& file, const std::string& text) {
  if (file == "larder.toml") return mistake_of(parse_project(text, file));
  if (file == "config.toml") return mistake_of(parse_user_config(text, file));
  if (file == "targets.toml") return mistake_of(parse_targets(text, file));
  return mistake_of(parse_recipe(text, file));
}

/// Whether `key` may be given in the place of `other`, and must be where that one is not.
bool is_instead(const Section& section, const std::string& key, const std::string& other) {
  return std::any_of(section.rows.begin(), section.rows.end(),
                     [&](const Row& row) { return row.key == other && row.value_default == "`" + key + "` instead"; });
}

/// The keys of a section with their examples, but `changed` with another value.
std::string lines_of(const Section& section, const std::string& changed = {}, const std::string& value = {}) {
  std::string lines;
  for (const Row& row : section.rows) {
    std::string said = row.key == changed ? value : row.example;
    if (is_instead(section, row.key, changed)) said = "\"/given\"";
    if (!said.empty()) lines += row.key + " = " + said + "\n";
  }
  return lines;
}

/// A file that has nothing but the section, and what the file must have.
std::string file_with(const std::vector<Section>& all, const Section& section, const std::string& lines) {
  std::string text;
  if (section.table.empty()) text = lines;
  if (section.file == "Recipes" && !section.table.empty()) text = "name = \"x\"\ntitle = \"x\"\n";
  if (!section.table.empty()) text += section.table + "\n" + lines;
  if (section.file != "Recipes") return text;
  for (const Section& other : all)
    for (const std::string table : {"[volumes]", "[build]", "[artifacts]"})
      if (other.file == "Recipes" && other.table == table && section.table != table &&
          lines.find(table.substr(1, table.size() - 2) + " = ") == std::string::npos)
        text += table + "\n" + lines_of(other);
  return text;
}

/// What the parser says that the table knows: "… knows: a, b and c".
std::set<std::string> known_keys(const std::string& mistake) {
  constexpr std::string_view before = " knows: ";
  const size_t at = mistake.find(before);
  if (at == std::string::npos) return {};
  std::string list = mistake.substr(at + before.size());
  if (const size_t last = list.rfind(" and "); last != std::string::npos) list.replace(last, 5, ", ");
  std::set<std::string> keys;
  for (const std::string& key : split(list, ',')) keys.insert(trim(key));
  return keys;
}

void for_each_section(const std::function<void(const std::vector<Section>&, const Section&)>& check) {
  const auto all = read_sections();
  EXPECT_GE(all.size(), 23U);
  for (const Section& section : all) {
    SCOPED_TRACE(section.file + " " + section.table);
    check(all, section);
  }
}

TEST(ConfigurationDocs, TheExamplesAreTaken) {
  for_each_section([](const auto& all, const Section& section) {
    const std::string text = file_with(all, section, lines_of(section));
    EXPECT_EQ(mistake_in(section.file, text), "") << text;
  });
}

TEST(ConfigurationDocs, TheKeysAreThoseOfTheParsers) {
  for_each_section([](const auto& all, const Section& section) {
    std::set<std::string> documented;
    for (const Row& row : section.rows) EXPECT_TRUE(documented.insert(row.key).second) << row.key << " is there twice";
    const std::string lines = lines_of(section) + unknown_key + " = 1\n";
    const std::string text = file_with(all, section, lines);
    EXPECT_EQ(known_keys(mistake_in(section.file, text)), documented) << text;
  });
}

TEST(ConfigurationDocs, TheTypesAreThoseOfTheParsers) {
  for_each_section([](const auto& all, const Section& section) {
    for (const Row& row : section.rows) {
      const std::string mistake =
          mistake_in(section.file, file_with(all, section, lines_of(section, row.key, "1979-05-27")));
      const std::string type = row.type.starts_with("a table of ") ? "a table" : row.type;
      EXPECT_NE(mistake.find("'" + row.key + "' must be " + type + ", not a date"), std::string::npos) << mistake;
    }
  });
}

TEST(ConfigurationDocs, TheValuesThatAreListedAreAllThatAreTaken) {
  size_t lists = 0;
  for_each_section([&](const auto& all, const Section& section) {
    for (const Row& row : section.rows) {
      const auto mistake = [&](const std::string& value) {
        return mistake_in(section.file, file_with(all, section, row.key + " = \"" + value + "\"\n"));
      };
      for (const std::string& value : row.values) EXPECT_EQ(mistake(value), "") << row.key;
      if (row.values.empty()) continue;
      EXPECT_NE(mistake("zzzz"), "") << row.key;
      ++lists;
    }
  });
  EXPECT_GE(lists, 3U);
}

TEST(ConfigurationDocs, WhatIsRequiredIsMissed) {
  for_each_section([](const auto& all, const Section& section) {
    for (const Row& row : section.rows) {
      if (row.is_table()) continue;
      const std::string mistake = mistake_in(section.file, file_with(all, section, lines_of(section, row.key, "")));
      const bool missed = mistake.find("needs '" + row.key + "'") != std::string::npos;
      EXPECT_EQ(missed, row.value_default == "required") << row.key << ": " << mistake;
    }
  });
}

TEST(ConfigurationDocs, ADefaultIsTakenAsAValue) {
  for_each_section([](const auto& all, const Section& section) {
    for (const Row& row : section.rows) {
      const bool is_value =
          row.value_default.find('`', 1) + 1 == row.value_default.size() && row.value_default[0] == '`';
      if (!is_value || row.example.empty()) continue;
      const std::string text = lines_of(section, row.key, without_ticks(row.value_default));
      EXPECT_EQ(mistake_in(section.file, file_with(all, section, text)), "") << row.key;
    }
  });
}

/// The first block of TOML in a page.
std::string toml_block(const std::string& page) {
  const std::string text = text_of(page);
  const size_t start = text.find("```toml\n") + 8;
  return text.substr(start, text.find("```", start) - start);
}

TEST(ConfigurationDocs, TheWholeExamplesAreTaken) {
  EXPECT_EQ(mistake_in("larder.toml", toml_block("docs/configuration.md")), "");
  EXPECT_EQ(mistake_in("Recipes", toml_block("recipes/README.md")), "");
}

TEST(ConfigurationDocs, TheRecipesPageHasTheTargetsPlaceholders) {
  const std::string page = text_of("recipes/README.md");
  for (const auto& [name, value] : target_placeholders(Target{}))
    EXPECT_NE(page.find("`" + name + "`"), std::string::npos) << name;
}

TEST(ConfigurationDocs, EveryTableHasItsSection) {
  const auto all = read_sections();
  const auto has = [&](const Section& parent, const Row& row) {
    std::string inner = parent.table;
    while (inner.starts_with('[')) inner = inner.substr(1, inner.size() - 2);
    const std::string path = inner.empty() ? row.key : inner + "." + row.key;
    return std::any_of(all.begin(), all.end(), [&](const Section& section) {
      return section.file == parent.file && (section.table == "[" + path + "]" || section.table == "[[" + path + "]]" ||
                                             section.table == "[" + path + ".NAME]");
    });
  };
  const auto is_whole_recipe = [](const Section& section, const Row& row) {
    return section.file == "larder.toml" && section.table.empty() && row.key == "recipe";
  };
  for (const Section& section : all)
    for (const Row& row : section.rows)
      EXPECT_TRUE(!row.is_table() || has(section, row) || is_whole_recipe(section, row))
          << section.file << " " << section.table << " " << row.key;
}

}  // namespace
}  // namespace larder::config
