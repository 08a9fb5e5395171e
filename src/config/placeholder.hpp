#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace larder::config {

using Placeholders = std::map<std::string, std::string>;

/// Replaces every `{name}`; `{{` and `}}` stand for the braces themselves. An unknown or unclosed one is
/// ErrorCode::usage with the nearest name.
Result<std::string> expand(const std::string& text, const Placeholders& values);
Result<std::vector<std::string>> expand_all(const std::vector<std::string>& texts, const Placeholders& values);

/// Expands all items, but leaves out each that is nothing but `{name}` or `NAME={name}` with an empty value: a target
/// without a C++ compiler then has no `CXX=` argument, and a machine without rustup no `{rustup}` folder to search.
Result<std::vector<std::string>> expand_present(const std::vector<std::string>& texts, const Placeholders& values);

/// Expands names and values. A variable whose value is nothing but an empty placeholder is left out; one that is
/// written as the empty string stays.
Result<std::map<std::string, std::string>> expand_environment(const std::map<std::string, std::string>& variables,
                                                              const Placeholders& values);

}  // namespace larder::config
