#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/result.hpp"

namespace larder::cli {

/// Writes text to stdout. The first time that it cannot be written an error is printed, unless the reader has gone away
/// (`| head`); the command goes on either way, since what it does is not its output.
void print(const std::string& text);

/// The exit code of a command that ends with `code`: of a good one whose output was lost it is ErrorCode::environment.
/// A reader that has gone away has lost nothing that it wanted.
int code_with_output(int code);

/// Writes JSON to stdout, indented; bytes that are not UTF-8 are replaced.
void print_json(const nlohmann::json& data);

/// Writes a line to stderr.
void say(const std::string& line);

/// Writes an error to stderr: "error: …", its cause and "hint: …", in colour on terminals.
void print_error(const Error& error);

}  // namespace larder::cli
