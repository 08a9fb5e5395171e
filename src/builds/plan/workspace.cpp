#include "builds/plan/workspace.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/sha256.hpp"

namespace larder::builds {
namespace {

namespace fs = std::filesystem;

/// A word fit for a volume's name; what does not fit becomes `-`.
std::string slug(std::string_view text) {
  std::string word;
  for (const char c : text.substr(0, 40)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (plain)
      word += c;
    else if (!word.empty() && word.back() != '-')
      word += '-';
  }
  while (!word.empty() && word.back() == '-') word.pop_back();
  return word.empty() ? "project" : word;
}

/// Empty where it is no regular file: who wrote the project may have put a FIFO or a device there.
std::string first_line(const fs::path& file) {
  constexpr size_t length_max = 4096;
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) return {};
  std::ifstream stream(file);
  std::string line(length_max, '\0');
  stream.read(line.data(), static_cast<std::streamsize>(line.size()));
  line.resize(static_cast<size_t>(stream.gcount()));
  return line.substr(0, line.find('\n'));
}

/// What git keeps outside the folder, and where the folder lies in its repository.
struct Git {
  fs::path top;     ///< folder with .git
  fs::path common;  ///< the repository's directory
  bool worktree = false;
};

std::string trimmed(const std::string& text) {
  const size_t start = text.find_first_not_of(" \t");
  if (start == std::string::npos) return {};
  return text.substr(start, text.find_last_not_of(" \t\r") - start + 1);
}

/// The value of a key in a section of the repository's config (git-config(1), without includes); empty: none.
std::string config_value(const fs::path& repository, std::string_view section, std::string_view key) {
  constexpr size_t bytes_max = size_t{1} << 20U;
  std::error_code ignored;
  const fs::path path = repository / "config";
  if (!fs::is_regular_file(path, ignored) || fs::file_size(path, ignored) > bytes_max) return {};
  std::ifstream config(path);
  bool inside = false;
  for (std::string line; std::getline(config, line);) {
    line = trimmed(line);
    if (!line.empty() && line.front() == '[') inside = line == section;
    const size_t equals = line.find('=');
    if (inside && equals != std::string::npos && trimmed(line.substr(0, equals)) == key)
      return trimmed(line.substr(equals + 1));
  }
  return {};
}

bool is_repository(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / "HEAD", ignored) && fs::is_directory(folder / "objects", ignored) &&
         fs::is_directory(folder / "refs", ignored);
}

/// The repository of a folder whose `.git` is a file (gitrepository-layout(5)). Only one that points back to the
/// folder: else whoever wrote the project would choose what builds are shown.
std::optional<fs::path> linked_repository(const fs::path& top, const std::string& text) {
  std::error_code ignored;
  const fs::path own = fs::weakly_canonical(top / text, ignored);
  const std::string common_text = first_line(own / "commondir");
  if (common_text.empty()) {
    const std::string worktree = config_value(own, "[core]", "worktree");
    const bool is_ours = !worktree.empty() && fs::weakly_canonical(own / worktree, ignored) == top;
    return is_ours && is_repository(own) ? std::optional(own) : std::nullopt;
  }
  const fs::path common = fs::weakly_canonical(own / common_text, ignored);
  const fs::path back = fs::weakly_canonical(own / first_line(own / "gitdir"), ignored);
  const bool is_ours = own.parent_path() == common / "worktrees" && back == top / ".git";
  return is_ours && is_repository(common) ? std::optional(common) : std::nullopt;
}

std::optional<Git> find_git(const fs::path& folder) {
  std::error_code ignored;
  for (fs::path top = folder;; top = top.parent_path()) {
    const fs::path dot_git = top / ".git";
    if (fs::is_directory(dot_git, ignored)) return Git{top, dot_git, false};
    if (fs::is_regular_file(dot_git, ignored)) {
      constexpr std::string_view word = "gitdir: ";  // gitrepository-layout(5)
      const std::string line = first_line(dot_git);
      if (line.compare(0, word.size(), word) != 0) return std::nullopt;
      const auto repository = linked_repository(top, line.substr(word.size()));
      if (!repository) return std::nullopt;
      return Git{top, *repository, true};
    }
    if (top == top.parent_path()) return std::nullopt;
  }
}

std::string origin_url(const fs::path& common) { return config_value(common, "[remote \"origin\"]", "url"); }

std::string last_part(std::string text) {
  while (!text.empty() && text.back() == '/') text.pop_back();
  if (text.size() > 4 && text.compare(text.size() - 4, 4, ".git") == 0) text.erase(text.size() - 4);
  const size_t start = text.find_last_of("/:");
  return start == std::string::npos ? text : text.substr(start + 1);
}

std::string named_after(const std::string& name, const std::string& identity) {
  return slug(name) + "-" + sha256_hex(identity).substr(0, 8);
}

/// What all clones and worktrees of a repository have in common: where its origin's origin is, or else lies.
std::string identity_of(const Git& git, int clones) {
  constexpr int clones_max = 8;
  const std::string url = origin_url(git.common);
  if (url.empty()) return (git.common.filename() == ".git" ? git.common.parent_path() : git.common).string();
  constexpr std::string_view file = "file://";
  const fs::path path = url.starts_with(file) ? url.substr(file.size()) : url;
  std::error_code ignored;
  if (!path.is_absolute() || clones == clones_max) return url;
  const fs::path folder = fs::weakly_canonical(path, ignored);
  if (fs::is_regular_file(folder / "HEAD", ignored)) return identity_of({folder, folder, false}, clones + 1);
  const auto there = find_git(folder);
  return there && there->top == folder ? identity_of(*there, clones + 1) : url;
}

std::string project_name(const fs::path& folder, const config::Project& project, const std::optional<Git>& git) {
  if (!project.name.empty()) return slug(project.name);
  if (!git) return named_after(folder.filename().string(), folder.string());
  const std::string url = identity_of(*git, 0);
  const std::string inside = folder.lexically_relative(git->top).string();
  return named_after(inside == "." ? last_part(url) : folder.filename().string(), url + "\n" + inside);
}

/// Whether a file in a folder above `here` counts: not one of another user, who would decide what is built (as git's
/// safe.directory). Who owns `here` is trusted, so that root can build another's checkout.
bool is_trusted(const fs::path& file, const fs::path& here) {
  struct stat of_file {};
  struct stat of_here {};
  if (::stat(file.c_str(), &of_file) != 0 || ::stat(here.c_str(), &of_here) != 0) return false;
  return of_file.st_uid == 0 || of_file.st_uid == ::geteuid() || of_file.st_uid == of_here.st_uid;
}

}  // namespace

std::string find_project_folder(const std::string& start) {
  std::error_code ignored;
  const fs::path here = fs::weakly_canonical(start, ignored);
  for (fs::path folder = here;; folder = folder.parent_path()) {
    const fs::path file = folder / "larder.toml";
    if (fs::is_regular_file(file, ignored) && (folder == here || is_trusted(file, here))) return folder.string();
    if (folder == folder.parent_path()) return here.string();
  }
}

Result<Workspace> open_workspace(const std::string& folder, const config::Project& project) {
  std::error_code error;
  const fs::path real = fs::canonical(folder, error);
  if (error) return fail(ErrorCode::usage, "no such project folder: " + folder, error.message());
  const std::optional<Git> git = find_git(real);
  Workspace workspace{real.string(), project_name(real, project, git), ""};
  if (git && git->worktree) workspace.git_dir = git->common.string();
  return workspace;
}

}  // namespace larder::builds
