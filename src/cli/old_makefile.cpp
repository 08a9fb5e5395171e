#include "cli/old_makefile.hpp"

#include <algorithm>
#include <set>
#include <string_view>

#include "base/text.hpp"

namespace larder::cli {
namespace {

/// The length of make's `$(…)` or `${…}` at a place of a line; 0: there is none. `$$(` is the shell's.
size_t reference_length(const std::string& text, size_t start) {
  const bool is_make = text[start] == '$' && (start == 0 || text[start - 1] != '$') && start + 1 < text.size();
  const char close = !is_make ? '\0' : text[start + 1] == '(' ? ')' : text[start + 1] == '{' ? '}' : '\0';
  const size_t end = close == '\0' ? std::string::npos : text.find(close, start);
  return end == std::string::npos ? 0 : end + 1 - start;
}

/// The words of a line of the shell's, without quotes.
std::vector<std::string> shell_words(const std::string& text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' || c == '\'') continue;
    if (const size_t length = reference_length(text, i); length > 0) {
      plain += text.substr(i, length);
      i += length - 1;
      continue;
    }
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

/// Options of apt-get whose value is the next word.
bool takes_value(const std::string& option) {
  static const std::vector<std::string> valued = {"-t",
                                                  "--target-release",
                                                  "--default-release",
                                                  "-o",
                                                  "--option",
                                                  "-c",
                                                  "--config-file",
                                                  "-a",
                                                  "--host-architecture",
                                                  "-P",
                                                  "--build-profiles"};
  return contains(valued, option);
}

struct Packages {
  std::set<std::string> names;
  std::set<std::string> unread;
};

/// What stands after `apt-get install`. A version (`=15.*`) and a release (`/bookworm-backports`) are no part of a
/// name.
void add_packages(const std::vector<std::string>& words, Packages& packages) {
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] != "apt-get" && words[i] != "apt") continue;
    while (i < words.size() && words[i] != "install" && !ends_command(words[i])) ++i;
    if (i == words.size() || words[i] != "install") continue;
    for (++i; i < words.size() && !ends_command(words[i]); ++i) {
      const std::string name = words[i].substr(0, words[i].find_first_of("=/"));
      if (takes_value(words[i]))
        ++i;
      else if (words[i].find('$') != std::string::npos && words[i].front() != '-')
        packages.unread.insert(words[i]);
      else if (is_package(name))
        packages.names.insert(name);
    }
  }
}

/// What `-v NAME:PATH[:OPTIONS]` mounts.
OldVolume mounted(const std::string& text) {
  const std::vector<std::string> parts = split(text, ':');
  return parts.size() < 2 ? OldVolume() : OldVolume{parts[0], parts[1], {}};
}

/// What `--mount type=volume,source=NAME,target=PATH` mounts.
OldVolume mounted_by_keys(const std::string& text) {
  OldVolume volume;
  for (const std::string& part : split(text, ',')) {
    const std::string key = part.substr(0, part.find('='));
    const std::string value = key.size() < part.size() ? part.substr(key.size() + 1) : "";
    if (key == "type" && value != "volume") return {};
    if (key == "source" || key == "src") volume.name = value;
    if (key == "target" || key == "dst" || key == "destination") volume.path = value;
  }
  return volume;
}

/// Folders of the machine are no volumes.
void add_volumes(const std::vector<std::string>& words, const std::string& target, std::vector<OldVolume>& volumes) {
  for (size_t i = 0; i < words.size(); ++i)
    for (const char* option : {"-v", "--volume", "--mount"}) {
      std::string value;
      if (words[i] == option && i + 1 < words.size()) value = words[i + 1];
      if (words[i].starts_with(std::string(option) + "=")) value = words[i].substr(words[i].find('=') + 1);
      OldVolume volume = std::string_view(option) == "--mount" ? mounted_by_keys(value) : mounted(value);
      volume.target = target;
      const bool is_known = std::any_of(volumes.begin(), volumes.end(),
                                        [&](const OldVolume& other) { return other.name == volume.name; });
      if (!is_known && !volume.name.empty() && volume.name.find_first_of("/.$~") == std::string::npos)
        volumes.push_back(std::move(volume));
    }
}

/// The target of the first of the rules that a line belongs to which names one.
std::string target_of_line(const std::vector<OldRule>& rules, const std::string& line) {
  for (const OldRule& rule : rules)
    if (std::string target = target_of({rule.name, 0, 0, line}); !target.empty()) return target;
  return target_of({"", 0, 0, line});
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
  Packages packages;
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
      add_volumes(words, target_of_line(open, line), makefile.volumes);
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
  makefile.packages.assign(packages.names.begin(), packages.names.end());
  makefile.unread.assign(packages.unread.begin(), packages.unread.end());
  std::sort(makefile.volumes.begin(), makefile.volumes.end(),
            [](const OldVolume& a, const OldVolume& b) { return a.name < b.name; });
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
