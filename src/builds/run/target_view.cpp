#include "builds/run/target_view.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <set>

#include "base/glob.hpp"
#include "base/hash_file.hpp"
#include "base/parallel.hpp"
#include "builds/output/result_path.hpp"
#include "builds/run/asks_git.hpp"
#include "builds/run/configured.hpp"
#include "builds/run/embedded.hpp"
#include "builds/run/includes.hpp"
#include "builds/run/other_image.hpp"
#include "builds/run/packages.hpp"
#include "builds/run/volume_cut.hpp"
#include "store/layer/merged_tree.hpp"

namespace larder::builds {
namespace {

/// A difference so small from the folder's own last build that no other generation is looked at: the ordinary edit.
constexpr size_t small_difference = 4;

/// The clock that stamps files: the kernel's coarse one, which the finer one of user space is ahead of.
int64_t now() {
  timespec time{};
  INVARIANT(::clock_gettime(CLOCK_REALTIME_COARSE, &time) == 0);
  return source::nanoseconds(time);
}

Result<int64_t> newest_time(const store::MergedTree& tree) {
  int64_t newest = 0;
  TRY(tree.walk([&](const store::MergedEntry& entry) -> Status {
    newest = std::max(newest, source::nanoseconds(entry.status.st_mtim));
    return {};
  }));
  return newest;
}

/// Whether the volume has the same at this path as the project.
Result<bool> has_same(Os& os, const store::MergedTree& tree, const source::Seen& seen) {
  TRY_ASSIGN(const auto found, tree.find(seen.entry.path));
  if (!found || (found->status.st_mode & 07777U) != seen.entry.mode) return false;
  if (S_ISLNK(found->status.st_mode)) {
    TRY_ASSIGN(const std::string text, os.read_link(found->dir.get(), found->name));
    return text == seen.link;
  }
  if (!S_ISREG(found->status.st_mode)) return false;
  TRY_ASSIGN(const UniqueFd file, os.open(found->dir.get(), found->name, O_RDONLY | O_NOFOLLOW));
  std::vector<char> buffer(hash_buffer_bytes);
  TRY_ASSIGN(const source::Digest content, hash_file_bytes(os, file.get(), buffer));
  return content == seen.entry.content;
}

const std::string* first_match(const std::vector<std::string>& patterns, const std::vector<std::string>& paths) {
  for (const std::string& path : paths)
    for (const std::string& pattern : patterns)
      if (glob_matches(pattern, path)) return &path;
  return nullptr;
}

}  // namespace

store::ChooseBase TargetView::chooser(const TargetPlan& target) {
  target_ = &target;
  return [this](const std::vector<store::Generation>& candidates) { return choose(candidates); };
}

store::ChooseBase TargetView::plain_chooser() {
  return [this](const std::vector<store::Generation>& candidates) -> Result<std::optional<size_t>> {
    TRY_ASSIGN(const auto chosen, choose(candidates));
    if (!chosen || (needs_no_view() && !counts_anew_)) return chosen;
    start_from_nothing();
    reason_ = "the project's own times would hide changes from what was built";
    return std::optional<size_t>();
  };
}

store::ChooseBase TargetView::empty_chooser() {
  return [this](const std::vector<store::Generation>&) -> Result<std::optional<size_t>> {
    start_from_nothing();
    return std::optional<size_t>();
  };
}

/// Whether the project's folder itself shows every change since the chosen generation's build. A time hides nothing
/// where the content is the same, or where it is later than it has to be.
bool TargetView::needs_no_view() const {
  const source::Entries& real = project_->entries;
  const auto hides = [&](const source::Correction& one) {
    const source::Entry* now = source::find(real, one.path);
    if (now == nullptr || now->kind != one.kind) return true;
    const source::Entry* before = source::find(built_from_, one.path);
    return one.time > now->time && (before == nullptr || !source::same_content(*before, *now));
  };
  const auto is_seen = [](const source::OwnWrite& write) { return !write.overruled && !write.path.empty(); };
  return std::none_of(shown_.corrections.begin(), shown_.corrections.end(), hides) &&
         std::none_of(shown_.own.begin(), shown_.own.end(), is_seen);
}

/// Those that were made on an image with this one's content go before those of which only a part is of use.
Result<std::optional<size_t>> TargetView::choose(const std::vector<store::Generation>& generations) {
  std::vector<size_t> whole;
  std::vector<size_t> in_part;
  for (size_t i = 0; i < generations.size(); ++i) {
    const auto& folders = folders_to_leave_out(generations[i]);
    if (folders) (folders->empty() ? whole : in_part).push_back(i);
    if (!folders && reason_.empty()) reason_ = "the image is another one";
  }
  for (const std::vector<size_t>* places : {&whole, &in_part}) {
    TRY_ASSIGN(const auto chosen, choose_among(generations, *places));
    if (chosen) return chosen;
  }
  start_from_nothing();
  return std::optional<size_t>();
}

Result<std::optional<size_t>> TargetView::choose_among(const std::vector<store::Generation>& generations,
                                                       const std::vector<size_t>& places) {
  TRY_ASSIGN(const auto candidates, read_candidates(generations, places));
  for (const Candidate& candidate : candidates) {
    const source::Difference& difference = candidate.difference;
    ever_opened_.insert(candidate.record.opened.begin(), candidate.record.opened.end());
    if (difference.same * 2 < difference.same + difference.count()) {
      const bool is_own = generations[candidate.place].spec.workspace == plan_.workspace.folder;
      if (is_own && reason_.empty()) reason_ = "less than half of the project is as it was";
      break;
    }
    std::string blind = blind_spot(difference);
    if (blind.empty() && plan_.recipe.blind.unsaid && differs_at_all(candidate))
      blind = "the recipe has no [content] to say what its tool notices";
    if (blind.empty()) {
      unnoticed_.look_into(reader_of(generations[candidate.place]), candidate.record.opened);
      TRY_ASSIGN(blind, blind_in_texts(candidate));
    }
    if (blind.empty()) {
      TRY_ASSIGN(blind, result_in_doubt(candidate, generations[candidate.place]));
    }
    if (!blind.empty()) {
      if (reason_.empty()) reason_ = std::move(blind);
      continue;
    }
    TRY_ASSIGN(runs_, runs_of(candidate, generations[candidate.place]));
    TRY_ASSIGN(const bool usable, decide_above(candidate, generations[candidate.place]));
    if (!usable) continue;
    TRY_ASSIGN(forgotten_, files_to_forget(candidate, generations[candidate.place]));
    of_image_ = folders_to_leave_out(generations[candidate.place]).value_or(std::vector<std::string>());
    chosen_ = true;
    renames_folders_ = candidate.record.renames_folders;
    is_as_recorded_ = candidate.record.git == project_->git && shown_.changed == 0 &&
                      shown_.own == candidate.record.own && shown_.entries == candidate.record.entries &&
                      candidate.record.around == encode_marks(project_->around.marks);
    built_from_ = candidate.record.entries;
    opened_before_ = candidate.record.opened;
    reason_.clear();
    return std::optional(candidate.place);
  }
  return std::optional<size_t>();
}

/// For a build; a command of the user's makes no results.
bool TargetView::differs_at_all(const Candidate& candidate) const {
  const source::Record& record = candidate.record;
  return target_ != nullptr && (candidate.difference.count() > 0 || record.git != project_->git ||
                                record.around != encode_marks(project_->around.marks));
}

bool TargetView::configures_anew(const Candidate& candidate) const {
  const bool other_git = candidate.record.git != project_->git;
  return may_configure_otherwise(store_.os(), plan_, project_->entries, candidate.difference) ||
         (other_git && asks_git_to_configure(store_.os(), plan_, project_->entries));
}

/// Of a result that only the project's patterns know nobody can tell whether a tool that is configured anew still makes
/// it.
Result<std::string> TargetView::result_in_doubt(const Candidate& candidate, const store::Generation& generation) const {
  if (target_ == nullptr || target_->results.wanted.empty() || !configures_anew(candidate)) return std::string();
  TRY_ASSIGN(const store::MergedTree volume, store::MergedTree::open(store_, store::layer_roots(generation.layers)));
  TRY_ASSIGN(const std::string path, wanted_in(volume, target_->results));
  return path.empty() ? path : path + " is a result by `[artifacts] include`, and perhaps made no longer";
}

Result<std::set<std::string>> TargetView::files_to_forget(const Candidate& candidate,
                                                          const store::Generation& generation) {
  const bool anew = configures_anew(candidate);
  const bool differs = candidate.record.git != project_->git || candidate.difference.count() > 0;
  const bool results = target_ != nullptr && differs && knows_no_results(plan_.recipe);
  std::set<std::string> files(runs_.folders.begin(), runs_.folders.end());
  if (!anew && !results) return files;
  TRY_ASSIGN(const store::MergedTree volume, store::MergedTree::open(store_, store::layer_roots(generation.layers)));
  const auto take = [&](Result<std::vector<std::string>> some) -> Status {
    if (!some) return fail(some.error());
    files.insert(some->begin(), some->end());
    return {};
  };
  if (anew) TRY(take(configuration_in(volume, plan_, project_->entries)));
  if (results) TRY(take(results_in(volume, target_->results)));
  return files;
}

/// Without an image all generations are of the one that the caller has.
const std::optional<std::vector<std::string>>& TargetView::folders_to_leave_out(const store::Generation& generation) {
  const std::string& digest = generation.spec.image;
  const auto known = other_images_.find(digest);
  if (known != other_images_.end()) return known->second;
  const bool same = target_ == nullptr || digest == target_->image.digest;
  auto folders =
      same ? std::optional(std::vector<std::string>()) : folders_of_image(store_, plan_, target_->image, generation);
  return other_images_.emplace(digest, std::move(folders)).first->second;
}

/// The newest one with the same content, else all, the least different first; the newest alone where it differs little.
Result<std::vector<TargetView::Candidate>> TargetView::read_candidates(
    const std::vector<store::Generation>& generations, const std::vector<size_t>& places) {
  std::vector<Candidate> candidates;
  for (const size_t i : places) {
    if (generations[i].source.content != project_->content) continue;
    TRY_ASSIGN(auto same, read_candidate(generations, i));
    if (same) candidates.push_back(std::move(*same));
    if (same) return candidates;
  }
  for (const size_t i : places) {
    TRY_ASSIGN(auto candidate, read_candidate(generations, i));
    if (!candidate) continue;
    candidates.push_back(std::move(*candidate));
    const source::Difference& difference = candidates.front().difference;
    const bool is_last_own = i == places.front() && generations[i].spec.workspace == plan_.workspace.folder;
    if (is_last_own && difference.count() <= small_difference && blind_spot(difference).empty()) return candidates;
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.difference.count() < b.difference.count(); });
  return candidates;
}

