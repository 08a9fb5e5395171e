#include "source/git_state.hpp"

#include <dirent.h>
#include <fcntl.h>

#include <map>
#include <optional>

#include "base/field.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "source/git_index.hpp"

namespace larder::source {
namespace {

constexpr size_t ref_bytes_max = 4096;
constexpr size_t packed_bytes_max = size_t{64} << 20;
constexpr size_t dirt_index_bytes_max = size_t{1} << 30;
constexpr size_t tracked_bytes_max = size_t{1} << 30;

std::string first_line(Os& os, const std::string& path) {
  const auto text = read_file(os, AT_FDCWD, path, ref_bytes_max);
  return text ? text->substr(0, text->find('\n')) : std::string();
}

std::string without_prefix(const std::string& line, std::string_view prefix) {
  return line.starts_with(prefix) ? line.substr(prefix.size()) : "";
}

std::string joined(const std::string& folder, const std::string& path) {
  return path.starts_with('/') ? path : folder + "/" + path;
}

/// Where git keeps what is a worktree's own, and what all of them share; gitrepository-layout(5).
struct Repository {
  std::string own;
  std::string common;
};

std::optional<Repository> find_repository(Os& os, const std::string& folder) {
  const std::string dot_git = folder + "/.git";
  const auto status = os.stat(AT_FDCWD, dot_git);
  if (!status || !*status) return std::nullopt;
  if (S_ISDIR((*status)->st_mode)) return Repository{dot_git, dot_git};
  const std::string own = without_prefix(first_line(os, dot_git), "gitdir: ");
  if (!S_ISREG((*status)->st_mode) || own.empty()) return std::nullopt;
  const std::string path = joined(folder, own);
  const std::string common = first_line(os, path + "/commondir");
  return Repository{path, common.empty() ? path : joined(path, common)};
}

/// All refs that are packed, by name.
std::map<std::string, std::string> packed_refs(Os& os, const Repository& repository) {
  std::map<std::string, std::string> refs;
  const auto text = read_file(os, AT_FDCWD, repository.common + "/packed-refs", packed_bytes_max);
  if (!text) return refs;
  for (const std::string& line : split(*text, '\n')) {
    const size_t space = line.find(' ');
    if (space != std::string::npos && line.front() != '#') refs[line.substr(space + 1)] = line.substr(0, space);
  }
  return refs;
}

void add_loose_refs(Os& os, const std::string& folder, const std::string& name, int depth,
                    std::map<std::string, std::string>& refs) {
  constexpr int depth_max = 8;
  const auto entries = os.list(AT_FDCWD, folder);
  if (!entries || depth > depth_max) return;
  for (const DirEntry& entry : *entries) {
    const std::string path = folder + "/" + entry.name;
    if (entry.type == DT_DIR) add_loose_refs(os, path, name + "/" + entry.name, depth + 1, refs);
    if (entry.type == DT_REG) refs[name + "/" + entry.name] = first_line(os, path);
  }
}

using Refs = std::map<std::string, std::string>;

std::string commit_of(Os& os, const Repository& repository, const Refs& packed) {
  const std::string head = first_line(os, repository.own + "/HEAD");
  const std::string branch = without_prefix(head, "ref: ");
  if (branch.empty()) return head;
  const std::string commit = first_line(os, repository.common + "/" + branch);
  if (!commit.empty()) return commit;
  const auto found = packed.find(branch);
  return found == packed.end() ? "" : found->second;
}

}  // namespace

namespace {

/// The folders of the submodules that `.gitmodules` names; gitmodules(5).
std::vector<std::string> submodules_of(Os& os, const std::string& folder) {
  std::vector<std::string> paths;
  const auto text = read_file(os, AT_FDCWD, folder + "/.gitmodules", packed_bytes_max);
  if (!text) return paths;
  for (const std::string& line : split(*text, '\n')) {
    const size_t equals = line.find('=');
    if (equals == std::string::npos || trim(line.substr(0, equals)) != "path") continue;
    std::string path = trim(line.substr(equals + 1));
    if (is_path_inside(path)) paths.push_back(std::move(path));
  }
  return paths;
}

std::string state_of(Os& os, const std::string& folder, int depth) {
  constexpr int depth_max = 8;
  const auto repository = find_repository(os, folder);
  if (!repository) return {};
  Refs refs = packed_refs(os, *repository);
  const std::string commit = commit_of(os, *repository, refs);
  add_loose_refs(os, repository->common + "/refs/tags", "refs/tags", 0, refs);
  Sha256 hash;
  hash.field(commit);
  for (const auto& [name, id] : refs) {
    if (!name.starts_with("refs/tags/")) continue;
    hash.field(name);
    hash.field(id);
  }
  if (depth < depth_max)
    for (const std::string& path : submodules_of(os, folder)) hash.field(state_of(os, folder + "/" + path, depth + 1));
  return hash.finish().substr(0, 32);
}

}  // namespace

std::string git_state(Os& os, const std::string& folder) { return state_of(os, folder, 0); }

std::string git_refs(Os& os, const std::string& folder) {
  const auto repository = find_repository(os, folder);
  if (!repository) return {};
  Refs refs = packed_refs(os, *repository);
  add_loose_refs(os, repository->common + "/refs", "refs", 0, refs);
  Sha256 hash;
  hash.field(first_line(os, repository->own + "/HEAD"));
  hash.field(read_file(os, AT_FDCWD, repository->common + "/config", packed_bytes_max).value_or(""));
  for (const auto& [name, id] : refs) {
    hash.field(name);
    hash.field(id);
  }
  return hash.finish().substr(0, 32);
}

std::string head_commit(Os& os, const std::string& folder) {
  const auto repository = find_repository(os, folder);
  if (!repository) return {};
  const std::string commit = commit_of(os, *repository, packed_refs(os, *repository));
  return commit.find_first_not_of("0123456789abcdef") == std::string::npos ? commit : "";
}

namespace {

/// git's index of a walked folder.
struct IndexFile {
  std::string text;
  int64_t time;  ///< its mtime, in nanoseconds since 1970
};

std::optional<IndexFile> read_index(Os& os, const Walk& walk) {
  const auto repository = find_repository(os, walk.folder);
  if (!repository) return std::nullopt;
  const std::string path = repository->own + "/index";
  const auto status = os.stat(AT_FDCWD, path);
  auto index = read_file(os, AT_FDCWD, path, dirt_index_bytes_max);
  if (!index || !status || !*status) return std::nullopt;
  return IndexFile{*std::move(index), nanoseconds((*status)->st_mtim)};
}

std::optional<Stamp> stamp_of(const Walk& walk, const std::string& path) {
  const Seen* seen = find_seen(walk, path);
  return seen == nullptr ? std::nullopt : std::optional(seen->stamp);
}

}  // namespace

std::string git_dirt(Os& os, const Walk& walk) {
  auto index = read_index(os, walk);
  if (!index) return {};
  const auto read = [&](const std::string& tracked) -> std::optional<std::string> {
    const Seen* seen = find_seen(walk, tracked);
    if (seen == nullptr) return std::nullopt;
    if (seen->entry.kind == Kind::link) return seen->link;
    const auto text = read_file(os, AT_FDCWD, walk.folder + "/" + tracked, tracked_bytes_max);
    return text ? std::optional(*text) : std::nullopt;
  };
  const auto look = [&](const std::string& tracked) { return stamp_of(walk, tracked); };
  return digest_with_changes(std::move(index->text), index->time, look, read).value_or("");
}

std::vector<std::string> read_by_git(Os& os, const Walk& walk) {
  auto index = read_index(os, walk);
  if (!index) return {};
  const auto look = [&](const std::string& tracked) { return stamp_of(walk, tracked); };
  // As git is usually built (without USE_NSEC), whole seconds are all that it knows of times.
  const int64_t time = index->time - index->time % one_second;
  return paths_to_compare(std::move(index->text), time, look).value_or(std::vector<std::string>());
}

}  // namespace larder::source
