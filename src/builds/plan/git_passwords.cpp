#include "builds/plan/git_passwords.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/environment.hpp"
#include "base/subprocess.hpp"
#include "base/text.hpp"
#include "builds/plan/git_replacements.hpp"

namespace larder::builds {
namespace {

constexpr double answer_seconds_max = 10;
constexpr std::string_view key_begin = "credential.";
constexpr std::string_view key_end = "helper";

/// The file that `store`, `store --file PATH` or `store --file=PATH` means; empty where this is another helper.
std::string file_of(const std::string& helper, const std::string& home) {
  constexpr std::string_view option = "--file";
  const std::string value = trim(helper);
  if (value == "store") return home + "/.git-credentials";
  if (!value.starts_with("store ")) return {};
  std::string path = trim(value.substr(value.find(' ')));
  if (!path.starts_with(option)) return {};
  path = trim(path.substr(option.size() + (path[option.size()] == '=' ? 1 : 0)));
  return path.starts_with("~/") ? home + path.substr(1) : path;
}

}  // namespace

std::vector<GitPasswords> passwords_in(const std::string& listed, const std::string& home) {
  std::vector<GitPasswords> found;
  for (const std::string& entry : split(listed, '\0')) {
    const std::string key = entry.substr(0, entry.find('\n'));
    if (!key.starts_with(key_begin) || !key.ends_with(key_end) || key.size() == entry.size()) continue;
    const std::string path = file_of(entry.substr(key.size() + 1), home);
    if (!path.starts_with('/')) continue;
    const size_t url_end = key.size() - key_end.size();
    found.push_back(
        {url_end == key_begin.size() ? "" : key.substr(key_begin.size(), url_end - key_begin.size() - 1), path});
  }
  return found;
}

std::vector<GitPasswords> git_passwords() {
  const std::string git = find_in_path("git");
  std::string listed;
  for (const char* scope : {"--system", "--global"}) {
    if (git.empty()) continue;
    const auto printed =
        run_program({git, "config", scope, "--includes", "--null", "--get-regexp", "^credential\\.(.*\\.)?helper$"},
                    answer_seconds_max);
    if (printed && printed->exit_code == 0) listed += printed->output;
  }
  std::vector<GitPasswords> found = passwords_in(listed, environment("HOME"));
  std::erase_if(found, [](const GitPasswords& one) { return ::access(one.path.c_str(), R_OK) != 0; });
  return found;
}

std::string asking(const GitPasswords& passwords, const std::string& path) {
  const std::string section = passwords.url.empty() ? "" : " " + quoted_for_git(passwords.url);
  const std::string helper =
      fmt::format("!f() {{ test \"$1\" != get || git credential-store --file {} get; }}; f", path);
  return fmt::format("[credential{}]\n\thelper = {}\n", section, quoted_for_git(helper));
}

}  // namespace larder::builds
