#include "builds/plan/tool_files.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "base/environment.hpp"
#include "base/os.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "config/toml_reader.hpp"

namespace larder::builds {
namespace {

namespace fs = std::filesystem;

bool is_within(const fs::path& path, const fs::path& folder) {
  const fs::path inside = path.lexically_relative(folder);
  return !inside.empty() && *inside.begin() != "..";
}

/// Reads files of settings, each once, and after each what it includes, as its own keys go before theirs.
class SettingsReader {
 public:
  /// With a `top` the files are the project's: then what the tool may find elsewhere than here is named as unread.
  SettingsReader(const std::string& include_key, const fs::path& top, config::SettingsTexts& texts)
      : include_key_(include_key), top_(top), unread_(texts.unread) {}

  void read(const fs::path& file, std::vector<std::string>& texts) {
    if (!seen_.insert(file.lexically_normal()).second || !is_there(file)) return;
    const auto text = config::read_config_file(os_, file.string());
    if (!text) return name(file, "it cannot be read");
    if (!config::is_settings_text(*text)) name(file, "no TOML, its SHA-256 is " + sha256_hex(*text).substr(0, 16));
    texts.push_back(*text);
    for (const std::string& other : config::included_files(*text, include_key_))
      read(file.parent_path() / other, texts);
  }

 private:
  void name(const fs::path& file, const std::string& why) {
    if (!top_.empty()) unread_.push_back(file.string() + " (" + why + ")");
  }

  /// Whether there is a regular file; a FIFO would never end.
  bool is_there(const fs::path& file) {
    std::error_code error;
    const fs::path real = fs::canonical(file, error);
    const bool regular = !error && fs::is_regular_file(real, error);
    if (top_.empty() || (regular && is_within(real, top_))) return regular;
    if (!is_within(file.lexically_normal(), top_) || !real.empty() || has_link(file))
      name(file, "builds may find another file there");
    return regular;
  }

  bool has_link(const fs::path& file) const {
    std::error_code ignored;
    for (fs::path part = file.lexically_normal(); part != top_ && part.has_relative_path(); part = part.parent_path())
      if (fs::is_symlink(part, ignored)) return true;
    return false;
  }

  Os os_;
  const std::string& include_key_;
  fs::path top_;
  std::vector<std::string>& unread_;
  std::set<fs::path> seen_;
};

/// What lies above all that builds see is its user's, where nobody else may have put it there; in a home folder or
/// above one, and where it is root's, it is the user's own word.
void read_above(const fs::path& top, const config::SettingsFile& settings, config::SettingsTexts& texts) {
  const fs::path home = environment("HOME");
  for (fs::path above = top.parent_path();; above = above.parent_path()) {
    for (const std::string& name : settings.project_files) {
      struct stat status {};
      const bool there = ::stat((above / name).c_str(), &status) == 0;
      if (!there || (status.st_uid != ::geteuid() && status.st_uid != 0)) continue;
      const bool own = is_within(home, above) || (status.st_uid == 0 && ::geteuid() != 0);
      SettingsReader(settings.include_key, {}, texts).read(above / name, own ? texts.user : texts.above);
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
  constexpr std::string_view settings = ".config/";
  const std::string elsewhere = user.home.starts_with(settings) ? environment("XDG_CONFIG_HOME") : "";
  if (!elsewhere.empty()) return elsewhere + "/" + user.home.substr(settings.size());
  return home.empty() || user.home.empty() ? "" : home + "/" + user.home;
}

config::Environment users_variables(const config::UserSettings& user) {
  config::Environment variables;
  const std::string folder = user_settings_folder(user);
  if (folder.empty() || user.variables_file.empty()) return variables;
  Os os;
  const auto text = config::read_config_file(os, folder + "/" + user.variables_file);
  for (const std::string& line : text ? split(*text, '\n') : std::vector<std::string>()) {
    const size_t equals = line.find('=');
    const std::string name = line.substr(0, equals == std::string::npos ? 0 : equals);
    if (!name.empty() && ::getenv(name.c_str()) == nullptr) variables[name] = line.substr(equals + 1);
  }
  return variables;
}

std::vector<std::string> seen_by_fetch(const config::UserSettings& user) {
  if (user.home.empty()) return {};
  std::vector<std::string> names = config::matching_variables(user.variables);
  const std::string folder = user_settings_folder(user);
  for (const auto& [name, value] : users_variables(user))
    if (config::fits_one(user.variables, name)) names.push_back(name);
  std::vector<std::string> files = {environment("HOME") + "/.netrc"};
  for (const auto* list : {&user.files, &user.credentials})
    for (const std::string& name : *list) files.push_back(folder + "/" + name);
  for (const std::string& file : files)
    if (::access(file.c_str(), R_OK) == 0) names.push_back(file);
  return names;
}

config::SettingsTexts read_settings(const config::SettingsFile& file, const std::string& folder,
                                    const std::string& top) {
  config::SettingsTexts texts;
  SettingsReader reader(file.include_key, top, texts);
  for (fs::path at = folder; is_within(at, top); at = at.parent_path()) {
    for (const std::string& name : file.project_files) reader.read(at / name, texts.project);
    if (at == at.parent_path()) break;
  }
  read_above(top, file, texts);
  for (std::string& text : read_user_settings(file)) texts.user.push_back(std::move(text));
  return texts;
}

std::vector<std::string> read_user_settings(const config::SettingsFile& file) {
  config::SettingsTexts texts;
  SettingsReader reader(file.include_key, {}, texts);
  if (const std::string own = user_settings_folder(file.user); !own.empty())
    for (const std::string& name : file.user.files) reader.read(fs::path(own) / name, texts.user);
  return texts.user;
}

std::map<std::string, std::string> read_credentials(const config::UserSettings& user) {
  std::map<std::string, std::string> texts;
  Os os;
  const std::string folder = user_settings_folder(user);
  for (const std::string& name : user.credentials)
    if (const auto text = config::read_config_file(os, folder + "/" + name); !folder.empty() && text)
      texts[name] = *text;
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
