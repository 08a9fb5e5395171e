#include "builds/run/ssh_settings.hpp"

#include <fcntl.h>
#include <glob.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "base/environment.hpp"
#include "base/os.hpp"
#include "base/text.hpp"

namespace larder::builds {
namespace {

constexpr size_t settings_bytes_max = size_t{1} << 20;
constexpr int include_depth_max = 16;  // as ssh has it

constexpr std::array not_for_a_fetch = {"identityfile",   "identitiesonly", "certificatefile",    "identityagent",
                                        "forwardagent",   "controlmaster",  "controlpath",        "controlpersist",
                                        "addkeystoagent", "pkcs11provider", "securitykeyprovider"};

/// The keyword of a line in small letters, and what follows it.
std::pair<std::string, std::string> parts_of(const std::string& line) {
  const std::string text(trim(line));
  const size_t end = std::min(text.find_first_of(" \t="), text.size());
  std::string keyword = lower_case(text.substr(0, end));
  const size_t value = text.find_first_not_of(" \t=", end);
  return {std::move(keyword), value == std::string::npos ? "" : text.substr(value)};
}

/// The files that a word of `Include` means: `~` is the user's home, and other paths are relative to ~/.ssh.
std::vector<std::string> files_meant(std::string word, const std::string& folder) {
  word.erase(std::remove(word.begin(), word.end(), '"'), word.end());
  if (word.starts_with("~/")) word = environment("HOME") + word.substr(1);
  if (!word.starts_with('/')) word = folder + "/" + word;
  std::vector<std::string> files;
  glob_t found{};
  if (::glob(word.c_str(), 0, nullptr, &found) == 0) files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  return files;
}

void add_file(const std::string& file, const std::string& folder, int depth, std::string& text) {
  Os os;
  const auto read = read_file(os, AT_FDCWD, file, settings_bytes_max);
  if (!read || depth == include_depth_max) return;
  for (const std::string& line : split(*read, '\n')) {
    const auto [keyword, value] = parts_of(line);
    if (std::find(not_for_a_fetch.begin(), not_for_a_fetch.end(), keyword) != not_for_a_fetch.end()) continue;
    if (keyword != "include") {
      text += line + "\n";
      continue;
    }
    for (const std::string& word : split(value, ' '))
      if (!word.empty())
        for (const std::string& included : files_meant(word, folder)) add_file(included, folder, depth + 1, text);
  }
}

}  // namespace

std::string ssh_settings(const std::string& folder) {
  std::string text;
  add_file(folder + "/config", folder, 0, text);
  return text;
}

}  // namespace larder::builds
