#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/recipe.hpp"
#include "config/tool_settings.hpp"

namespace larder::builds {

/// The variables that the user has set for the tool alone, in a file of its settings (`go env -w`), but for those that
/// the environment has.
config::Environment users_variables(const config::UserSettings& user);

/// Reads the settings files that the project, in this folder and those above it up to `top`, and the user have for the
/// recipe's tool, and after each those that it includes. A file that is not there says nothing; one of the project's
/// that is no regular one below `top`, or cannot be read, is named as such.
config::SettingsTexts read_settings(const config::SettingsFile& file, const std::string& folder,
                                    const std::string& top);

/// The texts of those of the user's files of credentials that are there, by their names.
std::map<std::string, std::string> read_credentials(const config::UserSettings& user);

/// Of these the texts in the folder with the user's own settings.
std::vector<std::string> read_user_settings(const config::SettingsFile& file);

/// The folder with the user's own settings of the tool; empty where there is none.
std::string user_settings_folder(const config::UserSettings& user);

/// What of the user's own the fetch phase sees, by names: variables, and files by their paths; none where the recipe
/// takes nothing of the user's.
std::vector<std::string> seen_by_fetch(const config::UserSettings& user);

/// Those of the build tool's arguments that its fetching takes as well: from the project's and the command line's, up
/// to a
/// `--`, after which they are for programs that the tool runs.
config::Command args_for_fetch(const config::FetchPhase& fetch, const config::Command& project,
                               const config::Command& command_line);

}  // namespace larder::builds
