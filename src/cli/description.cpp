#include "cli/description.hpp"

#include <nlohmann/json.hpp>

#include "cli/output.hpp"

namespace larder::cli {
namespace {

nlohmann::json option_to_json(const OptionDescription& option) {
  return {{"names", option.names},    {"value", option.value},     {"values", option.values},
          {"help", option.help},      {"is_word", option.is_word}, {"is_required", option.is_required},
          {"repeats", option.repeats}};
}

nlohmann::json command_to_json(const CommandDescription& command) {
  nlohmann::json options = nlohmann::json::array();
  for (const OptionDescription& option : command.options) options.push_back(option_to_json(option));
  nlohmann::json commands = nlohmann::json::array();
  for (const CommandDescription& inner : command.commands) commands.push_back(command_to_json(inner));
  return {{"name", command.name},
          {"description", command.description},
          {"footer", command.footer},
          {"options", options},
          {"commands", commands},
          {"takes_tail", command.takes_tail},
          {"takes_command", command.takes_command}};
}

}  // namespace

int print_description(const Program& program) {
  print_json(command_to_json(describe(program)));
  return 0;
}

}  // namespace larder::cli
