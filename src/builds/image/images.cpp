#include "builds/image/images.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "base/time.hpp"
#include "builds/plan/target_plan.hpp"
#include "engine/container/handed_image.hpp"
#include "store/branch/transaction.hpp"
#include "store/space/collect.hpp"

namespace larder::builds {
namespace {

using image::Chain;
using image::Step;
using image::StepRecord;
using image::Stored;

image::Image to_image(const Chain& chain, const Stored& stored) {
  image::Image found = unmade_image(chain);
  found.digest = stored.record.digest;
  if (!stored.record.path.empty()) found.path = stored.record.path;
  found.env = stored.record.env;
  found.loader = stored.record.loader;
  found.volume = stored.generation.spec;
  return found;
}

/// Of all steps of the chain that the lock pins.
std::vector<std::string> pinned_packages(const Chain& chain, const std::string& machine, const image::Lock& lock) {
  std::vector<std::string> packages;
  for (const StepRecord& record : lock.pinned(chain, machine).records)
    packages.insert(packages.end(), record.packages.begin(), record.packages.end());
  return packages;
}

}  // namespace

Result<image::Lock*> StoreImages::lock_of(const std::string& folder) {
  const auto known = locks_.find(folder);
  if (known != locks_.end()) return &known->second;
  TRY_ASSIGN(image::Lock lock, options_.repair ? image::Lock::load_whole_entries(folder) : image::Lock::load(folder));
  if (lock.salvaged()) salvaged_entries_ = lock.records().size();
  return &locks_.emplace(folder, std::move(lock)).first->second;
}

Result<std::vector<image::Image>> StoreImages::provide(const std::vector<WantedImage>& wanted,
                                                       const std::string& machine, const std::string& folder) {
  TRY_ASSIGN(image::Lock * lock, lock_of(folder));
  std::vector<ChainProgress> chains;
  for (const WantedImage& image : wanted) {
    TRY_ASSIGN(ChainProgress chain, begin(image, machine, *lock));
    chains.push_back(std::move(chain));
  }
  TRY(follow(chains, {machine, *lock, false}));
  if (lock->changed() && !options_.look_only) TRY(save(folder, machine));
  std::vector<image::Image> images = to_images(chains);
  for (size_t i = 0; i < images.size(); ++i) images[i].packages = pinned_packages(wanted[i].chain, machine, *lock);
  return images;
}

Result<std::vector<image::Image>> StoreImages::renew(const std::vector<WantedImage>& wanted, const std::string& machine,
                                                     const std::string& folder) {
  TRY_ASSIGN(image::Lock * lock, lock_of(folder));
  std::vector<ChainProgress> chains;
  for (const WantedImage& image : wanted) chains.push_back({&image, image.chain.steps, 0, {}});
  TRY(follow(chains, {machine, *lock, true}));
  return to_images(chains);
}

Result<std::string> StoreImages::hand_over(const engine::Client& client, const image::Image& image,
                                           const std::string& name, const std::string& processor) {
  TRY_ASSIGN(const auto there, engine::find_handed(client, store_.path(), image.digest));
  if (there) return there->id;
  if (options_.look_only || !image.volume) return std::string();
  TRY_ASSIGN(const auto transaction, store::Transaction::begin(store_, {{*image.volume, store::Access::read}},
                                                               fmt::format("{} takes an image", client.name())));
  const engine::HandedImage handed{image.digest, transaction.forks().front().base.layers, image::rootfs_folder,
                                   engine::go_architecture(processor)};
  const auto progress = make_progress_();
  progress->begin({name});
  progress->started(name);
  progress->note(name, fmt::format("{} gets the image {}, once", client.name(), image.name));
  const double start = steady_seconds();
  const auto made = engine::hand_over(client, store_, handed);
  progress->finished(name, made ? TargetOutcome::success : TargetOutcome::failed, steady_seconds() - start);
  progress->end();
  if (!made) return fail(made.error());
  return made->id;
}

/// With `--locked` nothing has been added, and nothing goes.
Status StoreImages::save(const std::string& folder, const std::string& machine) {
  TRY_ASSIGN(image::Lock * lock, lock_of(folder));
  const auto needed = find_needed_ && !options_.locked ? find_needed_() : std::nullopt;
  if (needed) lock->keep_only(*needed, machine);
  return lock->save(store_.os(), folder);
}

/// What nearly all builds need: the lock names all steps, and the store has the last.
Result<StoreImages::ChainProgress> StoreImages::begin(const WantedImage& wanted, const std::string& machine,
                                                      const image::Lock& lock) const {
  image::PinnedChain pinned = lock.pinned(wanted.chain, machine);
  ChainProgress chain{&wanted, wanted.chain.steps, 0, {}};
  if (!pinned.is_whole()) return chain;
  TRY_ASSIGN(chain.last, image::find_image(store_, wanted.chain.reference.volume_name(), pinned.records.back().digest));
  if (!chain.last) return chain;
  chain.steps = std::move(pinned.steps);
  chain.steps_done = chain.steps.size();
  return chain;
}

const Step* StoreImages::ChainProgress::next() const {
  return steps_done == steps.size() ? nullptr : &steps[steps_done];
}

std::vector<image::Image> StoreImages::to_images(const std::vector<ChainProgress>& chains) {
  std::vector<image::Image> images;
  for (const ChainProgress& chain : chains)
    images.push_back(chain.next() == nullptr ? to_image(chain.wanted->chain, *chain.last)
                                             : unmade_image(chain.wanted->chain));
  return images;
}

/// Where the next step would be from, if it is a base: mended settings of apt make another one, and so does another way
/// to have one. Without the network any will do.
std::string StoreImages::sources_of(const ChainProgress& chain, const StepRecord* pinned) const {
  const bool is_base = chain.next()->kind == image::StepKind::base && !options_.offline;
  return is_base ? image::base_sources(chain.wanted->chain.reference, pinned) : "";
}

/// What the store has of the next step, if it may be taken.
Result<std::optional<Stored>> StoreImages::find(const ChainProgress& chain, PinRules rules) const {
  const Step& step = *chain.next();
  const StepRecord* wanted = (rules.renew ? renewed_ : rules.lock).find(chain.digest(), step, rules.machine);
  if (wanted != nullptr) return image::find_image(store_, chain.wanted->chain.reference.volume_name(), wanted->digest);
  if (rules.renew && step.kind != image::StepKind::commands) return std::optional<Stored>();
  return image::find_made(store_, chain.digest(), step, rules.machine, sources_of(chain, nullptr));
}

/// An error where the lock does not pin the next step and must not change (--locked).
Status StoreImages::check_pinned(const ChainProgress& chain, PinRules rules) const {
  const Step& step = *chain.next();
  if (!options_.locked || rules.lock.find(chain.digest(), step, rules.machine) != nullptr) return {};
  return fail(ErrorCode::environment, fmt::format("larder.lock does not pin {}", step.describe()),
              fmt::format("the image {} needs it, and `--locked` forbids to change the file",
                          chain.wanted->chain.reference.text),
              "build once without `--locked`, and keep larder.lock in version control");
}

/// An error where a step would have to be made without the network (--offline).
Status StoreImages::check_network(const std::vector<ChainProgress>& chains) const {
  if (!options_.offline) return {};
  const auto first =
      std::find_if(chains.begin(), chains.end(), [](const ChainProgress& chain) { return chain.next() != nullptr; });
  Error error{ErrorCode::environment, fmt::format("the image {} is not all here", first->wanted->chain.reference.text),
              missing_steps(chains) + "; `--offline` forbids to fetch it",
              "`larder image build` prepares it where there is a network", 0};
  error.needs_network = true;
  return fail(std::move(error));
}

StepWork StoreImages::next_work(const ChainProgress& chain, PinRules rules) const {
  const StepRecord* pinned = rules.renew ? nullptr : rules.lock.find(chain.digest(), *chain.next(), rules.machine);
  StepWork work{chain.wanted->chain.reference, *chain.next(), chain.last, {}, rules.machine,
                sources_of(chain, pinned),     rules.renew};
  if (pinned != nullptr) work.pinned = *pinned;
  if (work.step.kind != image::StepKind::packages) return work;
  for (size_t i = 0; i < chain.steps_done; ++i) {
    const Step& below = chain.steps[i];
    if (below.kind == image::StepKind::packages)
      work.kept.insert(work.kept.end(), below.request.begin(), below.request.end());
  }
  return work;
}

/// Goes on to the next step with what has been made of this one.
void StoreImages::take(ChainProgress& chain, PinRules rules, Stored stored) {
  StepRecord record = stored.record;
  record.step = *chain.next();  // the store may have the same image by another name, such as with the tag `latest`
  if (rules.renew || rules.lock.find(chain.digest(), record.step, rules.machine) == nullptr) rules.lock.put(record);
  if (rules.renew) renewed_.put(record);
  if (record.step.kind == image::StepKind::base) rules.lock.name_base(chain.wanted->chain.reference);
  chain.last = std::move(stored);
  ++chain.steps_done;
}

/// "missing: debian:bookworm, 5 packages: …": the steps that are still to be made, each once.
std::string StoreImages::missing_steps(const std::vector<ChainProgress>& chains) {
  std::vector<std::string> steps;
  for (const ChainProgress& chain : chains)
    for (size_t i = chain.steps_done; i < chain.steps.size(); ++i) {
      const std::string step = chain.steps[i].describe();
      if (!contains(steps, step)) steps.push_back(step);
    }
  return "missing: " + join(steps, "; ");
}

/// Follows the chain as far as the store has it.
Status StoreImages::advance(ChainProgress& chain, PinRules rules) {
  while (chain.next() != nullptr) {
    if (!rules.renew) rules.lock.shape(chain.steps, chain.steps_done, chain.digest(), rules.machine);
    TRY(check_pinned(chain, rules));
    TRY_ASSIGN(auto stored, find(chain, rules));
    if (!stored) return {};
    take(chain, rules, std::move(*stored));
  }
  return {};
}

Status StoreImages::follow(std::vector<ChainProgress>& chains, PinRules rules) {
  for (ChainProgress& chain : chains) TRY(advance(chain, rules));
  std::vector<std::string> missing;
  for (const ChainProgress& chain : chains) {
    if (chain.next() == nullptr) continue;
    missing.push_back(chain.wanted->name);
  }
  if (missing.empty() || options_.look_only) return {};
  TRY(check_network(chains));
  const auto progress = make_progress_();
  progress->begin(missing);
  Status made = make_missing(chains, rules, *progress);
  progress->end();
  if (!made && made.error().needs_network) made.error().cause += "; " + missing_steps(chains);
  if (!made)
    (void)store::collect(store_);  // what it has left may be large; an error here would hide the one that counts
  return made;
}

/// Those that have a chain to go.
std::vector<StoreImages::ChainProgress*> StoreImages::longest_first(std::vector<ChainProgress>& chains) {
  std::vector<ChainProgress*> order;
  for (ChainProgress& chain : chains)
    if (chain.next() != nullptr) order.push_back(&chain);
  const auto left = [](const ChainProgress* chain) { return chain->steps.size() - chain->steps_done; };
  std::stable_sort(order.begin(), order.end(),
                   [&](const ChainProgress* a, const ChainProgress* b) { return left(a) > left(b); });
  return order;
}

Status StoreImages::make_missing(std::vector<ChainProgress>& chains, PinRules rules, Progress& progress) {
  TRY_ASSIGN(Signals signals, Signals::block());
  ImageSteps steps(store_, progress, signals);
  while (
      std::any_of(chains.begin(), chains.end(), [](const ChainProgress& chain) { return chain.next() != nullptr; })) {
    for (ChainProgress* chain : longest_first(chains)) {
      const std::string& name = chain->wanted->name;
      if (steps.is_making(name)) continue;
      TRY(advance(*chain, rules));
      if (chain->next() == nullptr) {
        progress.finished(name, TargetOutcome::success, chain->seconds);
        continue;
      }
      StepWork work = next_work(*chain, rules);
      if (steps.has_room_for(work)) steps.add(name, std::move(work));
    }
    TRY_ASSIGN(auto made, steps.advance());
    for (MadeStep& step : made) {
      const auto chain = std::find_if(chains.begin(), chains.end(),
                                      [&](const ChainProgress& other) { return other.wanted->name == step.name; });
      take(*chain, rules, std::move(step.stored));
      chain->seconds += step.seconds;
      if (chain->next() == nullptr) progress.finished(step.name, TargetOutcome::success, chain->seconds);
    }
  }
  return {};
}

}  // namespace larder::builds
