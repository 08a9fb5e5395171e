#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstring>

#include "base/text.hpp"
#include "cli/command.hpp"

namespace larder::cli {
namespace {

constexpr const char* footer =
    "Exit codes: 0 good, 1 the build failed, 2 wrong usage or configuration, 3 the machine lacks something,\n"
    "4 the store is damaged, 130 interrupted; `run` and `shell` give the command's own.\n"
    "LARDER_STORE names the store's directory (default: $XDG_DATA_HOME/larder).";

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  return names;
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

/// The innermost command that was named, for its help and its words.
const CLI::App* chosen(const CLI::App* app) {
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return app;
}

/// "larder cache list"
std::string full_name(const CLI::App* command) {
  const CLI::App* parent = command->get_parent();
  return parent == nullptr ? command->get_name() : full_name(parent) + " " + command->get_name();
}

Error usage_error(const CLI::App& app, const CLI::ParseError& error, const std::vector<std::string>& arguments) {
  const CLI::App* command = chosen(&app);
  const auto names = command_names(*command);
  const auto word = std::find_if(arguments.begin(), arguments.end(), [&](const std::string& argument) {
    return !argument.empty() && argument.front() != '-' && argument != command->get_name();
  });
  Error told{ErrorCode::usage, error.what(), {}, fmt::format("see `{} --help`", full_name(command)), 0};
  const auto left = command->remaining();
  if (!left.empty() && left.front().starts_with('-')) {
    told.message = fmt::format("unknown option '{}'", printable(left.front()));
    const std::string near = nearest_word(left.front(), option_names(*command));
    if (!near.empty()) told.hint = fmt::format("did you mean '{}'? ", near) + told.hint;
    return told;
  }
  if (names.empty() || word == arguments.end()) return told;
  told.message = fmt::format("unknown command '{}'", printable(*word));
  const std::string nearest = nearest_word(*word, names);
  told.hint = nearest.empty() ? "the commands are: " + join(names, ", ") : fmt::format("did you mean '{}'?", nearest);
  return told;
}

/// Everything after the first `--` belongs to the build tool, whatever it looks like.
std::vector<std::string> split_arguments(int argc, char** argv, Invocation& invocation) {
  std::vector<std::string> own(argv + 1, argv + argc);
  const auto dashes = std::find(own.begin(), own.end(), "--");
  if (dashes == own.end()) return own;
  invocation.has_tail = true;
  invocation.tail.assign(dashes + 1, own.end());
  own.erase(dashes, own.end());
  return own;
}

int run(int argc, char** argv) {
  CLI::App app("Builds a project for several Linux targets in a sandbox, with caches that last.", "larder");
  app.footer(footer);
  app.set_version_flag("--version", "larder " LARDER_VERSION);
  app.require_subcommand(1);
  Invocation invocation;
  add_build_command(app, invocation);
  add_test_command(app, invocation);
  add_run_command(app, invocation);
  add_shell_command(app, invocation);
  add_image_command(app, invocation);
  add_cache_command(app, invocation);
  add_init_command(app, invocation);
  add_doctor_command(app, invocation);
  const std::vector<std::string> arguments = split_arguments(argc, argv, invocation);
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));  // CLI11 takes them last first
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    const Error told = usage_error(app, error, arguments);
    print_error(told);
    return static_cast<int>(told.code);
  }
  const Result<int> code = invocation.run();
  if (code) return *code;
  print_error(code.error());
  return static_cast<int>(code.error().code);
}

}  // namespace
}  // namespace larder::cli

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of write(2), not the end of a build
  return larder::cli::run(argc, argv);
}
