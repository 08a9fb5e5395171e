#include "builds/plan/workspace.hpp"

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

std::string first_line(const fs::path& file) {
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  return line;
}

/// What git keeps outside the folder, and where the folder lies in its repository.
struct Git {
  fs::path top;     ///< folder with .git
  fs::path common;  ///< the repository's directory
  bool worktree = false;
};

std::optional<Git> find_git(const fs::path& folder) {
  std::error_code ignored;
  for (fs::path top = folder;; top = top.parent_path()) {
    const fs::path dot_git = top / ".git";
    if (fs::is_directory(dot_git, ignored)) return Git{top, dot_git, false};
    if (fs::is_regular_file(dot_git, ignored)) {
      constexpr std::string_view word = "gitdir: ";  // gitrepository-layout(5)
      const std::string line = first_line(dot_git);
      if (line.compare(0, word.size(), word) != 0) return std::nullopt;
      const fs::path own = fs::weakly_canonical(top / line.substr(word.size()), ignored);
      const std::string common = first_line(own / "commondir");
      return Git{top, common.empty() ? own : fs::weakly_canonical(own / common, ignored), true};
    }
    if (top == top.parent_path()) return std::nullopt;
  }
}

std::string trimmed(const std::string& text) {
  const size_t start = text.find_first_not_of(" \t");
  if (start == std::string::npos) return {};
  return text.substr(start, text.find_last_not_of(" \t\r") - start + 1);
}

/// url of [remote "origin"] in the repository's config (git-config(1), without includes).
std::string origin_url(const fs::path& common) {
  std::ifstream config(common / "config");
  bool in_origin = false;
  for (std::string line; std::getline(config, line);) {
    line = trimmed(line);
    if (!line.empty() && line.front() == '[') in_origin = line == "[remote \"origin\"]";
    const size_t equals = line.find('=');
    if (in_origin && equals != std::string::npos && trimmed(line.substr(0, equals)) == "url")
      return trimmed(line.substr(equals + 1));
  }
  return {};
}

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

}  // namespace

std::string find_project_folder(const std::string& start) {
  std::error_code ignored;
  for (fs::path folder = fs::weakly_canonical(start, ignored);; folder = folder.parent_path()) {
    if (fs::is_regular_file(folder / "larder.toml", ignored)) return folder.string();
    if (folder == folder.parent_path()) return fs::weakly_canonical(start, ignored).string();
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
