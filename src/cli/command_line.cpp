#include "cli/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <set>
#include <sstream>

#include "base/text.hpp"
#include "cli/command_words.hpp"
#include "cli/output.hpp"

namespace larder::cli {

struct Option::Facts {
  std::vector<std::string> values;
  Offer offer;
};

struct Command::Chosen {
  std::vector<std::string> arguments;
  TailAction action;
  bool takes_tail = false;
  const CLI::App* takes_command = nullptr;
  std::string name;
  bool all = false;  ///< every command is asked for: to know their names
  std::map<const CLI::Option*, Option::Facts> facts;
  std::set<const CLI::App*> with_tail;
  std::set<const CLI::App*> with_command;
  std::map<const CLI::App*, std::map<std::string, std::string>> told_options;  ///< hints for those that there are not

  Option keep(CLI::Option* option) { return {*option, facts[option]}; }
};

namespace {

struct Arguments {
  std::vector<std::string> own;
  std::optional<std::vector<std::string>> tail;  ///< those after the first `--`; no value: there is none
};

Arguments split_at_dashes(const std::vector<std::string>& all) {
  Arguments arguments{all, {}};
  const auto dashes = std::find(arguments.own.begin(), arguments.own.end(), "--");
  if (dashes == arguments.own.end()) return arguments;
  arguments.tail.emplace(dashes + 1, arguments.own.end());
  arguments.own.erase(dashes, arguments.own.end());
  return arguments;
}

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
const CLI::App* innermost(const CLI::App* app) {
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return app;
}

/// "larder cache list"
std::string full_name(const CLI::App* command) {
  const CLI::App* parent = command->get_parent();
  return parent == nullptr ? command->get_name() : full_name(parent) + " " + command->get_name();
}

std::string upper(std::string word) {
  word.resize(std::min(word.size(), word.find('=')));
  for (char& c : word) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return word;
}

std::string see_help(const std::string& command) { return fmt::format("see `{} --help`", command); }

/// The command's word of that name, where an option's is one's: `--target` for TARGET.
bool is_word(const CLI::App& command, const std::string& option) {
  const std::string name = option.substr(0, option.find('='));
  const auto options = command.get_options();
  return std::any_of(options.begin(), options.end(), [&](const CLI::Option* one) {
    return one->get_positional() && "--" + one->get_name(true) == name;
  });
}

/// "--jobs" of "--jobs=4", "-j" of "-j4".
std::string option_name(const std::string& option) {
  const bool is_short = option.size() > 1 && option[1] != '-';
  return is_short ? option.substr(0, 2) : option.substr(0, option.find('='));
}

/// What the command says of an option that it has not; empty: nothing.
std::string told_of(const CLI::App* command, const std::string& option, const Command::Chosen& chosen) {
  const auto options = chosen.told_options.find(command);
  if (options == chosen.told_options.end()) return {};
  const auto hint = options->second.find(option_name(option));
  return hint == options->second.end() ? std::string() : hint->second;
}

/// `takes_tail`: what stands after `--` goes to the tool, whose option it may be.
Error unknown_option(const CLI::App* command, const std::string& option, bool takes_tail,
                     const Command::Chosen& chosen) {
  Error told{
      ErrorCode::usage, fmt::format("unknown option '{}'", printable(option)), {}, see_help(full_name(command)), 0};
  if (const std::string hint = told_of(command, option, chosen); !hint.empty()) return std::move(told).with_hint(hint);
  const std::string near = nearest_word(option, option_names(*command));
  if (is_word(*command, option))
    told.hint = fmt::format("it goes without the option: `{} {}`", full_name(command), upper(option.substr(2)));
  else if (takes_tail)
    told.hint =
        fmt::format("the tool's own options go behind `--`: `{} -- {}`; ", full_name(command), printable(option)) +
        told.hint;
  if (!near.empty() && !is_word(*command, option)) told.hint = fmt::format("did you mean '{}'? ", near) + told.hint;
  return told;
}

/// "SECONDS:NONNEGATIVE" is what the parser calls a value that is checked.
std::string value_of(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return {};
  const std::string type = option.get_type_name();
  return type.substr(0, type.find(':'));
}

OptionDescription describe_option(const CLI::Option& option, const Command::Chosen& chosen) {
  OptionDescription described;
  described.is_word = option.get_positional();
  for (const std::string& name : option.get_snames()) described.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) described.names.push_back("--" + name);
  if (described.is_word) described.names = {option.get_name(true)};
  described.value = value_of(option);
  described.help = option.get_description();
  described.is_required = option.get_required();
  described.repeats = option.get_items_expected_max() > 1 || option.get_allow_extra_args();
  if (const auto known = chosen.facts.find(&option); known != chosen.facts.end()) {
    described.values = known->second.values;
    described.offer = known->second.offer;
  }
  return described;
}

CommandDescription describe_command(const CLI::App& command, const Command::Chosen& chosen) {
  CommandDescription described;
  described.name = command.get_name();
  described.description = command.get_description();
  described.footer = command.get_footer();
  described.takes_tail = chosen.with_tail.contains(&command);
  described.takes_command = chosen.with_command.contains(&command);
  for (const CLI::Option* option : command.get_options()) described.options.push_back(describe_option(*option, chosen));
  for (const CLI::App* inner : command.get_subcommands([](const CLI::App*) { return true; }))
    described.commands.push_back(describe_command(*inner, chosen));
  return described;
}

/// The parser's exceptions in words of ours. What validators of ours say stands after the option's name.
std::string words_for(const CLI::ParseError& error) {
  const std::string text = error.what();
  std::string name = text.substr(0, text.find_first_of(": "));
  if (error.get_name() == "ArgumentMismatch" && !name.starts_with('-')) name.insert(0, "--");
  if (error.get_name() == "ArgumentMismatch")
    return "`" + name + (text.find("required") == std::string::npos ? "` takes no value" : "` needs a value");
  if (error.get_name() == "RequiredError") return (name.starts_with('-') ? name : upper(name)) + " is missing";
  if (error.get_name() == "ConversionError") return "a value is of another kind than it should be";
  return text;
}

Error usage_error(const Program& program, const CLI::App& app, const CLI::ParseError& error,
                  const Command::Chosen& chosen) {
  const CLI::App* command = innermost(&app);
  const std::vector<std::string> names = command_names(*command);
  const bool is_group = !names.empty();
  const auto left = app.remaining(true);
  if (!left.empty() && left.front().starts_with('-'))
    return unknown_option(command, left.front(), chosen.with_tail.contains(command), chosen);
  Error told{ErrorCode::usage, words_for(error), {}, see_help(full_name(command)), 0};
  if (left.empty()) return told;
  told.message = fmt::format("{} '{}'", is_group ? "unknown command" : "unexpected word", printable(left.front()));
  if (is_group) told.hint = command_hint(describe(program), names, left.front());
  return told;
}

/// The tail with the words before it that begin a command without a `--`, which is then the command's own.
std::optional<std::vector<std::string>> join_tail(std::vector<std::string> words, const Arguments& arguments) {
  if (words.empty()) return arguments.tail;
  if (!arguments.tail) return words;
  words.emplace_back("--");
  words.insert(words.end(), arguments.tail->begin(), arguments.tail->end());
  return words;
}

/// Prints the help or the version, which the parser has as errors.
int print_what_was_asked(const CLI::App& app, const CLI::ParseError& asked) {
  std::ostringstream text;
  const int code = app.exit(asked, text, text);
  print(text.str());
  return code_with_output(code);
}

int print_failure(const Error& error) {
  print_error(error);
  return static_cast<int>(error.code);
}

}  // namespace

