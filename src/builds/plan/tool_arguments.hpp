#pragma once

#include <string>
#include <vector>

#include "config/recipe.hpp"

namespace larder::builds {

/// Makes one option of a cargo command's several `--message-format`: the recipe's, which comes first and asks for JSON,
/// and the user's. His `human` and `short` keep what cargo writes for people as he wants it; with any other he reads
/// the messages himself, and his option is the only one. Gives whether the messages are Larder's alone, and not to be
/// shown. Arguments behind a `--` are not cargo's.
bool join_message_formats(config::Command& command);

/// The targets that arguments of `cmake --build` name: `--target a b`, `-t a`. Empty where they name none.
std::vector<std::string> cmake_goals(const std::vector<std::string>& args);

/// The configuration that arguments of `cmake --build` name last, `--config NAME`; else `own`.
std::string cmake_configuration(const std::vector<std::string>& args, const std::string& own);

}  // namespace larder::builds
