#include "builds/output/artifacts.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>

#include "base/copy_file.hpp"
#include "base/glob.hpp"
#include "base/hash_file.hpp"
#include "base/random_id.hpp"
#include "base/text.hpp"
#include "builds/output/check_binary.hpp"
#include "store/layer/merged_tree.hpp"

namespace larder::builds {
namespace {

struct Found {
  std::string path;  ///< in the volume
  struct stat status;
  Binary binary;
};

/// Patterns speak of /workspace; the volume's own paths begin at its mount point.
std::string in_workspace(const TargetPlan& target, const std::string& path) {
  const std::string mount = target.compiled.mount_path.substr(std::string("/workspace").size());
  return mount.empty() ? path : mount.substr(1) + "/" + path;
}

bool is_wanted(const TargetPlan& target, const std::string& path) {
  return matches_any(target.artifacts, path) && !matches_any(target.artifacts_not, path);
}

Result<std::vector<Found>> find_binaries(const TargetPlan& target, const store::Store& store,
                                         const store::MergedTree& view) {
  std::vector<Found> found;
  TRY(view.walk(
      [&](const store::MergedEntry& entry) -> Status {
        const bool program = S_ISREG(entry.status.st_mode) && (entry.status.st_mode & S_IXUSR) != 0;
        if (!program || !is_wanted(target, in_workspace(target, entry.path))) return {};
        TRY_ASSIGN(auto binary, identify_binary(store.os(), entry.dir, entry.name));
        if (binary) found.push_back({entry.path, entry.status, std::move(*binary)});
        return {};
      },
      [&](const std::string& folder) {
        return std::any_of(target.artifacts.begin(), target.artifacts.end(), [&](const std::string& pattern) {
          return glob_may_match_below(pattern, in_workspace(target, folder));
        });
      }));
  return found;
}

/// Leaves out helpers built for the build machine where the recipe may make such.
Result<std::vector<Found>> check_all(const Plan& plan, const TargetPlan& target, std::vector<Found> found) {
  std::vector<Found> right;
  std::optional<Error> first_wrong;
  for (Found& file : found) {
    const Status checked = check_binary(file.binary, target.target, in_workspace(target, file.path),
                                        target.target.libc == "musl" ? plan.recipe.wrong_libc : "");
    if (checked)
      right.push_back(std::move(file));
    else if (!first_wrong)
      first_wrong = checked.error();
  }
  const bool tolerated = plan.recipe.foreign_artifacts_allowed && !right.empty();
  if (first_wrong && !tolerated) return fail(std::move(*first_wrong));
  return right;
}

Result<std::string> content_of(Os& os, int dir, const std::string& name) {
  TRY_ASSIGN(const UniqueFd file, os.open(dir, name, O_RDONLY | O_NOFOLLOW));
  std::vector<char> buffer(hash_buffer_bytes);
  return hash_file(os, file.get(), buffer);
}

/// By content: a file of the same size and time may be another one, where times are clamped.
Result<bool> is_there(Os& os, const store::MergedTree::Found& from, const std::string& content, int to_dir,
                      const std::string& name) {
  TRY_ASSIGN(const auto there, os.stat(to_dir, name));
  if (!there || !S_ISREG(there->st_mode) || there->st_size != from.status.st_size) return false;
  if ((there->st_mode & 0777U) != (from.status.st_mode & 0777U)) return false;
  TRY_ASSIGN(const std::string old_content, content_of(os, to_dir, name));
  return content == old_content;
}

/// Gives the SHA-256 of what was delivered.
Result<std::string> deliver(Os& os, const store::MergedTree::Found& from, int to_dir, const std::string& name) {
  TRY_ASSIGN(std::string content, content_of(os, from.dir.get(), from.name));
  TRY_ASSIGN(const bool same, is_there(os, from, content, to_dir, name));
  if (same) return content;
  const std::string temporary = ".larder-" + random_id();
  TRY(copy_file(os, from.dir.get(), from.name, to_dir, temporary));
  const Status renamed = os.rename(to_dir, temporary, to_dir, name);
  if (renamed) return content;
  (void)os.unlink(to_dir, temporary);  // the first error is the one to report
  return fail(renamed.error());
}

/// A binary goes to the output folder under its own name; where two have the same, under its folder's name too,
/// below the folder of results.
std::map<std::string, std::string> output_names(const std::vector<Found>& found, const std::string& output) {
  std::map<std::string, int> uses;
  const auto base = [](const std::string& path) { return path.substr(path.rfind('/') + 1); };
  for (const Found& file : found) ++uses[base(file.path)];
  std::map<std::string, std::string> names;
  for (const Found& file : found) {
    std::string name = base(file.path);
    if (uses[name] > 1) {
      name = !output.empty() && file.path.starts_with(output + "/") ? file.path.substr(output.size() + 1) : file.path;
      std::replace(name.begin(), name.end(), '/', '-');
    }
    names[file.path] = name;
  }
  return names;
}

/// Makes what is missing of the folder for results and opens it, without following links below the project: one that
/// came with the project could lead anywhere.
Result<UniqueFd> open_output_folder(Os& os, const std::string& project, const std::string& path) {
  TRY_ASSIGN(UniqueFd folder, os.open(AT_FDCWD, project, O_RDONLY | O_DIRECTORY));
  std::string reached = project;
  for (const std::string& name : split(path.substr(project.size() + 1), '/')) {
    reached += "/" + name;
    if (const Status made = os.mkdir(folder.get(), name); !made && made.error().sys_errno != EEXIST)
      return fail(made.error());
    auto inner = os.open(folder.get(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!inner && (inner.error().sys_errno == ENOTDIR || inner.error().sys_errno == ELOOP))
      return fail(ErrorCode::usage, reached + " is not a folder", "it is a symbolic link or something else",
                  "remove it: finished binaries need a folder of that name");
    if (!inner) return fail(inner.error());
    folder = std::move(*inner);
  }
  return folder;
}

}  // namespace

Result<std::vector<Artifact>> deliver_artifacts(const Plan& plan, const TargetPlan& target, const store::Store& store,
                                                const std::vector<std::string>& roots) {
  TRY_ASSIGN(const store::MergedTree view, store::MergedTree::open(store, roots));
  TRY_ASSIGN(auto all, find_binaries(target, store, view));
  TRY_ASSIGN(const auto found, check_all(plan, target, std::move(all)));
  std::vector<Artifact> artifacts;
  if (found.empty()) return artifacts;
  Os& os = store.os();
  TRY_ASSIGN(const UniqueFd output, open_output_folder(os, plan.workspace.folder, target.output_folder));
  const auto names = output_names(found, plan.recipe.output);
  for (const Found& file : found) {
    TRY_ASSIGN(const auto from, view.find(file.path));
    if (!from) return fail(ErrorCode::damage, file.path + " has gone from the cache");
    const std::string& name = names.at(file.path);
    TRY_ASSIGN(std::string content, deliver(os, *from, output.get(), name));
    artifacts.push_back({target.output_folder + "/" + name, describe(file.binary),
                         static_cast<uint64_t>(file.status.st_size), std::move(content)});
  }
  return artifacts;
}

}  // namespace larder::builds
