#include "builds/plan/git_folder.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <utility>

#include "base/text.hpp"

namespace larder::builds {
namespace {

namespace fs = std::filesystem;

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

/// What stands before a path in a URL: user, host and port.
std::string host_of(std::string authority, std::string_view scheme) {
  authority.erase(0, authority.rfind('@') + 1);
  authority = lower_case(std::move(authority));
  for (const auto& [name, port] :
       {std::pair("ssh", ":22"), std::pair("https", ":443"), std::pair("http", ":80"), std::pair("git", ":9418")})
    if (scheme == name && authority.ends_with(port)) authority.erase(authority.rfind(':'));
  return authority;
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

}  // namespace

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
      return Git{top, *repository, true, line.substr(word.size())};
    }
    if (top == top.parent_path()) return std::nullopt;
  }
}

std::vector<std::string> alternate_objects(const fs::path& common) {
  constexpr size_t bytes_max = size_t{1} << 20U;
  std::error_code ignored;
  const fs::path objects = common / "objects";
  const fs::path list = objects / "info" / "alternates";
  std::vector<std::string> folders;
  if (!fs::is_regular_file(list, ignored) || fs::file_size(list, ignored) > bytes_max) return folders;
  std::ifstream stream(list);
  for (std::string line; std::getline(stream, line);)
    if (!line.empty() && line.front() != '#') folders.push_back(fs::weakly_canonical(objects / line, ignored).string());
  return folders;
}

fs::path lost_git(const fs::path& folder) {
  std::error_code ignored;
  for (fs::path top = folder;; top = top.parent_path()) {
    const fs::path dot_git = top / ".git";
    if (fs::exists(dot_git, ignored))
      return fs::is_regular_file(dot_git, ignored) && !find_git(top) ? dot_git : fs::path();
    if (top == top.parent_path()) return {};
  }
}

std::string repository_of(const std::string& url) {
  std::string scheme = "ssh";
  std::string authority;
  std::string path;
  const size_t after_scheme = url.find("://");
  if (after_scheme != std::string::npos) {
    scheme = url.substr(0, after_scheme);
    const size_t start = after_scheme + 3;
    const size_t slash = std::min(url.find('/', start), url.size());
    authority = url.substr(start, slash - start);
    path = url.substr(slash);
  } else {  // HOST:PATH, unless a slash stands before the colon
    const size_t colon = url.find(':');
    if (colon == std::string::npos || url.find('/') < colon) return url;
    authority = url.substr(0, colon);
    path = url.substr(colon + 1);
  }
  if (scheme.starts_with("git+")) scheme.erase(0, 4);
  path.erase(0, path.find_first_not_of('/'));
  while (path.ends_with('/')) path.pop_back();
  if (path.ends_with(".git")) path.erase(path.size() - 4);
  if (authority.empty() || path.empty()) return url;
  return host_of(std::move(authority), scheme) + "/" + path;
}

std::string origin_url(const fs::path& common) { return config_value(common, "[remote \"origin\"]", "url"); }

bool is_trusted(const fs::path& file, const fs::path& here) {
  struct stat of_file {};
  struct stat of_here {};
  if (::stat(file.c_str(), &of_file) != 0 || ::stat(here.c_str(), &of_here) != 0) return false;
  return of_file.st_uid == 0 || of_file.st_uid == ::geteuid() || of_file.st_uid == of_here.st_uid;
}

}  // namespace larder::builds