/// A volume whose record is missing or damaged is of no use, since nobody knows what it was built from.
Result<std::optional<TargetView::Candidate>> TargetView::read_candidate(
    const std::vector<store::Generation>& generations, size_t place) const {
  const std::string& name = generations[place].source.record;
  if (name.empty()) return std::optional<Candidate>();
  const auto text = store::read_source(store_, name);
  if (!text && text.error().code == ErrorCode::damage) return std::optional<Candidate>();
  if (!text) return fail(text.error());
  auto record = source::Record::decode(*text);
  if (!record) return std::optional<Candidate>();
  source::Difference difference = source::compare(record->entries, project_->entries);
  return std::optional(Candidate{place, std::move(*record), std::move(difference)});
}

/// What the recipe's tool would not notice; empty: nothing of the kind.
std::string TargetView::blind_spot(const source::Difference& difference) const {
  const config::BlindSpots& blind = plan_.recipe.blind;
  for (const auto* paths : {&difference.changed, &difference.added, &difference.removed})
    if (const std::string* path = first_match(blind.changed, *paths)) return *path + " has changed";
  if (const std::string* path = first_match(blind.removed, difference.removed)) return *path + " has gone";
  return {};
}

/// Whether a source of the project names a file that is new.
std::string TargetView::new_name_in_text(const Candidate& candidate) const {
  const config::BlindSpots& blind = plan_.recipe.blind;
  FilesAround around;
  if (!blind.includes.empty())
    around = files_around(decode_marks(candidate.record.around), project_->around, blind.includes);
  return new_file_that_is_named(store_.os(), plan_, project_->entries, candidate.difference, around);
}

