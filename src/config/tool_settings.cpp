#include "config/tool_settings.hpp"

#include <fnmatch.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <sstream>
#include <string_view>

#include "base/text.hpp"
#include "config/rust_cfg.hpp"
#include "config/toml_reader.hpp"

namespace larder::config {
namespace {

std::string joined(const std::string& path, const std::string& name) { return path.empty() ? name : path + "_" + name; }

std::vector<toml::table> parse_all(const std::vector<std::string>& texts) {
  std::vector<toml::table> tables;
  for (const std::string& text : texts)
    if (auto table = parse_foreign_toml(text)) tables.push_back(std::move(*table));
  return tables;
}

/// The node at the key's parts; nullptr where there is none. A value in place of a table on the way is what is there.
const toml::node* find(const toml::table& table, const std::vector<std::string>& key) {
  const toml::node* node = &table;
  for (const std::string& part : key) {
    const toml::table* inner = node->as_table();
    if (inner == nullptr) return node;
    node = inner->get(part);
    if (node == nullptr) return nullptr;
  }
  return node;
}

/// `target.TRIPLE.linker` is also given by the `linker` of a `target.'cfg(…)'`, which cargo would rank below it.
bool gives_by_cfg(const toml::table& table, const std::vector<std::string>& key, const Target& target) {
  const toml::table* of_targets = table["target"].as_table();
  if (of_targets == nullptr || key.size() != 3 || key[0] != "target" || key[1] != target.triple) return false;
  for (const auto& [name, node] : *of_targets) {
    const toml::table* own = node.as_table();
    if (own == nullptr || !name.str().starts_with("cfg(") || !own->contains(key[2])) continue;
    if (fits_cfg(name.str(), target).value_or(true)) return true;  // else the project's could be dropped in silence
  }
  return false;
}

void put(toml::table& table, const std::vector<std::string>& key, const std::string& value) {
  toml::table* at = &table;
  for (size_t i = 0; i + 1 < key.size(); ++i) {
    at->insert(key[i], toml::table());
    at = at->get(key[i])->as_table();
    if (at == nullptr) return;  // the user's own file has a value there
  }
  at->insert(key.back(), value);
}

/// Adds what `more` has and `table` has not.
void merge(toml::table& table, const toml::table& more) {
  for (const auto& [key, node] : more) {
    const auto added = table.insert(key, node);
    toml::node& own = added.first->second;
    if (!added.second && own.is_table() && node.is_table()) merge(*own.as_table(), *node.as_table());
  }
}

/// Takes out the keys of these names, at any depth.
void drop_keys(toml::table& table, const std::vector<std::string>& names) {
  for (const std::string& name : names) table.erase(name);
  for (auto&& [key, node] : table)
    if (toml::table* inner = node.as_table()) drop_keys(*inner, names);
}

/// The values of the keys of these names, at any depth, that are absolute paths of something there.
void find_paths(const toml::table& table, const std::vector<std::string>& names, std::vector<std::string>& paths) {
  for (const auto& [key, node] : table) {
    if (const toml::table* inner = node.as_table()) find_paths(*inner, names, paths);
    const std::string path = node.value_or(std::string());
    if (contains(names, key.str()) && path.starts_with('/') && ::access(path.c_str(), R_OK) == 0) paths.push_back(path);
  }
}

/// Takes the keys of these names out of the table and what is in it, where what is kept back says so.
void drop_secrets(toml::table& table, const std::string& path, const std::vector<std::string>& names,
                  const KeptBack& kept_back) {
  if (kept_back.all || contains(kept_back.tables, path))
    for (const std::string& name : names) table.erase(name);
  for (auto&& [key, node] : table)
    if (toml::table* inner = node.as_table())
      drop_secrets(*inner, joined(path, in_capitals(std::string(key.str()))), names, kept_back);
}

void find_tables_with(const toml::table& table, const std::string& path, const std::vector<std::string>& names,
                      std::vector<std::string>& found) {
  const bool has = std::any_of(names.begin(), names.end(), [&](const auto& name) { return table.contains(name); });
  if (has && !contains(found, path)) found.push_back(path);
  for (const auto& [key, node] : table)
    if (const toml::table* inner = node.as_table())
      find_tables_with(*inner, joined(path, in_capitals(std::string(key.str()))), names, found);
}

/// The value on one line.
std::string value_text(const toml::node& node) {
  std::ostringstream text;
  node.visit([&](const auto& value) {
    if constexpr (toml::is_table<decltype(value)>)
      text << toml::toml_formatter(toml::table{{"value", value}}, toml::format_flags::none);
    else
      text << toml::toml_formatter(value, toml::format_flags::none);
  });
  return text.str();
}

void find_given(const toml::table& table, const std::vector<std::string>& key, size_t at, const std::string& path,
                std::vector<GivenSetting>& found) {
  for (const auto& [name, node] : table) {
    if (key[at] != "*" && key[at] != name.str()) continue;
    const std::string here = (path.empty() ? "" : path + ".") + std::string(name.str());
    if (const toml::table* inner = at + 1 < key.size() ? node.as_table() : nullptr) {
      find_given(*inner, key, at + 1, here, found);
      continue;
    }
    const GivenSetting given{here, value_text(node)};
    if (at + 1 == key.size() && !node.value_or(std::string("-")).empty() &&
        std::find(found.begin(), found.end(), given) == found.end())
      found.push_back(given);
  }
}

toml::table users_part(const UserSettings& said, const SettingsTexts& texts, SettingsPhase phase,
                       const KeptBack& kept_back) {
  const bool fetch = phase == SettingsPhase::fetch;
  std::vector<std::string> both = texts.above;
  both.insert(both.end(), texts.user.begin(), texts.user.end());
  toml::table all;
  for (const toml::table& table : parse_all(both)) {
    toml::table taken;
    for (const std::string& name : fetch ? said.tables : said.build_tables)
      if (const toml::node* node = table.get(name)) taken.insert(name, *node);
    merge(all, taken);
  }
  drop_keys(all, said.left_out);
  if (!fetch) drop_keys(all, said.secrets);
  drop_secrets(all, "", said.secrets, kept_back);
  return all;
}

std::string format(const toml::table& table) {
  if (table.empty()) return {};
  std::ostringstream text;
  text << toml::toml_formatter(table, toml::format_flags::allow_unicode_strings) << "\n";
  return text.str();
}

}  // namespace

Result<ToolSettings> tool_settings(const SettingsFile& file, const SettingsTexts& texts, const Target& target,
                                   const Placeholders& values, SettingsPhase phase, const KeptBack& kept_back) {
  if (file.path.empty()) return ToolSettings();
  const auto project = parse_all(texts.project);
  toml::table made = users_part(file.user, texts, phase, kept_back);
  ToolSettings settings;
  find_paths(made, file.user.paths, settings.shown);
  TRY_ASSIGN(Environment own, expand_environment(file.values, values));
  if (phase == SettingsPhase::test) {
    TRY_ASSIGN(const Environment more, expand_environment(file.test_values, values));
    own.insert(more.begin(), more.end());
  }
  for (const auto& [name, value] : own) {
    const auto key = split(name, '.');
    const bool given = std::any_of(project.begin(), project.end(), [&](const toml::table& table) {
      return find(table, key) != nullptr || gives_by_cfg(table, key, target);
    });
    if (!given) put(made, key, value);
  }
  settings.text = format(made);
  return settings;
}

std::string in_capitals(std::string key) {
  for (char& c : key) c = c == '.' || c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return key;
}

bool is_settings_text(const std::string& text) { return parse_foreign_toml(text).has_value(); }

std::vector<GivenSetting> given_settings(const std::vector<std::string>& texts, const std::string& key) {
  std::vector<GivenSetting> found;
  for (const toml::table& table : parse_all(texts)) find_given(table, split(key, '.'), 0, "", found);
  return found;
}

std::vector<std::string> tables_with(const std::vector<std::string>& texts, const std::vector<std::string>& keys) {
  std::vector<std::string> found;
  for (const toml::table& table : parse_all(texts)) find_tables_with(table, "", keys, found);
  return found;
}

std::string without_secrets(const UserSettings& user, const std::string& text, const KeptBack& kept_back) {
  auto table = parse_foreign_toml(text);
  if (!table) return {};
  drop_secrets(*table, "", user.secrets, kept_back);
  return format(*table);
}

std::string table_of_secret(const SettingsFile& file, const std::string& variable) {
  if (!variable.starts_with(file.variable_prefix)) return {};
  for (const std::string& secret : file.user.secrets) {
    const std::string ending = "_" + in_capitals(secret);
    if (variable.ends_with(ending) && variable.size() > file.variable_prefix.size() + ending.size())
      return variable.substr(file.variable_prefix.size(),
                             variable.size() - file.variable_prefix.size() - ending.size());
  }
  return {};
}

std::vector<std::string> project_setting(const SettingsTexts& texts, const std::string& key) {
  std::vector<std::string> found;
  for (const toml::table& table : parse_all(texts.project)) {
    const toml::node* node = find(table, split(key, '.'));
    if (node == nullptr) continue;
    if (const auto text = node->value<std::string>()) return {*text};
    if (const toml::array* list = node->as_array())
      for (const toml::node& entry : *list)
        if (const auto text = entry.value<std::string>()) found.push_back(*text);
    return found;
  }
  return found;
}

std::vector<std::string> keys_there(const std::vector<std::string>& texts, const std::vector<std::string>& keys) {
  const auto tables = parse_all(texts);
  std::vector<std::string> found;
  for (const std::string& key : keys)
    if (std::any_of(tables.begin(), tables.end(),
                    [&](const toml::table& table) { return find(table, split(key, '.')) != nullptr; }))
      found.push_back(key);
  return found;
}

std::vector<std::string> included_files(const std::string& text, const std::string& key) {
  std::vector<std::string> files;
  const auto table = key.empty() ? std::nullopt : parse_foreign_toml(text);
  const toml::node* node = table ? table->get(key) : nullptr;
  const auto add = [&](const toml::node& one) {
    const toml::table* entry = one.as_table();
    const toml::node* path = entry == nullptr ? &one : entry->get("path");
    if (path != nullptr && path->is_string()) files.push_back(*path->value<std::string>());
  };
  if (node == nullptr) return files;
  if (const toml::array* list = node->as_array())
    for (const toml::node& one : *list) add(one);
  else
    add(*node);
  std::reverse(files.begin(), files.end());
  return files;
}

Environment overruling(const Environment& overrules, const SettingsTexts& texts, const std::string& prefix) {
  Environment variables;
  const auto project = parse_all(texts.project);
  for (const auto& [key, value] : overrules) {
    const size_t star = key.find(".*.");
    if (star == std::string::npos) {
      variables[prefix + in_capitals(key)] = value;
      continue;
    }
    for (const toml::table& table : project) {
      const toml::node* outer = find(table, split(key.substr(0, star), '.'));
      if (outer == nullptr || !outer->is_table()) continue;
      for (const auto& [name, node] : *outer->as_table())
        variables[prefix + in_capitals(key.substr(0, star + 1) + std::string(name.str()) + key.substr(star + 2))] =
            value;
    }
  }
  return variables;
}

bool fits_one(const std::vector<std::string>& patterns, const std::string& name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0; });
}

std::vector<std::string> matching_variables(const std::vector<std::string>& patterns) {
  std::vector<std::string> names;
  for (char** variable = environ; !patterns.empty() && *variable != nullptr; ++variable) {
    const std::string name = std::string(*variable).substr(0, std::string_view(*variable).find('='));
    if (fits_one(patterns, name)) names.push_back(name);
  }
  return names;
}

}  // namespace larder::config
