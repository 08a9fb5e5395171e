#include "builds/image/image_steps.hpp"

#include <algorithm>
#include <thread>

#include "base/time.hpp"
#include "store/space/room.hpp"

namespace larder::builds {
namespace {

/// Steps mostly wait: for the network, for the disk, or for one long compilation.
size_t at_once_max() { return std::max(2U, 2 * std::thread::hardware_concurrency()); }

}  // namespace

ImageSteps::ImageSteps(const store::Store& store, Progress& progress, Signals& signals)
    : store_(store), progress_(progress), supervisor_(progress, signals) {}

bool ImageSteps::has_room_for(const StepWork& work) const {
  const bool installs = work.step.kind == image::StepKind::packages;
  return making_.size() < at_once_max() && std::none_of(making_.begin(), making_.end(), [&](const auto& entry) {
           const StepWork& other = entry.second.step->work();
           return other.hash() == work.hash() || (installs && other.step.kind == image::StepKind::packages);
         });
}

void ImageSteps::add(const std::string& name, StepWork work) {
  making_[name].step = std::make_unique<ImageStep>(store_, std::move(work));
}

Result<std::vector<MadeStep>> ImageSteps::start_waiting() {
  std::vector<MadeStep> made;
  for (auto& [name, making] : making_) {
    if (making.process != nullptr) continue;
    TRY_ASSIGN(auto stored, try_start(name, making));
    if (stored) made.push_back({name, std::move(*stored)});
  }
  for (const MadeStep& step : made) making_.erase(step.name);
  return made;
}

Result<std::optional<image::Stored>> ImageSteps::try_start(const std::string& name, Making& making) {
  TRY_ASSIGN(const bool acquired, store::with_room(store_, [&] { return making.step->acquire(); }));
  if (!acquired) {
    TRY_ASSIGN(const std::string maker, making.step->maker());
    progress_.waiting(name, "for " + maker);
    return std::optional<image::Stored>();
  }
  TRY_ASSIGN(auto stored, making.step->already_made());
  if (stored) return stored;
  TRY_ASSIGN(Log log, making.step->open_log());
  TRY_ASSIGN(auto process, store::with_room(store_, [&] { return making.step->start(); }));
  making.process = process.get();
  making.start = steady_seconds();
  progress_.started(name);
  if (!making.step->note().empty()) progress_.note(name, making.step->note());
  progress_.line(name, "preparing " + making.step->work().step.describe());
  supervisor_.add(name, std::move(process), std::move(log));
  return std::optional<image::Stored>();
}

Result<std::vector<MadeStep>> ImageSteps::advance() {
  TRY_ASSIGN(auto made, start_waiting());
  if (!made.empty()) return made;
  TRY_ASSIGN(const auto all_ended, supervisor_.step());
  for (const Ended& ended : all_ended) {
    TRY_ASSIGN(image::Stored stored, finish(ended));
    made.push_back({ended.name, std::move(stored), ended.seconds});
  }
  if (supervisor_.interrupted() && supervisor_.idle()) return fail(ErrorCode::interrupted, "interrupted");
  stop_where_disk_is_full();
  return made;
}

Result<image::Stored> ImageSteps::finish(const Ended& ended) {
  const auto entry = making_.find(ended.name);
  const Making making = std::move(entry->second);
  making_.erase(entry);
  auto stored = making.step->finish(ended, making.disk_full);
  if (!stored) tell_failure(ended);
  return stored;
}

/// The others end with it.
void ImageSteps::tell_failure(const Ended& ended) {
  progress_.finished(ended.name, ended.interrupted ? TargetOutcome::interrupted : TargetOutcome::failed, ended.seconds);
  for (const auto& [name, making] : making_)
    if (making.process != nullptr)
      progress_.finished(name, TargetOutcome::interrupted, steady_seconds() - making.start);
}

void ImageSteps::stop_where_disk_is_full() {
  if (store::free_bytes(store_) > free_bytes_min) return;
  for (auto& [name, making] : making_) {
    if (making.process == nullptr || making.disk_full) continue;
    making.disk_full = true;
    making.process->kill();
  }
}

}  // namespace larder::builds
