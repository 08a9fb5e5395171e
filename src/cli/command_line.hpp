#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "cli/command_description.hpp"

// The parser's own header costs seconds in each file that includes it: only command_line.cpp does.
namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace larder::cli {

/// An option, a flag or a word of a command. Copies stand for the same option, which lives as long as the command
/// line.
class Option {
 public:
  struct Facts;  ///< what the parser does not keep of options

  Option(CLI::Option& option, Facts& facts) : option_(&option), facts_(&facts) {}

  /// Sets what the command's help calls the option's value.
  Option value_name(const std::string& name) const;
  Option required() const;
  Option one_of(std::vector<std::string> values) const;
  Option not_negative() const;
  /// Forbids the option together with `other`.
  Option excludes(const Option& other) const;
  /// Sets what shells offer for its value.
  Option offers(Offer offer) const;

 private:
  CLI::Option* option_;
  Facts* facts_;
};

/// A command or a group of commands. Copies stand for the same command, which lives as long as the command line. The
/// variables that options are added with receive what the user says, and must live until the command has run.
class Command {
 public:
  using Action = std::function<Result<int>()>;
  using TailAction = std::function<Result<int>(const std::vector<std::string>& tail)>;
  struct Chosen;

  Command(CLI::App& app, Chosen& chosen) : app_(&app), chosen_(&chosen) {}

  /// Adds a subcommand. The user must name one of a command's subcommands, where it has some.
  Command add_command(const std::string& name, const std::string& description) const;

  /// Whether the user may name this command. A command that cannot be the named one needs no options.
  bool is_asked_for() const;

  /// Adds an option, called "-C,--project" for example, or a word, called "target" for example. A list is filled by
  /// several words, or by an option that is given several times. A single text must not be empty.
  Option add_option(const std::string& names, std::string& value, const std::string& help) const;
  Option add_option(const std::string& names, std::vector<std::string>& values, const std::string& help) const;
  Option add_option(const std::string& names, std::optional<double>& value, const std::string& help) const;
  Option add_flag(const std::string& names, bool& value, const std::string& help) const;

  /// Sets what mends an option that the command has not, and people give: "--jobs", or "-j" with a value or without.
  void tell_of(const std::string& option, const std::string& hint) const;

  /// Sets the text at the end of the command's help.
  void set_footer(const std::string& text) const;

  /// Sets what the command does. The action gives the exit code.
  void set_action(Action action) const;
  /// Sets the action of a command that takes arguments after a `--`, whatever they look like.
  void set_action_with_tail(TailAction action) const;
  /// Has the tail begin at the first word that the command itself does not take, without a `--`.
  void takes_command() const;

 private:
  CLI::App* app_;
  Chosen* chosen_;
};

struct Program {
  std::string name;
  std::string description;
  std::string version;
  std::string footer;
  std::function<void(const Command& program)> add_commands;
};

/// The commands as data, with the options of those that one of the words names; without words, of all.
CommandDescription describe(const Program& program, const std::vector<std::string>& words = {});

/// Does what the arguments (without the program's name) ask for and gives the exit code; errors are printed. Words that
/// are unknown are answered with the nearest known one. `help [COMMAND]` and `version` are `--help` and `--version`.
int run_command_line(const Program& program, const std::vector<std::string>& arguments);

}  // namespace larder::cli
