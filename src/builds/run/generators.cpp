#include "builds/run/generators.hpp"

#include "base/glob.hpp"
#include "base/text.hpp"
#include "builds/run/source_text.hpp"

namespace larder::builds {
namespace {

using Names = std::set<std::string, std::less<>>;

std::string_view without_ending(std::string_view name) { return name.substr(0, name.rfind('.')); }

bool sets_variable(std::string_view word) {
  const size_t equals = word.find('=');
  return equals != std::string_view::npos && word.find('/') > equals;
}

/// What make or the shell take before a command's name.
std::string_view without_marks(std::string_view word) {
  while (!word.empty() && std::string_view("@-+({!").find(word.front()) != std::string_view::npos)
    word.remove_prefix(1);
  return word;
}

void add_first_word(std::string_view command, Names& programs) {
  for (size_t start = 0; start < command.size();) {
    start = command.find_first_not_of(" \t", start);
    if (start == std::string_view::npos) return;
    const size_t end = std::min(command.find_first_of(" \t", start), command.size());
    const std::string_view word = without_marks(command.substr(start, end - start));
    start = end;
    if (word.empty() || sets_variable(word)) continue;
    if (const std::string_view name = file_name(word); name.find('$') == std::string_view::npos) programs.emplace(name);
    return;
  }
}

bool is_header(std::string_view path) {
  const std::string_view ending = path.substr(std::min(path.rfind('.'), path.size()));
  return ending.starts_with(".h") || ending.starts_with(".in") || ending.starts_with(".tp") || ending == ".ipp";
}

/// The strings of a source, each on a line; its directives name what the compiler notes.
std::string strings_of(const std::string& text) {
  std::string strings;
  for (const std::string& line : split(text, '\n')) {
    if (trim(line).starts_with('#')) continue;
    for (size_t quote = line.find('"'); quote != std::string::npos;) {
      const size_t end = line.find('"', quote + 1);
      if (end == std::string::npos) break;
      strings.append(line, quote + 1, end - quote - 1).append("\n");
      quote = line.find('"', end + 1);
    }
  }
  return strings;
}

}  // namespace

Names programs_run_by(const std::string& commands) {
  Names programs;
  for (const std::string& line : split(commands, '\n')) {
    if (!line.starts_with('\t')) continue;
    std::string_view rest = line;
    if (const size_t ninjas = rest.find("COMMAND = "); ninjas != std::string_view::npos)
      rest.remove_prefix(ninjas + 10);
    if (const size_t ninjas = rest.find("command = "); ninjas != std::string_view::npos)
      rest.remove_prefix(ninjas + 10);
    while (!rest.empty()) {
      const size_t end = std::min(rest.find_first_of("&|;"), rest.size());
      add_first_word(rest.substr(0, end), programs);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return programs;
}

std::vector<Script> generator_sources(Os& os, const Plan& plan, const source::Entries& entries,
                                      const std::string& commands) {
  const Names programs = programs_run_by(commands);
  std::vector<Script> sources;
  for (const source::Entry& entry : entries) {
    const bool is_one = entry.kind == source::Kind::file && matches_any(plan.recipe.blind.includes, entry.path) &&
                        !is_header(entry.path) && programs.contains(without_ending(file_name(entry.path)));
    if (!is_one) continue;
    if (const auto text = source_text(os, plan.workspace.folder + "/" + entry.path))
      sources.push_back({entry.path, strings_of(*text)});
  }
  return sources;
}

}  // namespace larder::builds
