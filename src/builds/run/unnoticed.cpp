#include "builds/run/unnoticed.hpp"

#include <fcntl.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/glob.hpp"
#include "base/text.hpp"
#include "builds/run/asks_git.hpp"
#include "builds/run/generators.hpp"
#include "builds/run/source_text.hpp"

namespace larder::builds {
namespace {

namespace fs = std::filesystem;

/// Whether a line is one for the preprocessor, also in a comment: Go has its C there.
bool is_directive(std::string_view line) {
  const size_t start = line.find_first_not_of(" \t/");
  return start != std::string_view::npos && line[start] == '#';
}

/// Adds what a text includes: by an assembler's .incbin or, with `headers`, by the preprocessor.
void add_includes(const std::string& text, const std::string& path, bool headers,
                  std::map<std::string, std::string, std::less<>>& includers) {
  for (const std::string& line : split(text, '\n')) {
    if (!(headers && is_directive(line)) && line.find("incbin") == std::string::npos) continue;
    for (const std::string_view name : file_names_in(line)) includers.emplace(name, path);
  }
}

/// Whether what a line of commands names are files that it may read: not where it goes elsewhere, nor CMake's own.
std::string_view read_by(std::string_view line) {
  if (line.find("-E cmake_") != std::string_view::npos || line.find("(MAKE)") != std::string_view::npos) return {};
  const bool is_command = line.starts_with('\t') || line.find("shell ") != std::string_view::npos ||
                          line.find('`') != std::string_view::npos;
  if (!is_command) return {};
  const size_t there = line.find("cd ");
  const size_t next = there == std::string_view::npos ? there : line.find_first_of("&;", there);
  return next == std::string_view::npos ? line : line.substr(next);
}

NamedFiles words_of_commands(const MakeRules& rules) {
  NamedFiles words;
  for (const std::string& line : split(rules.commands(), '\n')) words.add(rules.with_values(read_by(line)));
  return words;
}

/// The project's folders that commands name by their paths, but for what the build itself makes.
std::vector<std::string> folders_in(const std::string& commands, const std::string& output) {
  const std::string workspace = std::string(workspace_path) + "/";
  std::vector<std::string> folders;
  for (const std::string_view word : words_of(commands)) {
    if (!word.starts_with(workspace)) continue;
    std::string path(word.substr(workspace.size()));
    while (path.ends_with('/')) path.pop_back();
    if (!path.empty() && path != output && !source::is_below(path, output)) folders.push_back(std::move(path));
  }
  return folders;
}

std::string untold(const std::string& path, const std::string& includer) {
  return path + " has changed, and nothing tells the tool that " + includer + " includes it";
}

}  // namespace

void Unnoticed::look_into(VolumeReader volume, std::vector<std::string> opened) {
  volume_ = std::move(volume);
  opened_ = std::move(opened);
  notes_.reset();
  if (tool_has_rules()) rules_.reset();
}

Result<std::string> Unnoticed::change(const source::Difference& difference) {
  const config::BlindSpots& blind = plan_.recipe.blind;
  if (blind.notes.empty() && blind.rules.empty()) return included_change(difference);
  for (const auto* paths : {&difference.changed, &difference.added, &difference.removed})
    for (const std::string& path : *paths) {
      TRY_ASSIGN(std::string why, look_at(path, paths == &difference.removed));
      if (!why.empty()) return why;
    }
  for (const std::string& path : difference.added) {
    TRY_ASSIGN(std::string why, look_at_new(path));
    if (!why.empty()) return why;
  }
  return std::string();
}

/// For a tool without rules and notes, which knows of each source alone whether it is another one.
std::string Unnoticed::included_change(const source::Difference& difference) const {
  const config::BlindSpots& blind = plan_.recipe.blind;
  if (blind.includes.empty()) return {};
  std::set<std::string> differing;
  for (const auto* paths : {&difference.changed, &difference.added, &difference.removed})
    differing.insert(paths->begin(), paths->end());
  const auto means_nothing = [&](const std::string& path) { return matches_any(blind.documents, path); };
  if (std::all_of(differing.begin(), differing.end(), means_nothing)) return {};  // as after an ordinary edit
  const Includers includers = find_includers(differing);
  for (const std::string& path : differing) {
    const auto found = includers.find(file_name(path));
    if (found != includers.end() && !means_nothing(path)) return untold(path, found->second);
  }
  return {};
}

Result<bool> Unnoticed::names(const std::string& path) {
  TRY(take_rules());
  if (rules_->prerequisites.have_at(path) || rules_->named.have(path) || !script_for(path, true).empty()) return true;
  TRY(take_notes());
  return notes_->have_name_of(path);
}

Result<std::string> Unnoticed::change_around(const std::string& path) {
  const config::BlindSpots& blind = plan_.recipe.blind;
  if (blind.notes.empty() && blind.rules.empty()) return std::string();
  TRY(take_notes());
  if (notes_->have_name_of(path)) return std::string();
  TRY(take_rules());
  const auto way = way_to(path);
  if (way && !rules_->prerequisites.have_at(way->second))
    return path + " has changed, to which " + way->first + " leads";
  const bool is_source = matches_any(blind.includes, path) || matches_any(blind.known, path);
  if (!is_source && !matches_any(blind.documents, path) && rules_->spoken.have_folder_of(path))
    return path + " has changed, in a folder that a command names";
  return look_at(path, false);
}

/// The project's link that leads to the file around it, or to a folder that it lies in, and the file's path by way of
/// that.
std::optional<std::pair<std::string, std::string>> Unnoticed::way_to(const std::string& path) const {
  for (const source::Entry& entry : entries_) {
    if (entry.kind != source::Kind::link) continue;
    const auto end = os_.read_link(AT_FDCWD, plan_.workspace.folder + "/" + entry.path);
    if (!end) continue;
    const fs::path link = fs::path(plan_.workspace.folder) / entry.path;
    const std::string there = (link.parent_path() / *end).lexically_normal().string();
    for (const Bind& shown : plan_.workspace.around) {
      const std::string file = shown.source + "/" + path;
      if (file == there) return std::pair(entry.path, entry.path);
      if (source::is_below(file, there)) return std::pair(entry.path, entry.path + file.substr(there.size()));
    }
  }
  return std::nullopt;
}

Result<std::string> Unnoticed::look_at(const std::string& path, bool has_gone) {
  const config::BlindSpots& blind = plan_.recipe.blind;
  const bool opened = was_opened(path);
  if ((matches_any(blind.documents, path) && !opened) || matches_any(blind.changed, path)) return std::string();
  TRY(take_rules());
  const Rules& rules = *rules_;
  if (!tool_has_rules() && rules.included.have(path)) return path + " has changed, which a makefile includes";
  const bool is_source = matches_any(blind.includes, path);
  for (const std::string& folder : rules.built_apart)
    if (source::is_below(path, folder)) return path + " has changed, and a rule builds " + folder + " as a whole";
  if (is_scanned(rules.scans, path)) return path + " has changed, in a folder that a rule's command reads";
  if (has_gone && rules.pattern_sources.have(path)) return path + " has gone, of which something was made";
  if (rules.prerequisites.have_at(path)) {
    if (has_gone && (!is_source || rules.all.makes_other_things_of(path)))
      return path + " has gone, of which something was made";
    TRY_ASSIGN(const bool noted, is_noted(path));
    const std::string reader = noted ? "" : unlisted_reader(path, is_source);
    return reader.empty() ? reader : path + " has changed, and nothing tells the tool that " + reader + " reads it";
  }
  if (const std::string script = script_for(path, is_source); !script.empty())
    return path + " has changed, which " + script + " may read";
  const auto is_it = [&](const Script& script) { return script.path == path; };
  const bool is_named = rules.named.have(path) || rules.folders.have(path);
  if (!is_named && std::any_of(rules.scripts.begin(), rules.scripts.end(), is_it))
    return path + " has changed, which a rule's script may run";
  const bool is_in_folder = !is_source && rules.folders.have_folder_of(path);
  const std::string includer = tool_has_rules() && is_source ? std::string() : includer_of(path);
  if (!is_named && !is_in_folder && includer.empty() && !opened) return std::string();
  TRY_ASSIGN(const bool noted, is_noted(path));
  if (noted) return std::string();
  if (is_named) return path + " has changed, which is no prerequisite of what a rule makes of it";
  if (is_in_folder) return path + " has changed, in a folder that a rule's command names";
  if (!includer.empty()) return untold(path, includer);
  return path + " has changed, which a build has read without the tool's knowing";
}

/// What reads a file, which is the prerequisite of a rule, without depending on it itself; empty: nothing.
std::string Unnoticed::unlisted_reader(const std::string& path, bool is_source) {
  if (rules_->all.read_unlisted(path)) return "a command";
  if (tool_has_rules() || !is_source) return {};
  return rules_->all.first_unlisted(units_with(path), path);
}

/// The sources that include the file, also by way of others, but for those that are included themselves.
std::vector<std::string> Unnoticed::units_with(const std::string& path) {
  if (!inclusions_) inclusions_ = find_inclusions();
  std::set<std::string, std::less<>> names = {std::string(file_name(path))};
  std::set<std::string> units;
  for (bool more = true; more;) {
    more = false;
    for (const auto& [source, included] : *inclusions_) {
      if (source == path || units.contains(source)) continue;
      const bool has =
          std::any_of(included.begin(), included.end(), [&](const std::string& name) { return names.contains(name); });
      if (!has) continue;
      units.insert(source);
      names.emplace(file_name(source));
      more = true;
    }
  }
  std::erase_if(units, [&](const std::string& source) {
    const auto includes_it = [&](const auto& one) { return one.second.contains(std::string(file_name(source))); };
    return std::any_of(inclusions_->begin(), inclusions_->end(), includes_it);
  });
  return {units.begin(), units.end()};
}

Unnoticed::Inclusions Unnoticed::find_inclusions() const {
  Inclusions inclusions;
  const Globs including(plan_.recipe.blind.includes);
  for (const source::Entry& entry : entries_) {
    if (entry.kind != source::Kind::file || !including.match(entry.path)) continue;
    Includers names;
    const auto text = source_text(os_, plan_.workspace.folder + "/" + entry.path);
    if (text) add_includes(*text, entry.path, true, names);
    std::set<std::string, std::less<>>& included = inclusions[entry.path];
    for (const auto& [name, by] : names) included.insert(name);
  }
  return inclusions;
}

/// A header by the name of one that was read may be found before that one now, though no source says the name: an
/// option of the compiler does, or a macro.
Result<std::string> Unnoticed::look_at_new(const std::string& path) {
  const config::BlindSpots& blind = plan_.recipe.blind;
  if (!matches_any(blind.includes, path) || matches_any(blind.known, path)) return std::string();
  const std::string name(file_name(path));
  const auto has_name = [&](const std::string& other) { return other != path && file_name(other) == name; };
  bool was_read = std::any_of(opened_.begin(), opened_.end(), has_name);
  if (!was_read) {
    TRY(take_notes());
    was_read = notes_->have_name_of(path);
  }
  return was_read ? path + " is new, and a file by that name has been read" : std::string();
}

bool Unnoticed::was_opened(const std::string& path) const {
  return std::binary_search(opened_.begin(), opened_.end(), path) && !matches_any(plan_.recipe.blind.known, path);
}

Result<std::string> Unnoticed::asks_git() {
  const std::vector<std::string>& words = plan_.recipe.blind.asks_git;
  if (words.empty()) return std::string();
  if (!tool_has_rules()) return file_that_asks_git(os_, plan_, entries_, words);
  TRY(take_rules());
  if (builds::asks_git(rules_->commands, words)) return std::string("a command of a rule");
  for (const Script& script : rules_->scripts)
    if (builds::asks_git(script.text, words)) return script.path;
  return std::string();
}

Status Unnoticed::take_notes() {
  if (notes_) return {};
  TRY_ASSIGN(notes_, volume_.notes());
  return {};
}

Result<bool> Unnoticed::is_noted(const std::string& path) {
  TRY(take_notes());
  return notes_->have(path);
}

Status Unnoticed::take_rules() {
  if (rules_) return {};
  MakeRules rules;
  if (tool_has_rules()) {
    TRY_ASSIGN(rules, volume_.rules());
    add_texts(rules);
  } else {
    rules = project_rules();
  }
  Rules& taken = rules_.emplace();
  taken.all = rules;
  taken.named = rules.named();
  taken.prerequisites = rules.prerequisites();
  taken.pattern_sources = rules.pattern_sources();
  taken.included = rules.included();
  taken.commands = rules.commands();
  taken.folders = words_of_commands(rules);
  taken.spoken.add(taken.commands);
  taken.scans = find_scans(rules, entries_);
  for (const std::string& stamp : plan_.recipe.blind.stamps)
    for (std::string& folder : folders_in(rules.commands_for(stamp), plan_.recipe.output))
      taken.built_apart.push_back(std::move(folder));
  taken.scripts = named_scripts(os_, plan_, entries_, taken.named);
  for (Script& source : generator_sources(os_, plan_, entries_, taken.commands))
    taken.scripts.push_back(std::move(source));
  for (const Script& script : taken.scripts) taken.named_by_scripts.emplace_back().add(script.text);
  return {};
}

/// Adds what the project itself has of such files, and what these include.
void Unnoticed::add_texts(MakeRules& rules) const {
  const config::BlindSpots& blind = plan_.recipe.blind;
  std::set<std::string> taken;
  for (bool more = true; more;) {
    const size_t before = taken.size();
    const NamedFiles included = rules.included();
    for (const source::Entry& entry : entries_) {
      if (entry.kind != source::Kind::file || taken.contains(entry.path)) continue;
      const bool has_commands = matches_any(blind.commands, entry.path);
      if (!has_commands && !matches_any(blind.rules, entry.path) && !included.have(entry.path)) continue;
      taken.insert(entry.path);
      const auto text = source_text(os_, plan_.workspace.folder + "/" + entry.path);
      if (text) has_commands ? rules.add_commands(*text) : rules.add(*text);
    }
    more = taken.size() > before;
  }
}

/// Those of the project's makefiles, of what these include, and of compilers' notes that lie in the project.
MakeRules Unnoticed::project_rules() const {
  const config::BlindSpots& blind = plan_.recipe.blind;
  MakeRules rules;
  std::set<std::string> taken;
  for (bool more = true; more;) {
    const size_t before = taken.size();
    const NamedFiles included = rules.included();
    for (const source::Entry& entry : entries_) {
      if (entry.kind != source::Kind::file || taken.count(entry.path) > 0) continue;
      const bool is_one = matches_any(blind.changed, entry.path) || matches_any(blind.notes, entry.path);
      if (!is_one && !included.have(entry.path)) continue;
      taken.insert(entry.path);
      if (const auto text = source_text(os_, plan_.workspace.folder + "/" + entry.path)) rules.add(*text);
    }
    more = taken.size() > before;
  }
  return rules;
}

/// The script that names the path or, where it is no source, a folder that it lies in; empty: none does.
std::string Unnoticed::script_for(const std::string& path, bool is_source) const {
  for (size_t i = 0; i < rules_->scripts.size(); ++i) {
    const NamedFiles& named = rules_->named_by_scripts[i];
    const std::string& script = rules_->scripts[i].path;
    if (script != path && (named.have(path) || (!is_source && named.have_folder_of(path)))) return script;
  }
  return {};
}

Unnoticed::Includers Unnoticed::find_includers(const std::set<std::string>& left_out) const {
  Includers includers;
  const Globs including(plan_.recipe.blind.includes);
  for (const source::Entry& entry : entries_) {
    if (entry.kind != source::Kind::file || !including.match(entry.path) || left_out.count(entry.path) > 0) continue;
    const auto text = source_text(os_, plan_.workspace.folder + "/" + entry.path);
    if (text) add_includes(*text, entry.path, !tool_has_rules(), includers);
  }
  return includers;
}

std::string Unnoticed::includer_of(const std::string& path) {
  if (!includers_) includers_ = find_includers({});
  const auto found = includers_->find(file_name(path));
  return found == includers_->end() ? "" : found->second;
}

}  // namespace larder::builds
