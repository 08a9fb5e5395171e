#pragma once

#include <set>
#include <string>
#include <vector>

#include "config/recipe.hpp"
#include "config/target.hpp"

namespace larder::config {

/// The texts of the settings files that others have written for a recipe's tool, in TOML: in each list an earlier one
/// goes before a later one.
struct SettingsTexts {
  std::vector<std::string> project;      ///< in its folder and those above it that builds see
  std::vector<std::string> above = {};   ///< in other folders above it: taken as the user's, but anybody's word
  std::vector<std::string> user = {};    ///< the user's own
  std::vector<std::string> unread = {};  ///< files of the project's that may say anything, each with why
};

/// What of the user's secrets a fetch does not see, since what the project names would see it, too.
struct KeptBack {
  bool all = false;
  std::vector<std::string> tables = {};  ///< in capitals: REGISTRIES_OURS

  bool empty() const { return !all && tables.empty(); }
};

/// A key that somebody's settings give, and its value as TOML says it.
struct GivenSetting {
  std::string key;  ///< dotted, such as registries.ours.index
  std::string value;

  bool operator==(const GivenSetting&) const = default;
};

/// What the generated file of settings says in one phase.
struct ToolSettings {
  std::string text;                ///< TOML; empty: nothing
  std::vector<std::string> shown;  ///< absolute paths of this machine that it names
};

enum class SettingsPhase { fetch, build, test };

/// Puts together what the tool is to read after the project's own files: the recipe's values for the target, but those
/// that the project gives itself, also by a `cfg(…)` that fits the target; and the user's tables. A text that cannot be
/// parsed says nothing: the tool itself complains about it.
Result<ToolSettings> tool_settings(const SettingsFile& file, const SettingsTexts& texts, const Target& target,
                                   const Placeholders& values, SettingsPhase phase, const KeptBack& kept_back = {});

/// Whether this is TOML; what is not may be so for the tool itself.
bool is_settings_text(const std::string& text);

/// All that the texts give at a dotted key, in which the part `*` stands for each name; empty strings are left out.
std::vector<GivenSetting> given_settings(const std::vector<std::string>& texts, const std::string& key);

/// The tables in which one of the texts has such a key, in capitals and with `_` between their parts: REGISTRIES_OURS.
std::vector<std::string> tables_with(const std::vector<std::string>& texts, const std::vector<std::string>& keys);

/// A text of the user's without the secrets that are kept back.
std::string without_secrets(const UserSettings& user, const std::string& text, const KeptBack& kept_back);

/// The table whose secret a variable is, as `tables_with` calls it: of CARGO_REGISTRIES_OURS_TOKEN; empty where it is
/// none.
std::string table_of_secret(const SettingsFile& file, const std::string& variable);

/// A dotted key as cargo calls it in a variable: in capitals, with `_` in place of `.` and `-`.
std::string in_capitals(std::string key);

/// The string, or the strings of the list, at a dotted key of the project's texts; none where there is no such key.
std::vector<std::string> project_setting(const SettingsTexts& texts, const std::string& key);

/// Those of the dotted keys that one of the texts has.
std::vector<std::string> keys_there(const std::vector<std::string>& texts, const std::vector<std::string>& keys);

/// The files that a text of settings includes by this key: a path, or a list of paths or of tables with a `path`. What
/// an earlier one of these says goes before what a later one says.
std::vector<std::string> included_files(const std::string& text, const std::string& key);

/// The variables that overrule the project's own settings: of dotted keys, in which the part `*` stands for each name
/// that the project's texts have there, such as `registries.*.credential-provider`. A variable is called as cargo calls
/// it: the prefix, then the key in capitals with `_` between its parts and in place of each `-`.
Environment overruling(const Environment& overrules, const SettingsTexts& texts, const std::string& prefix);

/// Whether a variable's name matches one of the patterns, in which `*` stands for anything.
bool fits_one(const std::vector<std::string>& patterns, const std::string& name);

/// What of the caller's variables a phase with the network takes: those that match one of the patterns, in which `*`
/// stands for anything.
std::vector<std::string> matching_variables(const std::vector<std::string>& patterns);

}  // namespace larder::config
