#include "builds/run/asks_git.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <string_view>

#include "base/glob.hpp"
#include "base/text.hpp"
#include "builds/output/result_path.hpp"
#include "builds/run/make_rules.hpp"
#include "builds/run/scripts.hpp"
#include "builds/run/source_text.hpp"
#include "config/toml_reader.hpp"

namespace larder::builds {
namespace {

/// Where `word` (in lower case) stands as a word of its own in `line`, in any case; npos where it does not.
size_t find_word(std::string_view line, std::string_view word, size_t from) {
  const auto same = [](char wanted, char c) { return std::tolower(static_cast<unsigned char>(c)) == wanted; };
  const auto in_word = [&](size_t place) { return std::isalnum(static_cast<unsigned char>(line[place])) != 0; };
  for (size_t place = from; place + word.size() <= line.size(); ++place) {
    const std::string_view found = line.substr(place, word.size());
    const size_t end = place + word.size();
    if (!std::equal(word.begin(), word.end(), found.begin(), same)) continue;
    if ((place == 0 || !in_word(place - 1)) && (end == line.size() || !in_word(end))) return place;
  }
  return std::string_view::npos;
}

/// Where a word begins with `git`, such as `git2` and `gitcl`, or with `gix`, in any case; npos: nowhere.
size_t find_gits_word(std::string_view line) {
  const auto is_letter = [&](size_t place) { return std::isalnum(static_cast<unsigned char>(line[place])) != 0; };
  for (size_t place = 0; place + 3 <= line.size(); ++place) {
    const auto is_at = [&](size_t offset, char wanted) {
      return std::tolower(static_cast<unsigned char>(line[place + offset])) == wanted;
    };
    const bool is_git = is_at(0, 'g') && is_at(1, 'i') && (is_at(2, 't') || is_at(2, 'x'));
    if (is_git && (place == 0 || !is_letter(place - 1))) return place;
  }
  return std::string_view::npos;
}

/// What a file may run: a makefile's commands, and all of a source, where a command may go on for lines.
std::string commands_in(const Plan& plan, const std::string& path, std::string text) {
  if (matches_any(plan.recipe.blind.embedded.sources, path)) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
  }
  MakeRules rules;
  rules.add(text);
  return rules.commands();
}

}  // namespace

std::set<std::string> scripts_of_tool(Os& os, const Plan& plan, const source::Entries& entries) {
  std::set<std::string> scripts;
  const std::string& key = plan.recipe.blind.embedded.script_key;
  if (key.empty()) return scripts;
  for (const source::Entry& entry : entries) {
    if (entry.kind != source::Kind::file || file_name(entry.path) != plan.recipe.workspace) continue;
    const auto text = source_text(os, plan.workspace.folder + "/" + entry.path);
    const auto file = text && has_one_of(*text, {"build"}) ? config::parse_foreign_toml(*text) : std::nullopt;
    const auto name = file ? file->at_path(key).value<std::string>() : std::nullopt;
    if (name) scripts.insert(std::filesystem::path(folder_of(entry.path)) / *name);
  }
  return scripts;
}

bool asks_git(std::string_view text, const std::vector<std::string>& words) {
  const std::vector<std::string> lines = split(text, '\n');
  return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
    const size_t git = find_gits_word(line);
    return git != std::string_view::npos && std::any_of(words.begin(), words.end(), [&](const std::string& word) {
             return find_word(line, word, git) != std::string_view::npos;
           });
  });
}

GitsAskers::GitsAskers(Os& os, const Plan& plan, const source::Entries& entries) {
  NamedFiles named;
  const Globs asking(plan.recipe.blind.commit);
  const std::set<std::string> scripts = scripts_of_tool(os, plan, entries);
  for (const source::Entry& entry : entries) {
    if (entry.kind != source::Kind::file || (!asking.match(entry.path) && !scripts.contains(entry.path))) continue;
    auto text = source_text(os, plan.workspace.folder + "/" + entry.path);
    Asker& asker = all_.emplace_back(Asker{entry.path, std::nullopt});
    if (!text) continue;
    asker.commands = commands_in(plan, entry.path, *std::move(text));
    named.add(*asker.commands);
  }
  if (all_.empty()) return;  // nothing names a script
  for (Script& script : named_scripts(os, plan, entries, named))
    all_.push_back({std::move(script.path), std::move(script.text)});
}

std::string GitsAskers::first(const std::vector<std::string>& words) const {
  for (const Asker& asker : all_)
    if (!asker.commands || asks_git(*asker.commands, words)) return asker.path;
  return {};
}

std::string file_that_asks_git(Os& os, const Plan& plan, const source::Entries& entries,
                               const std::vector<std::string>& words) {
  return GitsAskers(os, plan, entries).first(words);
}

std::set<std::string> sources_that_ask_git(Os& os, const Plan& plan, const source::Entries& entries) {
  const config::Embedded& embedded = plan.recipe.blind.embedded;
  std::set<std::string> asking = scripts_of_tool(os, plan, entries);
  if (embedded.git_words.empty()) return asking;
  for (const source::Entry& entry : entries) {
    if (entry.kind != source::Kind::file || !matches_any(embedded.sources, entry.path)) continue;
    const auto text = source_text(os, plan.workspace.folder + "/" + entry.path);
    if (!text || has_one_of(*text, embedded.git_words)) asking.insert(entry.path);
  }
  return asking;
}

bool macros_ask_git(Os& os, const Plan& plan) {
  const config::Embedded& embedded = plan.recipe.blind.embedded;
  return std::any_of(embedded.locks.begin(), embedded.locks.end(), [&](const std::string& path) {
    const auto text = source_text(os, plan.workspace.folder + "/" + path);
    return text && has_one_of(*text, embedded.git_macros);
  });
}

}  // namespace larder::builds
