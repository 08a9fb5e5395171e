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

/// `takes_tail`: what stands after `--` goes to the tool, whose option it may be.
Error unknown_option(const CLI::App* command, const std::string& option, bool takes_tail) {
  Error told{
      ErrorCode::usage, fmt::format("unknown option '{}'", printable(option)), {}, see_help(full_name(command)), 0};
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

/// Every command with its words: "cache list".
void add_full_names(const CLI::App& app, const std::string& before, std::vector<std::vector<std::string>>& names) {
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    std::vector<std::string> words = before.empty() ? std::vector<std::string>() : split(before, ' ');
    words.push_back(command->get_name());
    names.push_back(words);
    add_full_names(*command, join(words, " "), names);
  }
}

/// The program's commands, also those that nobody has asked for.
std::vector<std::vector<std::string>> all_commands(const Program& program) {
  CLI::App app(program.description, program.name);
  Command::Chosen chosen;
  chosen.all = true;
  program.add_commands(Command(app, chosen));
  std::vector<std::vector<std::string>> names;
  add_full_names(app, "", names);
  return names;
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

/// The command that would take the word, such as a target's name, as its own; empty: none.
std::string command_that_takes(const Program& program, const std::string& word) {
  for (const CommandDescription& command : describe(program).commands)
    for (const OptionDescription& option : command.options) {
      if (!option.is_word || !option.offer.candidates) continue;
      const std::vector<Candidate> candidates = option.offer.candidates({});
      if (std::any_of(candidates.begin(), candidates.end(), [&](const Candidate& one) { return one.word == word; }))
        return fmt::format("{} {} {}", program.name, command.name, word);
    }
  return {};
}

/// What was meant by a word that is no command here: a command elsewhere, one that takes such a word, the nearest one
/// here, or all that there are.
std::string command_hint(const Program& program, const CLI::App& command, const std::string& word) {
  std::string same;
  for (const std::vector<std::string>& words : all_commands(program))
    if (words.back() == word)
      same += fmt::format("{}`{} {}`", same.empty() ? "" : " or ", program.name, join(words, " "));
  const std::vector<std::string> names = command_names(command);
  if (!same.empty()) return "did you mean " + same + "?";
  if (const std::string taken = command_that_takes(program, word); !taken.empty())
    return fmt::format("did you mean `{}`?", taken);
  const std::string nearest = nearest_word(word, names);
  if (!nearest.empty()) return fmt::format("did you mean '{}'?", nearest);
  std::vector<std::string> elsewhere;
  for (const std::vector<std::string>& words : all_commands(program)) elsewhere.push_back(words.back());
  const std::string far = nearest_word(word, elsewhere);
  return far.empty() ? "the commands are: " + join(names, ", ") : command_hint(program, command, far);
}

/// The parser's exceptions in words of ours. What validators of ours say stands after the option's name.
std::string words_for(const CLI::ParseError& error) {
  const std::string text = error.what();
  std::string name = text.substr(0, text.find_first_of(": "));
  if (error.get_name() == "ArgumentMismatch" && !name.starts_with('-')) name.insert(0, "--");
  if (error.get_name() == "ArgumentMismatch")
    return "`" + name + (text.find("required") == std::string::npos ? "` takes no value" : "` needs a value");
  if (error.get_name() == "RequiredError") return upper(name) + " is missing";
  if (error.get_name() == "ConversionError") return "a value is of another kind than it should be";
  return text;
}

Error usage_error(const Program& program, const CLI::App& app, const CLI::ParseError& error,
                  const std::vector<std::string>& arguments, const Command::Chosen& chosen) {
  const CLI::App* command = innermost(&app);
  const auto names = command_names(*command);
  const auto word = std::find_if(arguments.begin(), arguments.end(), [&](const std::string& argument) {
    return !argument.empty() && argument.front() != '-' && argument != command->get_name();
  });
  const auto left = command->remaining();
  if (!left.empty() && left.front().starts_with('-'))
    return unknown_option(command, left.front(), chosen.with_tail.contains(command));
  Error told{ErrorCode::usage, words_for(error), {}, see_help(full_name(command)), 0};
  if (names.empty() && !left.empty()) told.message = fmt::format("unexpected word '{}'", printable(left.front()));
  if (names.empty() || word == arguments.end()) return told;
  told.message = fmt::format("unknown command '{}'", printable(*word));
  told.hint = command_hint(program, *command, *word);
  return told;
}

/// How many of the words, from the first on, name a command.
size_t count_command_words(const Program& program, const std::vector<std::string>& all) {
  size_t count = 0;
  for (const std::vector<std::string>& command : all_commands(program))
    if (command.size() <= all.size() && std::equal(command.begin(), command.end(), all.begin()))
      count = std::max(count, command.size());
  return count;
}

/// The options of all commands that take a value.
void add_valued_options(const CommandDescription& command, std::set<std::string>& names) {
  for (const OptionDescription& option : command.options)
    if (!option.is_word && !option.value.empty()) names.insert(option.names.begin(), option.names.end());
  for (const CommandDescription& inner : command.commands) add_valued_options(inner, names);
}

/// How many arguments at the beginning are options with their values.
size_t count_options(const Program& program, const std::vector<std::string>& all) {
  const auto is_option = [](const std::string& word) { return word.size() > 1 && word.front() == '-' && word != "--"; };
  if (all.empty() || !is_option(all.front())) return 0;
  std::set<std::string> valued;
  add_valued_options(describe(program), valued);
  size_t count = 0;
  while (count < all.size() && is_option(all[count])) count += valued.contains(all[count]) ? 2 : 1;
  return count;
}

/// Options may be said before the command, as git, make and cargo have them: they go behind the command's words.
std::vector<std::string> with_options_behind(const Program& program, std::vector<std::string> all) {
  if (!all.empty() && all.front() == "--version") return all;
  const size_t count = count_options(program, all);
  if (count == 0 || count >= all.size()) return all;
  const std::vector<std::string> options(all.begin(), all.begin() + static_cast<long>(count));
  all.erase(all.begin(), all.begin() + static_cast<long>(count));
  const size_t words = count_command_words(program, all);
  all.insert(all.begin() + static_cast<long>(words), options.begin(), options.end());
  return all;
}

/// Whether a command of the program, or the program itself, has commands of its own.
bool is_group(const Program& program, const std::vector<std::string>& words) {
  const auto commands = all_commands(program);
  return std::any_of(commands.begin(), commands.end(), [&](const std::vector<std::string>& command) {
    return command.size() > words.size() && std::equal(words.begin(), words.end(), command.begin());
  });
}

/// As other tools have them: `help` and `version` in place of options. Of a word that is no command there is no help.
std::vector<std::string> with_options(const Program& program, std::vector<std::string> all) {
  if (all.empty() || (all.front() != "help" && all.front() != "version")) return all;
  const std::string option = "--" + all.front();
  all.erase(all.begin());
  const std::vector<std::string> command(all.begin(),
                                         all.begin() + static_cast<long>(count_command_words(program, all)));
  const bool is_unknown =
      all.size() > command.size() && !all[command.size()].starts_with('-') && is_group(program, command);
  if (!is_unknown) all.push_back(option);
  return all;
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

Option Option::not_empty() const {
  option_->check(CLI::Validator([](const std::string& text) { return text.empty() ? "must not be empty" : ""; }, ""));
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
  return chosen_->keep(app_->add_option(names, value, help));
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
  const Arguments arguments = split_at_dashes(with_options_behind(program, with_options(program, all)));
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
    return print_failure(usage_error(program, app, error, arguments.own, chosen));
  }
  const auto words = chosen.takes_command == nullptr ? std::vector<std::string>() : chosen.takes_command->remaining();
  if (!words.empty() && words.front().starts_with('-'))
    return print_failure(unknown_option(chosen.takes_command, words.front(), false));
  const auto tail = join_tail(words, arguments);
  if (tail && !chosen.takes_tail)
    return print_failure(
        {ErrorCode::usage, fmt::format("`{}` takes nothing after `--`", chosen.name), {}, see_help(chosen.name), 0});
  const Result<int> code = chosen.action(tail.value_or(std::vector<std::string>()));
  return code ? code_with_output(*code) : print_failure(code.error());
}

}  // namespace larder::cli
