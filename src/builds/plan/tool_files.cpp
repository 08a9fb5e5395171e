#include "builds/plan/tool_files.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "base/environment.hpp"
#include "base/os.hpp"
#include "base/text.hpp"
#include "config/toml_reader.hpp"

namespace larder::builds {
namespace {

namespace fs = std::filesystem;

/// The file, and after it what it includes, as its own keys go before theirs; each file once.
void read_with_included(const fs::path& file, const std::string& include_key, std::set<fs::path>& seen,
                        std::vector<std::string>& texts) {
  Os os;
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) return;  // a FIFO would never end
  if (!seen.insert(file.lexically_normal()).second) return;
  const auto text = config::read_config_file(os, file.string());
  if (!text) return;
  texts.push_back(*text);
  for (const std::string& other : config::included_files(*text, include_key))
    read_with_included(file.parent_path() / other, include_key, seen, texts);
}

void read_files(const fs::path& folder, const std::vector<std::string>& names, const std::string& include_key,
                std::vector<std::string>& texts) {
  std::set<fs::path> seen;
  for (const std::string& name : names) read_with_included(folder / name, include_key, seen, texts);
}

/// What lies in folders above the project is its user's, where nobody else may have put it there.
void read_above(const fs::path& folder, const config::SettingsFile& settings, std::vector<std::string>& texts) {
  const std::vector<std::string>& names = settings.project_files;
  for (fs::path above = folder.parent_path();; above = above.parent_path()) {
    for (const std::string& name : names) {
      struct stat status {};
      const bool there = ::stat((above / name).c_str(), &status) == 0;
      if (there && (status.st_uid == ::geteuid() || status.st_uid == 0))
        read_files(above, {name}, settings.include_key, texts);
    }
    if (above == above.parent_path()) return;
  }
}

/// "-Zbuild-std" is the option "-Z" with its value.
bool has_own_value(const std::string& argument, const std::string& option) {
  const bool is_short = option.size() == 2 && option[1] != '-';
  return argument.starts_with(option + "=") || (is_short && argument.starts_with(option) && argument != option);
}

void take(const config::Command& args, const config::Command& flags, const config::Command& options,
          config::Command& taken) {
  for (size_t i = 0; i < args.size() && args[i] != "--"; ++i) {
    if (contains(flags, args[i]) && !contains(taken, args[i])) taken.push_back(args[i]);
    for (const std::string& option : options) {
      if (has_own_value(args[i], option)) taken.push_back(args[i]);
      if (args[i] != option || i + 1 >= args.size()) continue;
      taken.push_back(args[i]);
      taken.push_back(args[++i]);
    }
  }
}

}  // namespace

std::string user_settings_folder(const config::UserSettings& user) {
  const std::string own = user.home_variable.empty() ? "" : environment(user.home_variable);
  if (!own.empty()) return own;
  const std::string home = environment("HOME");
  return home.empty() || user.home.empty() ? "" : home + "/" + user.home;
}

std::vector<std::string> seen_by_fetch(const config::UserSettings& user) {
  if (user.home.empty()) return {};
  std::vector<std::string> names = config::matching_variables(user.variables);
  const std::string folder = user_settings_folder(user);
  std::vector<std::string> files = {environment("HOME") + "/.netrc"};
  for (const auto* list : {&user.files, &user.credentials})
    for (const std::string& name : *list) files.push_back(folder + "/" + name);
  for (const std::string& file : files)
    if (::access(file.c_str(), R_OK) == 0) names.push_back(file);
  return names;
}

config::SettingsTexts read_settings(const config::SettingsFile& file, const std::string& folder) {
  config::SettingsTexts texts;
  read_files(folder, file.project_files, file.include_key, texts.project);
  read_above(folder, file, texts.user);
  for (std::string& text : read_user_settings(file)) texts.user.push_back(std::move(text));
  return texts;
}

std::vector<std::string> read_user_settings(const config::SettingsFile& file) {
  std::vector<std::string> texts;
  if (const std::string own = user_settings_folder(file.user); !own.empty())
    read_files(own, file.user.files, file.include_key, texts);
  return texts;
}

config::Command args_for_fetch(const config::FetchPhase& fetch, const config::Command& project,
                               const config::Command& command_line) {
  config::Command taken;
  take(project, fetch.flags, fetch.options, taken);
  config::Command options = fetch.options;
  options.insert(options.end(), fetch.own_options.begin(), fetch.own_options.end());
  take(command_line, fetch.flags, options, taken);
  return taken;
}

}  // namespace larder::builds