Option Option::value_name(const std::string& name) const {
  option_->type_name(name);
  return *this;
}

Option Option::required() const {
  option_->required();
  return *this;
}

Option Option::one_of(std::vector<std::string> values) const {
  facts_->values = values;
  const std::string names = "{" + join(values, ",") + "}";
  option_->check(CLI::Validator(
      [values = std::move(values)](const std::string& text) {
        if (contains(values, text)) return std::string();
        const std::string near = nearest_word(text, values);
        return fmt::format("'{}' is none of {}{}", printable(text), join(values, ", "),
                           near.empty() ? "" : "; did you mean '" + near + "'?");
      },
      names));
  return *this;
}

Option Option::not_negative() const {
  option_->check(CLI::Validator(
      [](const std::string& text) {
        double number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        const bool good = error == std::errc() && end == text.data() + text.size() && number >= 0;
        return good ? std::string() : fmt::format("'{}' is no number from 0 on", printable(text));
      },
      "NONNEGATIVE"));
  return *this;
}

Option Option::excludes(const Option& other) const {
  option_->excludes(other.option_);
  return *this;
}

Option Option::offers(Offer offer) const {
  facts_->offer = std::move(offer);
  return *this;
}

Command Command::add_command(const std::string& name, const std::string& description) const {
  app_->require_subcommand(1);
  return {*app_->add_subcommand(name, description), *chosen_};
}

