#include "image/lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <thread>

#include "base/durable_file.hpp"
#include "base/text.hpp"

namespace larder::image {
namespace {

namespace fs = std::filesystem;

constexpr const char* file_name = "larder.lock";

/// A chain with as many steps is not split further: each is a layer, and kernels before 6.7 mount about a hundred.
constexpr size_t split_steps_max = 40;

/// Where a project's lock is in the end.
struct Place {
  std::string file;    ///< as the project has it, for messages
  std::string target;  ///< what a link leads to; else the file itself
  bool is_there = false;
};

/// What stands at a path in place of a file.
const char* kind_of(fs::file_type type) {
  switch (type) {
    case fs::file_type::directory:
      return "a folder";
    case fs::file_type::fifo:
      return "a FIFO";
    case fs::file_type::socket:
      return "a socket";
    default:
      return "a device";
  }
}

/// Where a link leads, also if nothing is there.
std::string target_of(fs::path path) {
  constexpr int links_max = 40;
  std::error_code error;
  for (int i = 0; i < links_max && fs::is_symlink(fs::symlink_status(path, error)); ++i)
    path = path.parent_path() / fs::read_symlink(path, error);
  return fs::weakly_canonical(path, error).string();
}

/// A link of a stranger's project may lead anywhere: nothing is made there but a lock by its own name.
Result<Place> find_place(const std::string& folder) {
  Place place{folder + "/" + file_name, {}, false};
  std::error_code error;
  const fs::file_status status = fs::status(place.file, error);
  place.target = place.file;
  place.is_there = status.type() != fs::file_type::not_found;
  if (error && place.is_there)
    return fail(ErrorCode::usage, "cannot read " + place.file, error.message(),
                "look where it leads: `ls -l larder.lock`");
  if (place.is_there && !fs::is_regular_file(status))
    return fail(ErrorCode::usage, fmt::format("{} is {}, not a file", place.file, kind_of(status.type())), {},
                "move it away; `larder image build --all` writes a new one");
  if (!fs::is_symlink(fs::symlink_status(place.file, error))) return place;
  place.target = target_of(place.file);
  const bool has_folder = fs::is_directory(fs::path(place.target).parent_path(), error);
  if (place.is_there || (has_folder && fs::path(place.target).filename() == file_name)) return place;
  return fail(ErrorCode::usage,
              fmt::format("{} is a link to {}, which is not there", place.file, printable(place.target)), {},
              "remove the link; `larder image build --all` writes a new file");
}

Result<std::string> read_place(const Place& place) {
  Os os;
  return config::read_config_file(os, place.target, lock_limits.bytes);
}

/// Locks the folder until `dir` is closed, so that what two processes add is not lost. False where another does not let
/// it go, which may be a caller of this one's.
bool wait_for_others(Os& os, int dir) {
  constexpr int tries = 200;
  constexpr auto pause = std::chrono::milliseconds(10);
  for (int i = 0; i < tries; ++i) {
    const Status locked = os.flock(dir, LOCK_EX | LOCK_NB);
    if (locked) return true;
    if (locked.error().sys_errno != EWOULDBLOCK) return false;
    std::this_thread::sleep_for(pause);
  }
  return false;
}

/// Removes what a process has left that was killed while it wrote the file.
Status remove_unfinished(Os& os, int dir, const std::string& name) {
  TRY_ASSIGN(const auto entries, os.list(dir, "."));
  for (const DirEntry& entry : entries)
    if (entry.name.starts_with(name + ".new-")) TRY(os.unlink(dir, entry.name));
  return {};
}

bool is_subset(const std::vector<std::string>& part, const std::vector<std::string>& whole) {
  return std::includes(whole.begin(), whole.end(), part.begin(), part.end());
}

/// Of the packages' steps on a parent the one that has most of what is wanted, and nothing else.
const StepRecord* largest_part(const std::vector<StepRecord>& records, const std::string& from, const Step& wanted,
                               const std::string& machine) {
  const StepRecord* found = nullptr;
  for (const StepRecord& record : records) {
    if (record.from != from || record.machine != machine || record.step.kind != StepKind::packages) continue;
    const auto& request = record.step.request;
    if (request.empty() || !std::is_sorted(request.begin(), request.end()) || !is_subset(request, wanted.request))
      continue;
    const bool is_better = found == nullptr || request.size() > found->step.request.size() ||
                           (request.size() == found->step.request.size() && request < found->step.request);
    if (is_better) found = &record;
  }
  return found;
}

Step join_commands(std::vector<Step>::const_iterator first, std::vector<Step>::const_iterator end) {
  Step joined{StepKind::commands, {}};
  for (; first != end; ++first)
    joined.request.insert(joined.request.end(), first->request.begin(), first->request.end());
  return joined;
}

Step without(const Step& whole, const std::vector<std::string>& part) {
  Step rest{whole.kind, {}};
  std::set_difference(whole.request.begin(), whole.request.end(), part.begin(), part.end(),
                      std::back_inserter(rest.request));
  return rest;
}

}  // namespace

Result<Lock> Lock::load(const std::string& folder) {
  TRY_ASSIGN(const Place place, find_place(folder));
  Lock lock;
  if (place.is_there) {
    TRY_ASSIGN(const std::string text, read_place(place));
    TRY_ASSIGN(lock, parse(text, place.file));
  }
  lock.folder_ = folder;
  lock.is_shared_ = fs::path(place.target).parent_path() != fs::path(place.file).parent_path();
  return lock;
}

Result<Lock> Lock::parse(const std::string& text, const std::string& file) {
  Lock lock;
  lock.folder_ = file.substr(0, file.find('/') == std::string::npos ? 0 : file.rfind('/'));
  TRY_ASSIGN(lock.content_, parse_lock(text, file, lock.folder_));
  for (const StepRecord& record : lock.content_.records) lock.loaded_.insert(record.digest);
  return lock;
}

Result<Lock> Lock::load_whole_entries(const std::string& folder) {
  auto lock = load(folder);
  if (lock) return lock;
  TRY_ASSIGN(const Place place, find_place(folder));
  if (fs::path(place.target).filename() != file_name)
    return fail(ErrorCode::usage,
                fmt::format("{} is a link to {}, which is no lock", place.file, printable(place.target)), {},
                "remove the link; `larder image build --all` writes a new file");
  TRY_ASSIGN(const std::string text, read_place(place));
  const auto content = salvage_lock(text, place.file, folder);
  if (!content) return fail(lock.error());
  Lock whole;
  whole.folder_ = folder;
  whole.content_ = *content;
  whole.is_shared_ = fs::path(place.target).parent_path() != fs::path(place.file).parent_path();
  whole.changed_ = whole.salvaged_ = true;
  return whole;
}

const StepRecord* Lock::find(const std::string& from, const Step& step, const std::string& machine) const {
  for (const StepRecord& record : content_.records)
    if (is_same_step(record, from, step, machine)) return &record;
  return nullptr;
}

void Lock::shape(std::vector<Step>& steps, size_t at, const std::string& from, const std::string& machine) const {
  const Step first = steps.at(at);
  const auto place = steps.begin() + static_cast<std::ptrdiff_t>(at);
  if (find(from, first, machine) != nullptr) return;
  if (first.kind == StepKind::packages && steps.size() < split_steps_max) {
    const StepRecord* part = largest_part(content_.records, from, first, machine);
    if (part == nullptr) return;
    *place = part->step;
    steps.insert(place + 1, without(first, part->step.request));
  } else if (first.kind == StepKind::commands) {
    auto end = std::find_if(place, steps.end(), [](const Step& step) { return step.kind != StepKind::commands; });
    for (; end - place > 1; --end) {
      const Step joined = join_commands(place, end);
      if (find(from, joined, machine) == nullptr) continue;
      *place = joined;
      steps.erase(place + 1, end);
      return;
    }
  }
}

PinnedChain Lock::pinned(const Chain& chain, const std::string& machine) const {
  PinnedChain known{chain.steps, {}};
  for (size_t at = 0; at < known.steps.size(); ++at) {
    const std::string from = known.records.empty() ? "" : known.records.back().digest;
    shape(known.steps, at, from, machine);
    const StepRecord* record = find(from, known.steps[at], machine);
    if (record == nullptr) break;
    known.records.push_back(*record);
    known.records.back().step = known.steps[at];
  }
  return known;
}

void Lock::put(const StepRecord& record) {
  changed_ = true;
  auto& records = content_.records;
  const auto old = std::find_if(records.begin(), records.end(), [&](const StepRecord& known) {
    return is_same_step(known, record.from, record.step, record.machine);
  });
  if (old == records.end())
    records.push_back(record);
  else
    *old = record;
}

void Lock::keep_only(const std::vector<Chain>& chains, const std::string& machine) {
  if (is_shared_) return;
  std::vector<StepRecord> needed;
  for (const Chain& chain : chains)
    for (StepRecord& record : pinned(chain, machine).records) needed.push_back(std::move(record));
  const auto is_needed = [&](const StepRecord& record) {
    return record.machine != machine || std::any_of(needed.begin(), needed.end(), [&](const StepRecord& other) {
             return is_same_step(record, other.from, other.step, other.machine);
           });
  };
  if (std::erase_if(content_.records, [&](const StepRecord& record) { return !is_needed(record); }) > 0)
    changed_ = true;
}

void Lock::name_base(const Reference& reference) {
  if (reference.source != Source::oci_folder) return;
  if (reference.relative)
    content_.relative.insert(reference.text);
  else
    content_.relative.erase(reference.text);
}

/// Two builds of one project may pin something at once.
Status Lock::take_added(const std::string& folder) {
  auto now = load(folder);
  if (!now) return salvaged_ ? Status() : fail(now.error());
  for (const StepRecord& record : now->records())
    if (!loaded_.contains(record.digest) && find(record.from, record.step, record.machine) == nullptr)
      content_.records.push_back(record);
  return {};
}

Status Lock::save(Os& os, const std::string& folder) {
  TRY_ASSIGN(const Place place, find_place(folder));
  const fs::path target = place.target;
  TRY_ASSIGN(const UniqueFd dir, os.open(AT_FDCWD, target.parent_path().string(), O_RDONLY | O_DIRECTORY));
  const bool is_alone = wait_for_others(os, dir.get());
  TRY(take_added(folder));
  if (is_alone) TRY(remove_unfinished(os, dir.get(), target.filename().string()));
  TRY(replace_file(os, dir.get(), target.filename().string(), text(), Durability::none));
  changed_ = salvaged_ = false;
  for (const StepRecord& record : content_.records) loaded_.insert(record.digest);
  return {};
}

}  // namespace larder::image
