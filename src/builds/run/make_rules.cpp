#include "builds/run/make_rules.hpp"

#include <algorithm>

#include "base/glob.hpp"
#include "base/text.hpp"

namespace larder::builds {
namespace {

std::vector<std::string_view> words_of(std::string_view text) {
  constexpr std::string_view separators = " \t\n\r\\()'\"$:{}|,;=`<>&";
  std::vector<std::string_view> words;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find_first_of(separators, start), text.size());
    if (end > start) words.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return words;
}

bool is_name(std::string_view text) {
  const auto fits = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
  };
  return !text.empty() && text.front() != '-' && std::all_of(text.begin(), text.end(), fits);
}

/// The name before an assignment's operator; empty: the line is none.
std::string assigned_name(std::string_view line, size_t equals) {
  const size_t end = line.find_last_not_of("?+:!", equals == 0 ? 0 : equals - 1);
  std::vector<std::string> parts = split(trim(line.substr(0, end == std::string_view::npos ? 0 : end + 1)), ' ');
  const std::string& last = parts.back();  // after `export` or `override`
  return is_name(last) ? last : "";
}

std::string with_lines_joined(std::string_view text) {
  std::string joined;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool goes_on = text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '\n';
    joined += goes_on ? ' ' : text[i];
    if (goes_on) ++i;
  }
  return joined;
}

}  // namespace

std::vector<std::string_view> file_names_in(std::string_view text) {
  std::vector<std::string_view> names = words_of(text);
  for (std::string_view& name : names) name = file_name(name);
  return names;
}

void NamedFiles::add(std::string_view text) {
  for (const std::string_view name : file_names_in(text)) {
    if (name.find_first_not_of("*.") == std::string_view::npos) continue;  // `*` means all files and tells of none
    (name.find('*') == std::string_view::npos ? names_ : patterns_).emplace(name);
  }
}

bool NamedFiles::have(const std::string& path) const {
  const std::string name(file_name(path));
  const auto fits = [&](const std::string& pattern) { return glob_matches(pattern, name); };
  return names_.count(name) > 0 || std::any_of(patterns_.begin(), patterns_.end(), fits);
}

void MakeRules::add(std::string_view text) {
  for (const std::string& line : split(with_lines_joined(text), '\n')) add_line(line);
}

void MakeRules::add_line(std::string_view line) {
  if (line.starts_with('\t')) return named_.add(line);
  line = line.substr(0, line.find('#'));
  named_.add(line);
  const std::vector<std::string_view> words = words_of(line);
  if (words.empty()) return;
  if (words.front() == "include" || words.front() == "-include" || words.front() == "sinclude") {
    included_.append(" ").append(line.substr(line.find("include") + std::string_view("include").size()));
    return;
  }
  const size_t equals = line.find('=');
  const size_t colon = line.find(':');
  const std::string name = equals == std::string_view::npos ? "" : assigned_name(line, equals);
  if (!name.empty()) {
    variables_[name].append(" ").append(line.substr(equals + 1));
  } else if (colon < equals) {
    const std::string_view after = line.substr(colon + 1);
    prerequisites_.append(" ").append(after.substr(0, after.find(';')));
  }
}

/// The files of the text, of the variables that it refers to, and of those that these refer to.
NamedFiles MakeRules::expanded(const std::string& text) const {
  NamedFiles files;
  std::set<std::string> known;
  std::vector<std::string_view> todo = {text};
  while (!todo.empty()) {
    const std::string_view current = todo.back();
    todo.pop_back();
    files.add(current);
    for (const std::string_view word : words_of(current)) {
      const auto variable = variables_.find(word);
      if (variable != variables_.end() && known.insert(variable->first).second) todo.emplace_back(variable->second);
    }
  }
  return files;
}

}  // namespace larder::builds