bool Command::is_asked_for() const {
  const auto& arguments = chosen_->arguments;
  return chosen_->all || std::find(arguments.begin(), arguments.end(), app_->get_name()) != arguments.end();
}

Option Command::add_option(const std::string& names, std::string& value, const std::string& help) const {
  CLI::Option* option = app_->add_option(names, value, help);
  option->check(CLI::Validator([](const std::string& text) { return text.empty() ? "must not be empty" : ""; }, ""));
  return chosen_->keep(option);
}

Option Command::add_option(const std::string& names, std::vector<std::string>& values, const std::string& help) const {
  CLI::Option* option = app_->add_option(names, values, help);
  if (!option->get_positional()) option->allow_extra_args(false);
  return chosen_->keep(option);
}

Option Command::add_option(const std::string& names, std::optional<double>& value, const std::string& help) const {
  return chosen_->keep(app_->add_option(names, value, help));
}

Option Command::add_flag(const std::string& names, bool& value, const std::string& help) const {
  return chosen_->keep(app_->add_flag(names, value, help)->disable_flag_override());
}

void Command::tell_of(const std::string& option, const std::string& hint) const {
  chosen_->told_options[app_].emplace(option, hint);
}

void Command::set_footer(const std::string& text) const { app_->footer(text); }

void Command::takes_command() const {
  app_->prefix_command();
  chosen_->takes_command = app_;
  chosen_->with_command.insert(app_);
}

void Command::set_action(Action action) const {
  app_->callback([app = app_, chosen = chosen_, action = std::move(action)] {
    chosen->action = [action](const std::vector<std::string>&) { return action(); };
    chosen->name = full_name(app);
  });
}

void Command::set_action_with_tail(TailAction action) const {
  chosen_->with_tail.insert(app_);
  app_->callback([app = app_, chosen = chosen_, action = std::move(action)] {
    chosen->action = action;
    chosen->takes_tail = true;
    chosen->name = full_name(app);
  });
}

CommandDescription describe(const Program& program, const std::vector<std::string>& words) {
  CLI::App app(program.description, program.name);
  app.footer(program.footer);
  app.set_version_flag("--version", program.version);
  Command::Chosen chosen;
  chosen.arguments = words;
  chosen.all = words.empty();
  program.add_commands(Command(app, chosen));
  return describe_command(app, chosen);
}

int run_command_line(const Program& program, const std::vector<std::string>& all) {
  CLI::App app(program.description, program.name);
  app.footer(program.footer);
  app.set_version_flag("--version", program.version);
  const Describe describe_words = [&](const std::vector<std::string>& words) { return describe(program, words); };
  const Arguments arguments = split_at_dashes(in_order(describe_words, all));
  Command::Chosen chosen;
  chosen.arguments = arguments.own;
  program.add_commands(Command(app, chosen));
  try {
    app.parse(std::vector<std::string>(arguments.own.rbegin(), arguments.own.rend()));  // the parser's order
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return print_what_was_asked(app, error);
    const CLI::App* named = innermost(&app);
    if (error.get_name() == "RequiredError" && !command_names(*named).empty() && named->remaining().empty()) {
      print(named->help(named->get_parent() == nullptr ? "" : full_name(named->get_parent())));
      return code_with_output(0);
    }
    return print_failure(usage_error(program, app, error, chosen));
  }
  const auto words = chosen.takes_command == nullptr ? std::vector<std::string>() : chosen.takes_command->remaining();
  if (!words.empty() && words.front().starts_with('-'))
    return print_failure(unknown_option(chosen.takes_command, words.front(), false, chosen));
  const auto tail = join_tail(words, arguments);
  if (tail && !chosen.takes_tail)
    return print_failure(
        {ErrorCode::usage, fmt::format("`{}` takes nothing after `--`", chosen.name), {}, see_help(chosen.name), 0});
  const Result<int> code = chosen.action(tail.value_or(std::vector<std::string>()));
  return code ? code_with_output(*code) : print_failure(code.error());
}

}  // namespace larder::cli
