#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/result.hpp"

namespace larder::cli {

/// Writes text to stdout; a reader that has gone away (`| head`) ends the program quietly.
void print(const std::string& text);

/// Writes JSON to stdout, indented; bytes that are not UTF-8 are replaced.
void print_json(const nlohmann::json& data);

/// Writes a line to stderr.
void say(const std::string& line);

/// Writes an error to stderr: "error: …", its cause and "hint: …", in colour on terminals.
void print_error(const Error& error);

}  // namespace larder::cli
