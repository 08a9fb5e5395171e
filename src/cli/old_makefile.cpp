#include "cli/old_makefile.hpp"

#include <algorithm>
#include <set>
#include <string_view>

#include "base/text.hpp"

namespace larder::cli {
namespace {

/// The words of a line of the shell's, without quotes.
std::vector<std::string> shell_words(const std::string& text) {
  std::string plain;
  for (const char c : text) {
    if (c == '"' || c == '\'') continue;
    const bool ends = c == ';' || c == '&' || c == '|' || c == ')' || c == '(';
    plain += ends ? std::string(" ") + c + " " : std::string(1, c == '\t' || c == '\n' ? ' ' : c);
  }
  std::vector<std::string> words;
  for (std::string& word : split(plain, ' '))
    if (!word.empty()) words.push_back(std::move(word));
  return words;
}

bool ends_command(const std::string& word) {
  return word.size() == 1 && std::string_view(";&|()").find(word[0]) != std::string_view::npos;
}

bool is_package(const std::string& word) {
  return !word.empty() && word.front() != '-' &&
         word.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789+-.:") == std::string::npos;
}

/// What stands after `apt-get install`.
void add_packages(const std::vector<std::string>& words, std::set<std::string>& packages) {
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] != "apt-get" && words[i] != "apt") continue;
    while (i < words.size() && words[i] != "install" && !ends_command(words[i])) ++i;
    for (++i; i < words.size() && !ends_command(words[i]); ++i)
      if (is_package(words[i])) packages.insert(words[i]);
  }
}

/// NAME of `-v NAME:/usr/local/cargo/registry`; folders of the machine are none.
void add_volumes(const std::vector<std::string>& words, std::set<std::string>& volumes) {
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] != "-v" && words[i] != "--volume") continue;
    const std::string& mount = words[i + 1];
    const size_t colon = mount.find(':');
    const std::string name = mount.substr(0, colon);
    const bool is_cache = colon != std::string::npos && mount.find("cargo", colon) != std::string::npos;
    if (is_cache && name.find_first_of("/.$~") == std::string::npos) volumes.insert(name);
  }
}

/// The names before the colon of a rule's first line; none where the line is no such one.
std::vector<std::string> names_of(const std::string& line) {
  if (line.empty() || line.front() == '\t' || line.front() == '#' || line.front() == ' ') return {};
  const size_t colon = line.find(':');
  const size_t equals = line.find('=');
  if (colon == std::string::npos || equals < colon || line.compare(colon, 2, ":=") == 0 ||
      line.compare(colon, 3, "::=") == 0)
    return {};
  std::vector<std::string> names;
  for (std::string& name : shell_words(line.substr(0, colon)))
    if (name.front() != '.' && name.find_first_of("$%/") == std::string::npos) names.push_back(std::move(name));
  return names;
}

bool has_word(const std::string& text, const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& word) { return text.find(word) != std::string::npos; });
}

void add_rules(const std::vector<OldRule>& open, std::vector<OldRule>& rules) {
  for (const OldRule& rule : open) {
    const auto known =
        std::find_if(rules.begin(), rules.end(), [&](const OldRule& old) { return old.name == rule.name; });
    if (known == rules.end())
      rules.push_back(rule);
    else if (known->recipe.empty())
      *known = rule;
  }
}

}  // namespace

const OldRule* OldMakefile::find(const std::string& name) const {
  const auto rule = std::find_if(rules.begin(), rules.end(), [&](const OldRule& one) { return one.name == name; });
  return rule == rules.end() ? nullptr : &*rule;
}

OldMakefile read_old_makefile(const std::string& text) {
  OldMakefile makefile;
  std::vector<OldRule> open;
  std::set<std::string> packages;
  std::set<std::string> volumes;
  const std::vector<std::string> lines = split(text, '\n');
  for (size_t i = 0; i < lines.size(); ++i) {
    std::string line = lines[i];
    const size_t first = i + 1;
    while (line.ends_with('\\') && i + 1 < lines.size()) {
      line.pop_back();
      line += ' ' + lines[++i];
    }
    if (line.starts_with('\t')) {
      const auto words = shell_words(line);
      add_packages(words, packages);
      add_volumes(words, volumes);
      for (OldRule& rule : open) {
        rule.recipe += line + '\n';
        rule.last_line = i + 1;
      }
      continue;
    }
    const auto names = names_of(line);
    if (names.empty() && (line.empty() || line.front() == '#')) continue;
    add_rules(open, makefile.rules);
    open.clear();
    for (const std::string& name : names) open.push_back({name, first, i + 1, ""});
  }
  add_rules(open, makefile.rules);
  makefile.packages.assign(packages.begin(), packages.end());
  makefile.volumes.assign(volumes.begin(), volumes.end());
  return makefile;
}

std::string target_of(const OldRule& rule) {
  const std::string text = rule.name + ' ' + rule.recipe;
  if (!has_word(rule.recipe, {"docker", "DOCKER", "podman", "PODMAN"}) || !has_word(rule.recipe, {" run "})) return {};
  const bool arm = has_word(text, {"arm64", "aarch64"});
  if (!arm && !has_word(text, {"x64", "x86_64", "amd64"})) return {};
  return std::string(has_word(text, {"musl", "alpine"}) ? "musl-" : "") + (arm ? "arm64" : "x64");
}

}  // namespace larder::cli