VolumeReader TargetView::reader_of(const store::Generation& generation) const {
  return volume_reader(store_, plan_, project_->entries, generation.layers);
}

/// As `blind_spot`, for what it takes to read files of the project and of the volume.
Result<std::string> TargetView::blind_in_texts(const Candidate& candidate) {
  const bool builds_less_again = !plan_.recipe.blind.embedded.sources.empty();
  const std::string naming = builds_less_again ? std::string() : new_name_in_text(candidate);
  if (!naming.empty()) return naming;
  if (candidate.record.git != project_->git) {
    TRY_ASSIGN(const std::string asks, unnoticed_.asks_git());
    if (!asks.empty()) return asks + " asks git, whose answer is another now";
  }
  if (builds_less_again) return std::string();
  return unnoticed_.change(candidate.difference);
}

/// Also around the project; with what counts as changed where git, variables or settings have other answers.
std::vector<std::string> TargetView::differing(const Candidate& candidate) const {
  const source::Difference& difference = candidate.difference;
  std::vector<std::string> paths = changed_around(decode_marks(candidate.record.around), project_->around);
  if (candidate.record.git != project_->git && !plan_.recipe.blind.told.units.empty()) {
    const auto asking = sources_that_ask_git(store_.os(), plan_, project_->entries);
    paths.insert(paths.end(), asking.begin(), asking.end());
    for (const source::Entry& entry : project_->entries)
      if (matches_any(plan_.recipe.blind.commit, entry.path)) paths.push_back(entry.path);
  }
  for (const auto* some : {&difference.changed, &difference.added, &difference.removed})
    paths.insert(paths.end(), some->begin(), some->end());
  return paths;
}

