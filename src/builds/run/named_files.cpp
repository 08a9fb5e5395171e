#include "builds/run/named_files.hpp"

#include <algorithm>

#include "base/glob.hpp"
#include "base/text.hpp"

namespace larder::builds {
namespace {

std::string_view without_slashes(std::string_view word) { return word.substr(0, word.find_last_not_of('/') + 1); }

bool means_all(std::string_view name) { return name.find_first_not_of("*?.") == std::string_view::npos; }

bool is_pattern(std::string_view name) { return name.find_first_of("*?") != std::string_view::npos; }

/// Whether the word of some makefile, in whatever folder that lies, may be the path in the project. What stands before
/// a slash at its beginning may have been a variable.
bool may_mean(std::string_view word, std::string_view path) {
  while (word.starts_with("./") || word.starts_with("../")) word.remove_prefix(word.find('/') + 1);
  if (word.starts_with('/'))
    return ends_with_path(word, path) || path.ends_with(word) || ends_with_path(path, word.substr(1));
  return ends_with_path(path, word) || ends_with_path(word, path);
}

}  // namespace

bool ends_with_path(std::string_view path, std::string_view end) {
  return path == end || (path.ends_with(end) && path[path.size() - end.size() - 1] == '/');
}

std::vector<std::string_view> words_of(std::string_view text) {
  static constexpr char characters[] = " \t\n\r\\()[]'\"$:{}|,;=`<>&\0";
  constexpr std::string_view separators(characters, sizeof characters - 1);  // NUL is one
  std::vector<std::string_view> words;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find_first_of(separators, start), text.size());
    if (end > start) words.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return words;
}

std::vector<std::string_view> file_names_in(std::string_view text) {
  std::vector<std::string_view> names = words_of(text);
  for (std::string_view& name : names) name = file_name(name);
  return names;
}

void NamedFiles::add(std::string_view text) {
  for (std::string_view word : words_of(text)) {
    word = without_slashes(word);
    const std::string_view name = file_name(word);
    if (is_pattern(name) && !means_all(name)) {
      patterns_.emplace(name);
    } else if (!means_all(name)) {
      names_[std::string(name)].emplace(word);
    } else if (is_pattern(name) && name.size() < word.size()) {
      const std::string_view folder = file_name(without_slashes(word.substr(0, word.size() - name.size())));
      if (!means_all(folder))
        (is_pattern(folder) ? patterns_ : whole_folders_).emplace(folder);  // `*` alone tells of none
    }
  }
}

bool NamedFiles::have(const std::string& path) const {
  const std::string name(file_name(path));
  const std::string_view rest = std::string_view(path).substr(0, path.size() - name.size());
  return names_.count(name) > 0 || whole_folders_.count(file_name(without_slashes(rest))) > 0 || fits_pattern(name);
}

bool NamedFiles::have_at(const std::string& path) const {
  const auto found = names_.find(file_name(path));
  if (found == names_.end()) return have(path);
  return std::any_of(found->second.begin(), found->second.end(),
                     [&](const std::string& word) { return may_mean(word, path); });
}

bool NamedFiles::fits_pattern(const std::string& name) const {
  return std::any_of(patterns_.begin(), patterns_.end(),
                     [&](const std::string& pattern) { return glob_matches(pattern, name); });
}

bool NamedFiles::have_folder_of(const std::string& path) const {
  std::vector<std::string> parts = split(path, '/');
  parts.pop_back();
  return std::any_of(parts.begin(), parts.end(), [this](const std::string& part) {
    return names_.count(part) > 0 || whole_folders_.count(part) > 0 || fits_pattern(part);
  });
}

bool NamedFiles::have_stem_of(const std::string& path) const {
  const std::string_view name = file_name(path);
  const size_t dot = name.rfind('.');
  return dot != std::string_view::npos && dot > 0 && names_.count(name.substr(0, dot)) > 0;
}

}  // namespace larder::builds
