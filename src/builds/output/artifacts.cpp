#include "builds/output/artifacts.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <set>

#include "base/copy_file.hpp"
#include "base/hash_file.hpp"
#include "base/random_id.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "builds/output/check_binary.hpp"
#include "builds/output/delivered.hpp"
#include "builds/output/find_results.hpp"
#include "builds/output/result_names.hpp"
#include "builds/output/result_path.hpp"
#include "store/layer/merged_tree.hpp"

namespace larder::builds {
namespace {

/// Leaves out helpers built for the build machine where the recipe may make such, and the links to them; never what
/// the project names as its results.
Result<std::vector<FoundResult>> check_all(const Plan& plan, const TargetPlan& target, std::vector<FoundResult> found) {
  std::set<std::string> wrong;
  std::optional<Error> first_wrong;
  const std::string wrong_libc = target.target.libc == "musl" ? plan.recipe.wrong_libc : "";
  config::Target any_glibc = target.target;  // what is the target's but for that is no helper
  any_glibc.glibc.clear();
  for (const FoundResult& file : found) {
    const Status checked = file.binary ? check_binary(*file.binary, target.target, file.path, wrong_libc) : Status();
    if (checked) continue;
    if (check_binary(*file.binary, any_glibc, file.path, wrong_libc)) return fail(checked.error());
    wrong.insert(file.path);
    if (!first_wrong) first_wrong = checked.error();
  }
  for (size_t before = 0; before != wrong.size();) {
    before = wrong.size();
    for (const FoundResult& file : found)
      if (wrong.count(file.link) != 0) wrong.insert(file.path);
  }
  const bool are_named = !target.results.wanted.empty();
  if (first_wrong && are_named) first_wrong->hint = "`exclude` of [artifacts] leaves it out; " + first_wrong->hint;
  if (first_wrong && (are_named || !plan.recipe.foreign_artifacts_allowed || wrong.size() == found.size()))
    return fail(std::move(*first_wrong));
  found.erase(std::remove_if(found.begin(), found.end(), [&](const auto& file) { return wrong.count(file.path) != 0; }),
              found.end());
  return found;
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
  TRY_ASSIGN(const auto there, os.stat(to_dir, name));
  if (there && S_ISDIR(there->st_mode))
    return fail(ErrorCode::usage, fmt::format("{} is a folder where a result belongs", printable(name)), {},
                "move it out of target/, which holds results");
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

/// Makes what is missing of a folder below `top`, which is there, and opens it without following links: one that came
/// with the project could lead anywhere.
Result<UniqueFd> open_folder(Os& os, const std::string& top, const std::string& path) {
  TRY_ASSIGN(UniqueFd folder, os.open(AT_FDCWD, top, O_RDONLY | O_DIRECTORY));
  std::string reached = top;
  for (const std::string& name : split(path.substr(top.size() + 1), '/')) {
    reached += "/" + name;
    if (const Status made = os.mkdir(folder.get(), name); !made && made.error().sys_errno != EEXIST)
      return fail(made.error());
    auto inner = os.open(folder.get(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!inner && (inner.error().sys_errno == ENOTDIR || inner.error().sys_errno == ELOOP))
      return fail(ErrorCode::usage, reached + " is not a folder", "it is a symbolic link or something else",
                  "remove it: results need a folder of that name");
    if (!inner) return fail(inner.error());
    folder = std::move(*inner);
  }
  return folder;
}

/// A link of that text; an entry of another kind is replaced, as long as it is no folder.
Status deliver_link(Os& os, const std::string& text, int to_dir, const std::string& name) {
  TRY_ASSIGN(const auto there, os.stat(to_dir, name));
  if (there && S_ISLNK(there->st_mode)) {
    TRY_ASSIGN(const std::string old_text, os.read_link(to_dir, name));
    if (old_text == text) return {};
  }
  const std::string temporary = ".larder-" + random_id();
  TRY(os.symlink(text, to_dir, temporary));
  Status renamed = os.rename(to_dir, temporary, to_dir, name);
  if (!renamed) (void)os.unlink(to_dir, temporary);  // the first error is the one to report
  return renamed;
}

ArtifactKind kind_of(const FoundResult& result) {
  if (!result.link.empty()) return ArtifactKind::link;
  if (result.binary && result.binary->archive) return ArtifactKind::static_library;
  if (result.binary) return result.binary->executable ? ArtifactKind::program : ArtifactKind::shared_library;
  for (const char* ending : {".dwp", ".debug", ".pdb"})
    if (result.path.ends_with(ending)) return ArtifactKind::debug_info;
  return ArtifactKind::file;
}

std::string describe(const FoundResult& result, const std::string& link_text) {
  const ArtifactKind kind = kind_of(result);
  if (kind == ArtifactKind::link) return "link to " + link_text;
  if (result.binary) return larder::describe(*result.binary);
  return kind == ArtifactKind::debug_info ? "debug information" : "file";
}

/// Puts results into the folder for them.
class Delivery {
 public:
  Delivery(const Plan& plan, const TargetPlan& target, const store::Store& store, const store::MergedTree& view,
           const std::map<std::string, std::string>& names)
      : plan_(plan), target_(target), os_(store.os()), view_(view), names_(names) {}

  /// Files go before links, so that no link is there without what it leads to.
  Result<std::vector<Artifact>> put(const std::vector<FoundResult>& results) {
    for (const FoundResult& result : results) {
      if (result.link.empty())
        TRY(put_file(result));
      else
        links_[result.path] = result.link;
    }
    for (const FoundResult& result : results)
      if (!result.link.empty()) TRY(put_link(result));
    std::sort(artifacts_.begin(), artifacts_.end(),
              [](const Artifact& a, const Artifact& b) { return a.path < b.path; });
    return std::move(artifacts_);
  }

 private:
  Result<UniqueFd> folder_for(const std::string& name) {
    const std::string inner = folder_of(name);
    return open_folder(os_, plan_.workspace.folder, target_.output_folder + (inner.empty() ? "" : "/" + inner));
  }

  Result<std::optional<store::MergedTree::Found>> find_source(const std::string& path) {
    const std::string folder = folder_of(path);
    TRY_ASSIGN(const UniqueFd project, os_.open(AT_FDCWD, plan_.workspace.folder, O_RDONLY | O_DIRECTORY));
    TRY_ASSIGN(UniqueFd dir, os_.open_dir_beneath(project.get(), folder.empty() ? "." : folder));
    TRY_ASSIGN(const auto status, os_.stat(dir.get(), name_of(path)));
    if (!status) return std::nullopt;
    return store::MergedTree::Found{std::move(dir), name_of(path), *status};
  }

  Status put_file(const FoundResult& result) {
    TRY_ASSIGN(const auto from, result.is_source ? find_source(result.path) : view_.find(result.path));
    if (!from) return fail(ErrorCode::damage, printable(result.path) + " has gone away");
    const std::string& name = names_.at(result.path);
    TRY_ASSIGN(const UniqueFd folder, folder_for(name));
    TRY_ASSIGN(std::string content, deliver(os_, *from, folder.get(), name_of(name)));
    contents_[result.path] = content;
    artifacts_.push_back({target_.output_folder + "/" + name,
                          describe(result, {}),
                          static_cast<uint64_t>(result.status.st_size),
                          std::move(content),
                          kind_of(result),
                          {}});
    return {};
  }

  /// The content of what a link among the results leads to.
  std::string content_behind(std::string path) const {
    for (auto link = links_.find(path); link != links_.end(); link = links_.find(path)) path = link->second;
    return contents_.at(path);
  }

  Status put_link(const FoundResult& result) {
    const auto next = names_.find(result.link);
    INVARIANT(next != names_.end());
    const std::string& name = names_.at(result.path);
    const std::string text = relative_path(name, next->second);
    TRY_ASSIGN(const UniqueFd folder, folder_for(name));
    TRY(deliver_link(os_, text, folder.get(), name_of(name)));
    artifacts_.push_back({target_.output_folder + "/" + name, describe(result, text),
                          static_cast<uint64_t>(result.status.st_size), content_behind(result.path), ArtifactKind::link,
                          text});
    return {};
  }

  const Plan& plan_;
  const TargetPlan& target_;
  Os& os_;
  const store::MergedTree& view_;
  const std::map<std::string, std::string>& names_;
  std::map<std::string, std::string> contents_;  ///< SHA-256 by path in the volume
  std::map<std::string, std::string> links_;     ///< what links name, by path in the volume
  std::vector<Artifact> artifacts_;
};

/// Why there are no results.
std::string no_results_note(const TargetPlan& target) {
  const ResultRules& rules = target.results;
  std::string why = "the build has left no program and no library for " + target.target.name;
  if (!rules.installed.empty())
    why = "installing has put no file below DESTDIR";
  else if (rules.from == config::ResultSource::cargo)
    why = "cargo has named no program, no cdylib and no staticlib among what it made";
  else if (rules.from == config::ResultSource::cmake)
    why = "CMake has no target here that makes a program or a library";
  return "nothing is delivered: " + why;
}

/// A program that does not find a library of the project's may take the machine's in silence.
void note_unfound_libraries(const Plan& plan, const std::vector<FoundResult>& results,
                            const std::map<std::string, std::string>& names, std::vector<std::string>& notes) {
  for (const FoundResult& result : results) {
    const std::vector<std::string> unfound = unfound_libraries(result, names);
    if (unfound.empty()) continue;
    const char* installed = plan.recipe.install ? "; `[artifacts] install = true` delivers what installing makes" : "";
    notes.push_back(fmt::format(
        "{} needs {}, of these results, and does not look where that lies: LD_LIBRARY_PATH leads it there{}",
        printable(names.at(result.path)), join_words(unfound), installed));
  }
}

/// A build of the same kind makes the same results as long as the project does. In a member's folder a tool makes that
/// member's alone.
std::string kind_of_build(const Plan& plan) {
  Sha256 hash;
  hash.field(plan.recipe.name);
  if (const std::string place = plan.workspace.start_place(); place != plan.workspace.place) hash.field(place);
  for (const std::string& argument : plan.args) hash.field(argument);
  return plan.recipe.name + kind_mark + hash.finish().substr(0, 16);
}

}  // namespace

Result<Results> deliver_results(const Plan& plan, const TargetPlan& target, const store::Store& store,
                                const BuildOutput& output) {
  TRY_ASSIGN(const store::MergedTree view, store::MergedTree::open(store, output.roots));
  TRY_ASSIGN(auto found, find_results(plan, target, store, view, output));
  TRY_ASSIGN(const auto right, check_all(plan, target, std::move(found.files)));
  const std::string& built_in = target.results.folder.empty() ? plan.recipe.output : target.results.folder;
  const auto names = name_results(right, built_in);
  std::vector<std::string> delivered_names;
  for (const auto& [path, name] : names) delivered_names.push_back(name);
  TRY_ASSIGN(Delivered delivered, Delivered::read(store, plan.workspace.folder, target.output_folder));
  TRY(delivered.remove_others(kind_of_build(plan), delivered_names));
  Results results{{}, std::move(found.notes)};
  note_unfound_libraries(plan, right, names, results.notes);
  TRY_ASSIGN(results.artifacts, Delivery(plan, target, store, view, names).put(right));
  TRY(delivered.keep(kind_of_build(plan), results.artifacts));
  if (results.artifacts.empty()) results.notes.push_back(no_results_note(target));
  return results;
}

}  // namespace larder::builds