Result<RunsAgain> TargetView::runs_of(const Candidate& candidate, const store::Generation& generation) const {
  const std::vector<std::string> paths = differing(candidate);
  if (paths.empty()) return RunsAgain();
  TRY_ASSIGN(const store::MergedTree volume, store::MergedTree::open(store_, store::layer_roots(generation.layers)));
  return find_runs_again(store_.os(), plan_, project_->entries, paths, volume);
}

/// Whether a file beside sources, which a build has written, is written again, or perhaps not, since what has written
/// it runs again or is another now.
bool TargetView::writes_again(const Candidate& candidate, const std::string& path) const {
  const config::BlindSpots& blind = plan_.recipe.blind;
  if (!blind.told.units.empty()) {
    const auto folder = package_folder(plan_, project_->entries, path);
    return folder && runs_.packages.contains(*folder);
  }
  const auto writes = [&](const std::string& other) { return matches_any(blind.commit, other); };
  const source::Difference& difference = candidate.difference;
  return std::any_of(difference.changed.begin(), difference.changed.end(), writes) ||
         std::any_of(difference.added.begin(), difference.added.end(), writes) ||
         std::any_of(difference.removed.begin(), difference.removed.end(), writes);
}

source::Record TargetView::base_of(const Candidate& candidate) const {
  source::Record base = candidate.record;
  if (plan_.recipe.output.empty()) return base;
  for (source::OwnWrite& write : base.own)
    if (write.kind == source::Kind::file && writes_again(candidate, write.path)) write.overruled = true;
  return base;
}

