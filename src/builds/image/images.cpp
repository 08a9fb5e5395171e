#include "builds/image/images.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "store/space/collect.hpp"

namespace larder::builds {
namespace {

using image::Chain;
using image::Step;
using image::StepRecord;
using image::Stored;

constexpr const char* usual_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

image::Image to_image(const Chain& chain, const Stored& stored) {
  const std::string& path = stored.record.path;
  image::Image found{chain.reference.text, stored.record.digest, {}, {}, "/usr", path.empty() ? usual_path : path};
  found.env = stored.record.env;
  found.loader = stored.record.loader;
  found.volume = stored.generation.spec;
  return found;
}

image::Image not_here(const Chain& chain) { return {chain.reference.text, "", {}, {}, "/usr", usual_path}; }

}  // namespace

Result<image::Lock*> StoreImages::lock_of(const std::string& folder) {
  const auto known = locks_.find(folder);
  if (known != locks_.end()) return &known->second;
  TRY_ASSIGN(image::Lock lock, image::Lock::load(folder));
  return &locks_.emplace(folder, std::move(lock)).first->second;
}

Result<std::vector<image::Image>> StoreImages::provide(const std::vector<WantedImage>& wanted,
                                                       const std::string& machine, const std::string& folder) {
  TRY_ASSIGN(image::Lock * lock, lock_of(folder));
  std::vector<Way> ways;
  for (const WantedImage& image : wanted) {
    TRY_ASSIGN(auto whole, pinned_whole(image.chain, machine, *lock));
    ways.push_back({&image, whole ? image.chain.steps.size() : 0, std::move(whole)});
  }
  TRY(follow(ways, {machine, *lock, false}));
  if (lock->changed() && !options_.look_only) TRY(lock->save(folder));
  return to_images(ways);
}

Result<std::vector<image::Image>> StoreImages::renew(const std::vector<WantedImage>& wanted, const std::string& machine,
                                                     const std::string& folder) {
  TRY_ASSIGN(image::Lock * lock, lock_of(folder));
  std::vector<Way> ways;
  for (const WantedImage& image : wanted) ways.push_back({&image, 0, {}});
  TRY(follow(ways, {machine, *lock, true}));
  return to_images(ways);
}

Status StoreImages::save(const std::string& folder, bool forget_others) {
  TRY_ASSIGN(image::Lock * lock, lock_of(folder));
  return (forget_others ? renewed_ : *lock).save(folder);
}

/// The way of nearly all builds: the lock names all steps, and the store has the last.
Result<std::optional<Stored>> StoreImages::pinned_whole(const Chain& chain, const std::string& machine,
                                                        const image::Lock& lock) const {
  std::string from;
  for (const Step& step : chain.steps) {
    const StepRecord* pinned = lock.find(from, step, machine);
    if (pinned == nullptr) return std::optional<Stored>();
    from = pinned->digest;
  }
  return image::find_image(store_, chain.reference.volume_name(), from);
}

const Step* StoreImages::Way::next() const {
  const auto& steps = wanted->chain.steps;
  return steps_done == steps.size() ? nullptr : &steps[steps_done];
}

std::vector<image::Image> StoreImages::to_images(const std::vector<Way>& ways) {
  std::vector<image::Image> images;
  for (const Way& way : ways)
    images.push_back(way.next() == nullptr ? to_image(way.wanted->chain, *way.last) : not_here(way.wanted->chain));
  return images;
}

/// The next step's, if the store has it and it may be taken.
Result<std::optional<Stored>> StoreImages::find(const Way& way, Guide guide) const {
  const Step& step = *way.next();
  const StepRecord* wanted = (guide.renew ? renewed_ : guide.lock).find(way.digest(), step, guide.machine);
  if (wanted != nullptr) return image::find_image(store_, way.wanted->chain.reference.volume_name(), wanted->digest);
  if (guide.renew && step.kind != image::StepKind::commands) return std::optional<Stored>();
  return image::find_made(store_, way.digest(), step, guide.machine);
}

/// With --locked.
Status StoreImages::check_pinned(const Way& way, Guide guide) const {
  const Step& step = *way.next();
  if (!options_.locked || guide.lock.find(way.digest(), step, guide.machine) != nullptr) return {};
  return fail(
      ErrorCode::environment, fmt::format("larder.lock does not pin {}", step.describe()),
      fmt::format("the image {} needs it, and `--locked` forbids to change the file", way.wanted->chain.reference.text),
      "build once without `--locked`, and keep larder.lock in version control");
}

/// With --offline.
Status StoreImages::check_network(const Way& way) const {
  if (!options_.offline) return {};
  return fail(ErrorCode::environment, fmt::format("the image {} is not all here", way.wanted->chain.reference.text),
              fmt::format("missing: {}; `--offline` forbids to fetch it", way.next()->describe()),
              "`larder image build` prepares it where there is a network");
}

StepWork StoreImages::next_work(const Way& way, Guide guide) const {
  StepWork work{way.wanted->chain.reference, *way.next(), way.last, {}, guide.machine, guide.renew};
  const StepRecord* pinned = guide.renew ? nullptr : guide.lock.find(way.digest(), work.step, guide.machine);
  if (pinned != nullptr) work.pinned = *pinned;
  return work;
}

/// The next step is there.
void StoreImages::take(Way& way, Guide guide, Stored stored) {
  StepRecord record = stored.record;
  record.step = *way.next();  // the store may have the same image by another name, such as with the tag `latest`
  if (guide.renew || guide.lock.find(way.digest(), record.step, guide.machine) == nullptr) guide.lock.put(record);
  if (guide.renew) renewed_.put(record);
  way.last = std::move(stored);
  ++way.steps_done;
}

/// As far as the store has it.
Status StoreImages::advance(Way& way, Guide guide) {
  while (way.next() != nullptr) {
    TRY(check_pinned(way, guide));
    TRY_ASSIGN(auto stored, find(way, guide));
    if (!stored) return {};
    take(way, guide, std::move(*stored));
  }
  return {};
}

Status StoreImages::follow(std::vector<Way>& ways, Guide guide) {
  for (Way& way : ways) TRY(advance(way, guide));
  std::vector<std::string> missing;
  for (const Way& way : ways) {
    if (way.next() == nullptr) continue;
    missing.push_back(way.wanted->name);
    if (!options_.look_only) TRY(check_network(way));
  }
  if (missing.empty() || options_.look_only) return {};
  const auto progress = make_progress_();
  progress->begin(missing);
  Status made = make_missing(ways, guide, *progress);
  progress->end();
  if (!made)
    (void)store::collect(store_);  // what it has left may be large; an error here would hide the one that counts
  return made;
}

/// Those that have a way to go.
std::vector<StoreImages::Way*> StoreImages::longest_first(std::vector<Way>& ways) {
  std::vector<Way*> order;
  for (Way& way : ways)
    if (way.next() != nullptr) order.push_back(&way);
  const auto left = [](const Way* way) { return way->wanted->chain.steps.size() - way->steps_done; };
  std::stable_sort(order.begin(), order.end(), [&](const Way* a, const Way* b) { return left(a) > left(b); });
  return order;
}

Status StoreImages::make_missing(std::vector<Way>& ways, Guide guide, Progress& progress) {
  TRY_ASSIGN(Signals signals, Signals::block());
  ImageSteps steps(store_, progress, signals);
  while (std::any_of(ways.begin(), ways.end(), [](const Way& way) { return way.next() != nullptr; })) {
    for (Way* way : longest_first(ways)) {
      const std::string& name = way->wanted->name;
      if (steps.is_making(name)) continue;
      TRY(advance(*way, guide));
      if (way->next() == nullptr) {
        progress.finished(name, TargetOutcome::success, way->seconds);
        continue;
      }
      StepWork work = next_work(*way, guide);
      if (steps.has_room_for(work)) steps.add(name, std::move(work));
    }
    TRY_ASSIGN(auto made, steps.advance());
    for (MadeStep& step : made) {
      const auto way =
          std::find_if(ways.begin(), ways.end(), [&](const Way& other) { return other.wanted->name == step.name; });
      take(*way, guide, std::move(step.stored));
      way->seconds += step.seconds;
      if (way->next() == nullptr) progress.finished(step.name, TargetOutcome::success, way->seconds);
    }
  }
  return {};
}

}  // namespace larder::builds
