#include "builds/plan/tool_arguments.hpp"

#include <algorithm>
#include <string_view>

#include "base/text.hpp"

namespace larder::builds {
namespace {

constexpr std::string_view format_option = "--message-format";

/// Takes the formats out of the command, in their order; cargo lets them be separated by commas.
std::vector<std::string> take_formats(config::Command& command) {
  std::vector<std::string> formats;
  config::Command rest;
  bool cargos = true;
  for (size_t i = 0; i < command.size(); ++i) {
    const std::string& word = command[i];
    cargos = cargos && word != "--";
    std::string value;
    if (cargos && word.starts_with(std::string(format_option) + "="))
      value = word.substr(format_option.size() + 1);
    else if (cargos && word == format_option && i + 1 < command.size())
      value = command[++i];
    else
      rest.push_back(word);
    for (const std::string& format : split(value, ','))
      if (!format.empty()) formats.push_back(format);
  }
  command = std::move(rest);
  return formats;
}

}  // namespace

bool join_message_formats(config::Command& command) {
  config::Command rest = command;
  std::vector<std::string> formats = take_formats(rest);
  if (formats.empty()) return true;
  const std::string own = formats.front();
  formats.erase(formats.begin());
  const auto is_for_people = [](const std::string& format) { return format == "human" || format == "short"; };
  const bool ours = std::all_of(formats.begin(), formats.end(), is_for_people);
  const std::string brief = contains(formats, "short") ? ",json-diagnostic-short" : "";
  const std::string joined = ours ? own + brief : join(formats, ",");
  const auto end = std::find(rest.begin(), rest.end(), "--");
  rest.insert(end, std::string(format_option) + "=" + joined);
  command = std::move(rest);
  return ours;
}

std::vector<std::string> cmake_goals(const std::vector<std::string>& args) {
  std::vector<std::string> goals;
  bool naming = false;
  for (const std::string& word : args) {
    if (word == "--") break;
    if (word == "--target" || word == "-t") {
      naming = true;
    } else if (word.starts_with("--target=")) {
      goals.push_back(word.substr(word.find('=') + 1));
    } else if (word.starts_with("-")) {
      naming = false;
    } else if (naming) {
      goals.push_back(word);
    }
  }
  return goals;
}

std::string cmake_configuration(const std::vector<std::string>& args, const std::string& own) {
  constexpr std::string_view option = "--config";
  std::string named = own;
  for (size_t i = 0; i < args.size() && args[i] != "--"; ++i) {
    if (args[i] == option && i + 1 < args.size()) named = args[++i];
    if (args[i].starts_with(std::string(option) + "=")) named = args[i].substr(option.size() + 1);
  }
  return named;
}

}  // namespace larder::builds