/// False where the volume has files from the future, above which nothing can be shown as newer.
Result<bool> TargetView::decide_above(const Candidate& candidate, const store::Generation& generation) {
  TRY_ASSIGN(const store::MergedTree tree, store::MergedTree::open(store_, store::layer_roots(generation.layers)));
  source::VolumeFacts facts;
  facts.newest = [&] { return newest_time(tree); };
  facts.has_same = [&](const source::Seen& seen) { return has_same(store_.os(), tree, seen); };
  const config::BlindSpots& blind = plan_.recipe.blind;
  const bool other_commit = candidate.record.git != project_->git && blind.asks_git.empty();
  const auto before = decode_marks(candidate.record.around);
  source::Difference all = candidate.difference;
  for (std::string& path : changed_around(before, project_->around)) all.changed.push_back(std::move(path));
  TRY_ASSIGN(const bool embedded, may_be_embedded(store_.os(), plan_, project_->entries, all, candidate.record.opened,
                                                  reader_of(generation)));
  const bool rebuilt =
      embedded ||
      (other_commit && (macros_ask_git(store_.os(), plan_) || a_macro_reads(store_.os(), plan_, project_->entries)));
  const auto asking =
      other_commit ? sources_that_ask_git(store_.os(), plan_, project_->entries) : std::set<std::string>();
  counts_anew_ = rebuilt;
  const auto roots = rebuilt ? roots_of_tool(store_.os(), plan_, project_->entries) : std::set<std::string>();
  if (other_commit || rebuilt)
    facts.counts_as_new = [&, other_commit, rebuilt](const std::string& path) {
      return (other_commit && (matches_any(blind.commit, path) || asking.contains(path))) ||
             (rebuilt && (matches_any(blind.embedded.rebuilt, path) || roots.contains(path)));
    };
  const auto is_named = [&](const std::string& path) { return unnoticed_.names(path); };
  const auto unnoticed = [&](const std::string& path) { return unnoticed_.change_around(path); };
  TRY_ASSIGN(const std::string hidden,
             hidden_around(plan_, before, project_->around, facts.newest, is_named, unnoticed));
  if (!hidden.empty()) {
    if (reason_.empty()) reason_ = hidden;
    return false;
  }
  TRY_ASSIGN(shown_, source::decide(project_->walk, base_of(candidate), facts, now()));
  if (shown_.ahead) reason_ = "what was built is newer than this machine's clock";
  return !shown_.ahead;
}

void TargetView::start_from_nothing() {
  chosen_ = false;
  of_image_.clear();
  forgotten_.clear();
  is_as_recorded_ = false;
  built_from_.clear();
  opened_before_.clear();
  shown_ = source::show_all(project_->walk, now());
}

Result<bool> TargetView::prepare(const store::Fork& fork) {
  if (project_->is_checkout) {
    TRY_ASSIGN(auto checkout, source::provide_checkout(store_, project_->walk));
    if (!checkout) return false;
    checkout_ = std::move(*checkout);
  }
  TRY_ASSIGN(mask_, source::provide_mask(store_, project_->walk, project_->covered, project_->hidden));
  TRY_ASSIGN(auto corrections, source::provide_corrections(store_, project_->walk, shown_));
  if (!corrections) return false;
  corrections_ = std::move(*corrections);
  if (!fork.writable()) return true;
  std::set<std::string> cut = forgotten_;
  cut.insert(of_image_.begin(), of_image_.end());
  TRY(cut_from_volume(store_, fork.base, fork.dir + "/upper", cut));
  const source::Entry& root = shown_.entries.front();
  const timespec time = source::to_timespec(root.time);
  const std::string upper = fork.dir + "/upper";
  TRY(store_.os().chmod(store_.dir(), upper, root.mode | 0700U));
  TRY(store_.os().utimens(store_.dir(), upper, {time, time}));
  return true;
}

void TargetView::complete(engine::Spec& spec, engine::VolumeMount& mount) const {
  const std::string& folder = plan_.workspace.folder;
  for (const source::CorrectionsLayer* below : {&mask_, &checkout_})
    mount.lowers.insert(mount.lowers.begin(), below->trees.begin(), below->trees.end());
  mount.lowers.insert(mount.lowers.end(), corrections_.trees.begin(), corrections_.trees.end());
  if (!project_->is_checkout) {
    mount.lowest_folder = folder;
    return;
  }
  std::vector<std::string> shown = project_->walk.mounts;
  if (const auto* git = find(shown_.entries, ".git"); git != nullptr && git->kind == source::Kind::folder)
    shown.emplace_back(".git");
  for (const std::string& path : shown) spec.extra.push_back({folder + "/" + path, mount.path + "/" + path});
}

}  // namespace larder::builds
