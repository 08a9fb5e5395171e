#pragma once

#include <string>
#include <vector>

namespace larder::builds {

/// The user's `url.*.insteadOf` and `url.*.pushInsteadOf` (git-config(1)), as the text of a file of git's settings,
/// asked of git; empty where there are none, or no git.
std::string git_replacements();

/// The text in quotes, as git-config(1) wants a subsection and a value.
std::string quoted_for_git(const std::string& text);

/// The same from what `git config --null --get-regexp` prints: for each a key, a newline, the value and a zero byte.
std::string replacements_in(const std::string& listed);

}  // namespace larder::builds
