#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace larder::cli {

/// What the command line asks for. A command's options live as long as its `run`.
struct Invocation {
  std::vector<std::string> tail;  ///< the arguments after the first `--`
  bool has_tail = false;
  std::function<Result<int>()> run;  ///< gives the exit code; an Error is printed by main
};

// One function per command, each in a file of its own: describes the command to the parser and sets `run` when it is
// the one that was asked for.
void add_build_command(CLI::App& app, Invocation& invocation);
void add_test_command(CLI::App& app, Invocation& invocation);
void add_run_command(CLI::App& app, Invocation& invocation);
void add_shell_command(CLI::App& app, Invocation& invocation);
void add_image_command(CLI::App& app, Invocation& invocation);
void add_cache_command(CLI::App& app, Invocation& invocation);
void add_init_command(CLI::App& app, Invocation& invocation);
void add_doctor_command(CLI::App& app, Invocation& invocation);

/// "error: …", the cause, "hint: …" on stderr, in colour on terminals.
void print_error(const Error& error);

/// Writes data to stdout; a reader that has gone away (`| head`) ends the program quietly.
void print(const std::string& text);

}  // namespace larder::cli
