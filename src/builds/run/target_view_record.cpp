#include <algorithm>
#include <set>

#include "base/glob.hpp"
#include "base/parallel.hpp"
#include "builds/run/packages.hpp"
#include "builds/run/target_view.hpp"
#include "source/git_state.hpp"
#include "source/own_writes.hpp"

// What a build has seen and written, for the record of its generation.

namespace larder::builds {
namespace {

/// A worktree has a file by that name, which leads to it.
constexpr const char* git_folder = ".git";

}  // namespace

std::optional<engine::Watched> TargetView::watched(int file) const {
  if (renames_folders_) return std::nullopt;  // all is copied first
  engine::Watched watched{plan_.workspace.place, {}, file};
  for (const source::Entry& entry : project_->entries)
    if (entry.kind == source::Kind::folder && (entry.path == git_folder || !source::is_gits_own(entry.path)))
      watched.folders.push_back(entry.path);
  return watched;
}

/// By this build and those before it. Where some may be missing, each file counts but those that mean nothing. A
/// document that git may have opened to compare it with its index tells nothing of the build, unless earlier ones have
/// opened it too; of any other file nobody knows whether git alone has opened it.
std::vector<std::string> TargetView::all_opened(const engine::Opened& opened) const {
  std::set<std::string> now(opened.paths.begin(), opened.paths.end());
  if (now.contains(git_folder) || now.contains(std::string(git_folder) + "/index"))
    for (const std::string& path : source::read_by_git(store_.os(), project_->walk))
      if (!ever_opened_.contains(path) && matches_any(plan_.recipe.blind.documents, path)) now.erase(path);
  now.insert(opened_before_.begin(), opened_before_.end());
  if (!opened.complete)
    for (const source::Entry& entry : project_->entries)
      if (entry.kind == source::Kind::file && !matches_any(plan_.recipe.blind.documents, entry.path))
        now.insert(entry.path);
  return {now.begin(), now.end()};
}

std::vector<source::LinkOut> TargetView::new_links_out() const {
  std::vector<source::LinkOut> links = project_->links_out;
  std::erase_if(links, [this](const source::LinkOut& link) {
    const source::Entry* before = find(built_from_, link.path);
    const source::Entry* now = find(project_->entries, link.path);
    return before != nullptr && now != nullptr && source::same_content(*before, *now);
  });
  return links;
}

Result<std::optional<store::NewSource>> TargetView::record(store::Transaction& transaction,
                                                           const engine::Opened& opened) {
  const size_t last = transaction.forks().size() - 1;
  const store::Fork& fork = transaction.forks()[last];
  TRY_ASSIGN(const bool changed, transaction.changes(last));
  new_writes_.clear();
  if (is_as_recorded_ && !changed && fork.is_newest()) return std::optional<store::NewSource>();
  source::Walk walk = project_->walk;
  TRY_ASSIGN(const source::Walk later, source::walk(store_.os(), walk.folder, walk.left_out, worker_count()));
  source::forget_changed(walk, later);
  const source::Upper upper{fork.dir + "/upper", plan_.recipe.output, fork.base.empty()};
  TRY_ASSIGN(source::Record record, source::collect_own_writes(store_, upper, walk, shown_));
  if (!changed) record = source::record_without_writes(walk, shown_);
  note_new_writes(record);
  if (plan_.test) forget_writes_of_tests(record);
  record.renames_folders = renames_folders_;
  record.links = source::links_of(walk);
  record.git = project_->git;
  record.around = encode_marks(project_->around.marks);
  record.opened = all_opened(opened);
  store::NewSource made{record.encode(), source::digest_of(record.entries)};
  for (const source::OwnWrite& write : record.own)
    if (write.kind == source::Kind::none && write.replaced.kind != source::Kind::none) made.hides.push_back(write.path);
  return std::optional(std::move(made));
}

/// A test finds nothing that an earlier one has written beside sources, as in a clean copy. What may be a build
/// script's, which does not run each time, is kept.
void TargetView::forget_writes_of_tests(source::Record& record) const {
  if (plan_.recipe.blind.told.units.empty()) return;
  std::set<std::string> scripted;
  for (const Package& package : packages_of(store_.os(), plan_, project_->entries))
    if (!package.scripts.empty()) scripted.insert(package.folder);
  for (source::OwnWrite& write : record.own) {
    const source::OwnWrite* known = source::find_by_path(shown_.own, write.path);
    const auto folder = package_folder(plan_, project_->entries, write.path);
    const bool is_old = known != nullptr && known->time == write.time;
    if (!is_old && !(folder && scripted.contains(*folder))) write.overruled = true;
  }
}

void TargetView::note_new_writes(const source::Record& record) {
  auto old = shown_.own.begin();
  for (const source::OwnWrite& write : record.own) {
    while (old != shown_.own.end() && source::path_before(old->path, write.path)) ++old;
    const bool known = old != shown_.own.end() && old->path == write.path && old->time == write.time;
    const bool is_result = plan_.recipe.output.empty() && write.replaced.kind == source::Kind::none;
    const bool wanted = matches_any(plan_.project.bring_back, write.path);
    if (!known && write.kind == source::Kind::file && !write.overruled && (wanted || !is_result))
      new_writes_.push_back(write.path);
  }
}

}  // namespace larder::builds
