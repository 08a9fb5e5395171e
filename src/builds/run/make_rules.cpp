#include "builds/run/make_rules.hpp"

#include <algorithm>
#include <functional>

#include "base/text.hpp"

namespace larder::builds {
namespace {

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

bool contains_word(std::string_view text, std::string_view word) {
  const std::vector<std::string_view> words = words_of(text);
  return std::find(words.begin(), words.end(), word) != words.end();
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

/// In a string `#` begins no comment, and neither does `\\#`.
std::string_view without_comment(std::string_view line) {
  bool in_string = false;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\')
      ++i;
    else if (line[i] == '"')
      in_string = !in_string;
    else if (line[i] == '#' && !in_string)
      return line.substr(0, i);
  }
  return line;
}

/// The text with something else in place of each reference to a variable, `$(NAME)` or `${NAME}`.
std::string with_references(std::string_view text, const std::function<std::string(std::string_view name)>& value) {
  std::string rest;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool opens = text[i] == '$' && i + 1 < text.size() && (text[i + 1] == '(' || text[i + 1] == '{');
    const size_t end = opens ? text.find(text[i + 1] == '(' ? ')' : '}', i) : std::string_view::npos;
    const std::string_view name = end == std::string_view::npos ? std::string_view() : text.substr(i + 2, end - i - 2);
    const bool is_reference = is_name(name);
    if (is_reference)
      rest += value(name);
    else
      rest += text[i];
    if (is_reference) i = end;
  }
  return rest;
}

/// A variable's name is no file's: `$(VERSION)` is what VERSION has, not the file by that name.
std::string without_references(std::string_view text) {
  return with_references(text, [](std::string_view) { return " "; });
}

}  // namespace

void MakeRules::add(std::string_view text) {
  rules_.emplace_back();  // what follows belongs to no rule of another makefile
  for (const std::string& line : split(with_lines_joined(text), '\n')) add_line(line);
}

void MakeRules::add_commands(std::string_view text) {
  named_.add(text);
  other_lines_.append(text).append("\n");
}

void MakeRules::add_line(std::string_view line) {
  if (line.starts_with('\t')) {
    rules_.back().commands.append(line).append("\n");
    return named_.add(line);
  }
  line = without_comment(line);
  named_.add(line);
  const std::vector<std::string_view> words = words_of(line);
  if (words.empty()) return;
  if (words.front() == "include" || words.front() == "-include" || words.front() == "sinclude" ||
      words.front() == "subninja") {
    included_.append(" ").append(words.front().data() + words.front().size(), line.data() + line.size());
    return;
  }
  const size_t equals = line.find('=');
  const size_t colon = line.find(':');
  const std::string name = equals == std::string_view::npos ? "" : assigned_name(line, equals);
  if (!name.empty()) {
    variables_[name].append(" ").append(line.substr(equals + 1));
    const bool is_ninjas = line.starts_with(' ') && (name == "COMMAND" || name == "command");
    if (is_ninjas) rules_.back().commands.append("\t").append(line).append("\n");
    other_lines_.append(line).append("\n");
  } else if (colon < equals) {
    add_rule(line, colon);
  } else {
    other_lines_.append(line).append("\n");
  }
}

void MakeRules::add_rule(std::string_view line, size_t colon) {
  const std::string_view after = line.substr(colon + 1);
  const size_t semicolon = std::min(after.find(';'), after.size());
  Rule rule{std::string(line.substr(0, colon)), std::string(after.substr(0, semicolon)), {}};
  if (semicolon < after.size()) rule.commands.append("\t").append(after.substr(semicolon + 1)).append("\n");
  prerequisites_.append(" ").append(rule.prerequisites);
  if (contains_word(rule.targets, ".PHONY"))
    for (const std::string_view word : words_of(rule.prerequisites)) phony_.emplace(word);
  rules_.push_back(std::move(rule));
}

NamedFiles MakeRules::pattern_sources() const {
  std::string words;
  for (const std::string_view word : words_of(prerequisites_)) {
    if (word.find('%') == std::string_view::npos) continue;
    words.append(" ").append(word);
  }
  std::replace(words.begin(), words.end(), '%', '*');
  return expanded(words);
}

bool MakeRules::runs_always(const Rule& rule) const {
  const auto is_phony = [this](std::string_view word) { return phony_.count(word) > 0; };
  // CMake's custom targets: a file by this name is never made.
  const auto is_custom_target = [](std::string_view word) {
    return word.starts_with("CMakeFiles/") && word.find('.') == std::string_view::npos;
  };
  const auto targets = words_of(rule.targets);
  const auto needs = words_of(rule.prerequisites);
  return std::any_of(targets.begin(), targets.end(), is_phony) || std::any_of(needs.begin(), needs.end(), is_phony) ||
         std::any_of(targets.begin(), targets.end(), is_custom_target);
}

std::string MakeRules::commands() const {
  std::string text = other_lines_;
  for (const Rule& rule : rules_) {
    if (runs_always(rule)) continue;
    if (!rule.targets.empty()) text.append(rule.targets).append(":").append(rule.prerequisites).append("\n");
    text.append(rule.commands);
  }
  return text;
}

