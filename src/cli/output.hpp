#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/result.hpp"

namespace larder::cli {

/// Writes data to stdout; a reader that has gone away (`| head`) ends the program quietly.
void print(const std::string& text);

/// To stdout, indented; bytes that are not UTF-8 are replaced.
void print_json(const nlohmann::json& data);

/// A line to stderr.
void say(const std::string& line);

/// "error: …", the cause, "hint: …" on stderr, in colour on terminals.
void print_error(const Error& error);

}  // namespace larder::cli
