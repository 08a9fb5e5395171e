#pragma once

#include <optional>
#include <string>

#include "config/recipe.hpp"

namespace larder::builds {

/// The project that the tool's own arguments name, such as `--manifest-path sub/Cargo.toml` or `-C sub`.
struct NamedProject {
  config::Recipe recipe;
  std::string folder;  ///< absolute; what the option names, or the folder of the file that it names
};

/// The first recipe one of whose options (`project_options`) stands among the arguments with a file, or with a folder
/// that has one of the recipe's files; no value where none does. Paths are relative to `start`, where the tool would be
/// started.
std::optional<NamedProject> project_named_by(const config::RecipeTable& recipes, const config::Command& args,
                                             const std::string& start);

/// The values that the options have among the tool's arguments, in their order: `--option VALUE`, `--option=VALUE`, and
/// `-oVALUE` of one with a single letter. What follows a `--` is not the tool's.
std::vector<std::string> values_of(const config::Command& args, const std::vector<std::string>& options);

/// Refuses arguments by which the tool would build for other targets than those that are planned, or into a folder that
/// is lost with the sandbox: ErrorCode::usage. `start` is where the tool is started, `folder` the project's, both as
/// builds see them; `triples` are those of all planned targets.
Status check_tool_arguments(const config::Recipe& recipe, const config::Command& args, const std::string& start,
                            const std::string& folder, const std::vector<std::string>& triples);

}  // namespace larder::builds
