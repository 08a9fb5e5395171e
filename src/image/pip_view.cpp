#include "image/pip_view.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/environment.hpp"
#include "base/os.hpp"
#include "base/text.hpp"

namespace larder::image {
namespace {

using Settings = std::map<std::string, std::string>;

constexpr size_t pip_file_bytes_max = 1 << 20;
constexpr const char* pip_place = "/run/larder/pip";

/// Others would change what is downloaded, or name files that are not there.
constexpr std::array names = {"cert",      "client-cert",      "default-timeout", "extra-index-url", "find-links",
                              "index-url", "keyring-provider", "no-index",        "proxy",           "retries",
                              "timeout",   "trusted-host",     "use-deprecated",  "use-feature"};

std::string setting_name(std::string word) {
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return c == '_' ? '-' : static_cast<char>(std::tolower(c)); });
  return word;
}

std::string variable_of(const std::string& name) {
  std::string variable = "PIP_";
  for (const char c : name) variable += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return variable;
}

/// Those that count most come last.
std::vector<std::string> configuration_files() {
  std::vector<std::string> files;
  const std::string home = environment("HOME");
  const std::string of_user = environment("XDG_CONFIG_HOME");
  const std::string of_all = environment("XDG_CONFIG_DIRS");
  const std::string named = environment("PIP_CONFIG_FILE");
  if (named == "/dev/null") return files;
  for (const std::string& folder : split(of_all.empty() ? "/etc/xdg" : of_all, ':'))
    if (!folder.empty()) files.push_back(folder + "/pip/pip.conf");
  files.emplace_back("/etc/pip.conf");
  if (!home.empty()) files.push_back(home + "/.pip/pip.conf");
  if (!of_user.empty() || !home.empty())
    files.push_back((of_user.empty() ? home + "/.config" : of_user) + "/pip/pip.conf");
  if (!named.empty()) files.push_back(named);
  return files;
}

Settings settings_of_machine() {
  Os os;
  Settings settings;
  for (const std::string& file : configuration_files())
    for (auto& [name, value] : parse_pip_settings(read_file(os, AT_FDCWD, file, pip_file_bytes_max).value_or("")))
      settings[name] = value;
  for (const char* name : names)
    if (const std::string value = environment(variable_of(name)); !value.empty()) settings[name] = value;
  if (const std::string bundle = environment("REQUESTS_CA_BUNDLE"); !bundle.empty()) settings.emplace("cert", bundle);
  return settings;
}

/// The words of the value; a path on this machine is shown in the image, and the word leads there.
std::string with_files_shown(const std::string& value, std::vector<Bind>& files) {
  constexpr std::string_view scheme = "file://";
  std::vector<std::string> words;
  std::string spaced = value;
  std::replace_if(
      spaced.begin(), spaced.end(), [](unsigned char c) { return std::isspace(c) != 0; }, ' ');
  for (std::string word : split(spaced, ' ')) {
    if (word.empty()) continue;
    const bool is_url = word.starts_with(scheme);
    const std::string path = is_url ? word.substr(scheme.size()) : word;
    if (path.starts_with('/')) {
      if (::access(path.c_str(), R_OK) != 0) continue;
      const std::string place = fmt::format("{}/{}", pip_place, files.size());
      files.push_back({path, place});
      word = (is_url ? std::string(scheme) : "") + place;
    }
    words.push_back(std::move(word));
  }
  return join(words, " ");
}

}  // namespace

Settings parse_pip_settings(const std::string& text) {
  std::map<std::string, Settings> sections;
  std::string section;
  std::string name;
  for (const std::string& line : split(text, '\n')) {
    const std::string words = trim(line);
    if (words.empty() || words.front() == '#' || words.front() == ';') continue;
    const bool goes_on = std::isspace(static_cast<unsigned char>(line.front())) != 0 && !name.empty();
    const size_t sign = words.find_first_of("=:");
    if (goes_on) {
      sections[section][name] += " " + words;
    } else if (words.front() == '[' && words.back() == ']') {
      section = words.substr(1, words.size() - 2);
      name.clear();
    } else if (sign != std::string::npos) {
      name = setting_name(trim(words.substr(0, sign)));
      sections[section][name] = trim(words.substr(sign + 1));
    }
  }
  Settings settings;
  for (const char* from : {"global", "download"})
    for (const auto& [key, value] : sections[from])
      if (std::find(names.begin(), names.end(), key) != names.end()) settings[key] = trim(value);
  return settings;
}

PipView pip_view() {
  PipView view;
  for (const auto& [name, value] : settings_of_machine()) {
    const std::string there = with_files_shown(value, view.files);
    if (!there.empty()) view.env[variable_of(name)] = there;
  }
  const std::string home = environment("HOME");
  const std::string netrc = environment("NETRC").empty() ? home + "/.netrc" : environment("NETRC");
  if (::access(netrc.c_str(), R_OK) == 0) {
    view.files.push_back({netrc, std::string(pip_place) + "/.netrc"});
    view.env["NETRC"] = view.files.back().path;
  }
  return view;
}

}  // namespace larder::image