std::vector<MakeRules::FileRule> MakeRules::file_rules(
    const std::function<bool(const std::string& commands)>& wanted) const {
  static const std::set<std::string_view> no_files = {"all",    "check", "clean",   "dist",     "distclean",
                                                      "format", "help",  "install", "lint",     "run",
                                                      "tags",   "test",  "tests",   "uninstall"};
  const auto is_no_file = [](std::string_view word) { return no_files.contains(word); };
  std::vector<FileRule> rules;
  for (const Rule& rule : rules_) {
    const auto targets = words_of(rule.targets);
    if (rule.commands.empty() || runs_always(rule) || std::any_of(targets.begin(), targets.end(), is_no_file)) continue;
    std::string commands = with_values(with_references(rule.commands, [](std::string_view name) {
      return name == "MAKE" ? std::string("make") : "$(" + std::string(name) + ")";
    }));
    if (!wanted(commands)) continue;
    std::string prerequisites;
    for (const Rule& other : rules_)
      if (other.targets == rule.targets) prerequisites.append(" ").append(other.prerequisites);
    rules.push_back({expanded(prerequisites), std::move(commands)});
  }
  return rules;
}

bool MakeRules::read_unlisted(const std::string& path) const {
  const std::string name(file_name(path));
  const auto has_name = [&](const std::string& text) { return text.find(name) != std::string::npos; };
  for (const std::string& line : split(other_lines_, '\n')) {
    if (!has_name(line) || (line.find("shell ") == std::string::npos && line.find('`') == std::string::npos)) continue;
    NamedFiles words;
    words.add(with_values(line));
    if (words.have_at(path)) return true;
  }
  const auto rules = file_rules(has_name);
  return std::any_of(rules.begin(), rules.end(), [&](const FileRule& rule) {
    NamedFiles words;
    words.add(rule.commands);
    return words.have_at(path) && !rule.prerequisites.have_at(path);
  });
}

bool MakeRules::makes_other_things_of(const std::string& path) const {
  const auto is_made_of_sources = [](std::string_view target) {
    const std::string_view name = file_name(target);
    const size_t dot = name.rfind('.');
    const std::string_view ending = dot == std::string_view::npos ? std::string_view() : name.substr(dot);
    return ending.empty() || ending == ".o" || ending == ".lo" || ending == ".obj" || ending == ".d";
  };
  return std::any_of(rules_.begin(), rules_.end(), [&](const Rule& rule) {
    if (rule.targets.empty() || !expanded(rule.prerequisites).have_at(path)) return false;
    const std::string text = with_values(rule.targets);
    const auto targets = words_of(text);
    return !std::all_of(targets.begin(), targets.end(), is_made_of_sources);
  });
}

std::string MakeRules::first_unlisted(const std::vector<std::string>& sources, const std::string& path) const {
  std::vector<NamedFiles> listing;  // targets and prerequisites of rules that have the file
  for (const Rule& rule : rules_) {
    if (rule.targets.empty() || !expanded(rule.prerequisites).have_at(path)) continue;
    if (with_values(rule.targets).find_first_of("%*") != std::string::npos) return {};  // perhaps all objects
    listing.push_back(expanded(rule.targets + " " + rule.prerequisites));
  }
  const auto is_listed = [&](const std::string& source) {
    const std::string_view name = file_name(source);
    const std::string stem(name.substr(0, name.rfind('.')));
    return std::any_of(listing.begin(), listing.end(), [&](const NamedFiles& names) {
      return names.have(stem + ".o") || names.have(stem + ".lo") || names.have(stem + ".obj") || names.have_at(source);
    });
  };
  const auto found = std::find_if_not(sources.begin(), sources.end(), is_listed);
  return found == sources.end() ? "" : *found;
}

std::string MakeRules::commands_for(std::string_view part) const {
  std::string text;
  for (const Rule& rule : rules_)
    if (rule.targets.find(part) != std::string::npos) text.append(rule.commands);
  return text;
}

/// The files of the text, of the variables that it refers to, and of those that these refer to.
NamedFiles MakeRules::expanded(const std::string& text) const {
  NamedFiles files;
  std::set<std::string> known;
  std::vector<std::string_view> todo = {text};
  while (!todo.empty()) {
    const std::string_view current = todo.back();
    todo.pop_back();
    files.add(without_references(current));
    for (const std::string_view word : words_of(current)) {
      const auto variable = variables_.find(word);
      if (variable != variables_.end() && known.insert(variable->first).second) todo.emplace_back(variable->second);
    }
  }
  return files;
}

/// Variables refer to others, seldom deep, and a value that would grow without end is left as it is.
std::string MakeRules::with_values(std::string_view text) const {
  constexpr int depth_max = 4;
  constexpr size_t bytes_max = size_t{1} << 16;
  std::string whole(text);
  for (int depth = 0; depth < depth_max && whole.size() < bytes_max && whole.find('$') != std::string::npos; ++depth)
    whole = with_references(whole, [this](std::string_view name) {
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::string(" ") : std::string(trim(found->second));
    });
  return whole;
}

}  // namespace larder::builds
