#include "builds/plan/user_arguments.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"

namespace larder::builds {
namespace {

using config::Command;

constexpr const char* configure_item = "{configure_args}";
constexpr const char* build_item = "{build_args}";

void append(Command& command, const Command& more) { command.insert(command.end(), more.begin(), more.end()); }

bool has_item(const std::vector<Command>& commands, const std::string& item) {
  return std::any_of(commands.begin(), commands.end(), [&](const Command& command) { return contains(command, item); });
}

bool configures(const config::ConfigureArguments& known, const std::string& argument) {
  const auto begins_with_one = [&](const std::vector<std::string>& starts) {
    return std::any_of(starts.begin(), starts.end(),
                       [&](const std::string& start) { return argument.starts_with(start); });
  };
  return begins_with_one(known.begin_with) && !begins_with_one(known.but_not);
}

/// What follows a `--` of the user's own is the build's, whatever it looks like.
void divide(const config::ConfigureArguments& known, const Command& arguments, Command& configure, Command& rest) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--") {
      rest.insert(rest.end(), arguments.begin() + static_cast<std::ptrdiff_t>(i), arguments.end());
      return;
    }
    const bool for_configure = configures(known, arguments[i]);
    Command& list = for_configure ? configure : rest;
    list.push_back(arguments[i]);
    if (for_configure && contains(known.with_value, arguments[i]) && i + 1 < arguments.size())
      list.push_back(arguments[++i]);
  }
}

/// A number is the value of an option, as of `-j 4`.
bool is_goal(const std::string& word) {
  return !word.starts_with('-') && word.find('=') == std::string::npos &&
         word.find_first_not_of("0123456789.") != std::string::npos;
}

}  // namespace

UserArguments divide_arguments(const config::Recipe& recipe, const std::vector<Command>& commands,
                               const Command& project, const Command& command_line, bool test) {
  UserArguments divided;
  Command& all = has_item(commands, build_item) ? divided.build : divided.last;
  if (!has_item(commands, configure_item)) {
    append(all, project);
    append(test ? divided.last : all, command_line);
    return divided;
  }
  divide(recipe.configure, project, divided.configure, all);
  divide(recipe.configure, command_line, divided.configure, test ? divided.last : all);
  return divided;
}

std::vector<Command> with_arguments(std::vector<Command> commands, const UserArguments& arguments) {
  for (Command& command : commands) {
    Command full;
    for (std::string& item : command) {
      if (item == configure_item)
        append(full, arguments.configure);
      else if (item == build_item)
        append(full, arguments.build);
      else
        full.push_back(std::move(item));
    }
    command = std::move(full);
  }
  if (!commands.empty()) append(commands.back(), arguments.last);
  return commands;
}

std::vector<Command> goals_in_turn(const Command& command, const Command& arguments,
                                   const std::vector<std::string>& value_options) {
  std::set<size_t> goals;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (contains(value_options, arguments[i]))
      ++i;
    else if (is_goal(arguments[i]))
      goals.insert(i);
  }
  if (goals.size() < 2) return {command};
  const size_t start = command.size() - arguments.size();
  std::vector<Command> commands;
  for (const size_t goal : goals) {
    Command& one = commands.emplace_back();
    for (size_t i = 0; i < command.size(); ++i)
      if (i < start || i - start == goal || !goals.contains(i - start)) one.push_back(command[i]);
  }
  return commands;
}

}  // namespace larder::builds
