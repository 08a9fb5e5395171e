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
  std::vector<std::string> project;
  std::vector<std::string> user;
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
                                   const Placeholders& values, SettingsPhase phase);

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

/// What of the caller's variables a phase with the network takes: those that match one of the patterns, in which `*`
/// stands for anything.
std::vector<std::string> matching_variables(const std::vector<std::string>& patterns);

}  // namespace larder::config
