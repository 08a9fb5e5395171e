#include "builds/run/noted_files.hpp"

#include <algorithm>

#include "builds/output/result_path.hpp"
#include "builds/run/named_files.hpp"

namespace larder::builds {
namespace {

/// Ninja's own log of dependencies has a number after each path, without a byte between them where the path fills its
/// words: the complement of one that is small.
std::string_view without_number(std::string_view word) {
  constexpr std::string_view high_bytes = "\xff\xff\xff";
  return word.ends_with(high_bytes) && word.size() > 4 ? word.substr(0, word.size() - 4) : word;
}

std::string_view without_steps(std::string_view path) {
  while (path.starts_with("./") || path.starts_with("../")) path.remove_prefix(path.find('/') + 1);
  return path;
}

}  // namespace

void NotedFiles::add(const std::string& folder, std::string_view text) {
  for (const std::string& line : split(text, '\n')) {
    if (line.starts_with('#')) continue;  // so rustc notes variables
    for (std::string_view word : words_of(line)) {
      word = without_number(word);
      if (word.starts_with('/') && !path_in_workspace("", word, workspace_path)) continue;  // the system's own
      notes_[std::string(file_name(word))].insert({std::string(word), folder, false});
    }
  }
}

void NotedFiles::add_told(std::string_view text, std::string_view word) {
  for (const std::string& line : split(text, '\n')) {
    const size_t found = line.find(word);
    if (found == std::string::npos) continue;
    std::string path = trim(line.substr(found + word.size()));
    while (path.ends_with('/')) path.pop_back();
    if (!path.empty()) notes_[std::string(file_name(path))].insert({path, {}, true});
  }
}

bool NotedFiles::have(const std::string& path) const {
  for (std::string at = path; !at.empty(); at = folder_of(at))
    if (have_itself(at)) return true;
  return false;
}

bool NotedFiles::have_itself(const std::string& path) const {
  const auto found = notes_.find(file_name(path));
  return found != notes_.end() &&
         std::any_of(found->second.begin(), found->second.end(), [&](const Note& note) { return means(note, path); });
}

bool NotedFiles::leads_to(const std::optional<std::string>& noted, const std::string& path) const {
  if (!noted || *noted == path) return noted.has_value();
  for (std::string at = *noted; !links_.empty() && !at.empty(); at = folder_of(at))
    if (links_.contains(at)) return true;
  return false;
}

bool NotedFiles::means(const Note& note, const std::string& path) const {
  if (note.word.starts_with('/')) return leads_to(path_in_workspace("", note.word, place_), path);
  if (note.is_told) return ends_with_path(path, without_steps(note.word));
  for (std::string folder = note.folder;; folder = folder_of(folder)) {
    if (leads_to(path_in_workspace(folder, note.word, place_), path)) return true;
    if (folder.empty()) return false;
  }
}

}  // namespace larder::builds
