#include "builds/plan/git_replacements.hpp"

#include <fmt/format.h>

#include "base/subprocess.hpp"
#include "base/text.hpp"

namespace larder::builds {
namespace {

constexpr double seconds_max = 10;

}  // namespace

std::string quoted_for_git(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

std::string replacements_in(const std::string& listed) {
  constexpr std::string_view prefix = "url.";
  std::string text;
  for (const std::string& entry : split(listed, '\0')) {
    const std::string key = entry.substr(0, entry.find('\n'));
    const size_t dot = key.rfind('.');
    if (!key.starts_with(prefix) || key.size() == entry.size() || dot <= prefix.size()) continue;
    const std::string url = key.substr(prefix.size(), dot - prefix.size());
    text += fmt::format("[url {}]\n\t{} = {}\n", quoted_for_git(url), key.substr(dot + 1),
                        quoted_for_git(entry.substr(key.size() + 1)));
  }
  return text;
}

std::string git_replacements() {
  const std::string git = find_in_path("git");
  if (git.empty()) return {};
  std::string text;
  for (const char* scope : {"--system", "--global"}) {
    const auto listed = run_program(
        {git, "config", scope, "--includes", "--null", "--get-regexp", "^url\\..*\\.(push)?insteadof$"}, seconds_max);
    if (listed && listed->exit_code == 0) text += replacements_in(listed->output);
  }
  return text;
}

}  // namespace larder::builds
