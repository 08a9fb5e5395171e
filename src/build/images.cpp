#include "build/images.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "build/prepare_image.hpp"

namespace larder::build {
namespace {

using image::Chain;
using image::Record;
using image::Step;
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

Result<image::Image> StoreImages::provide(const Chain& chain, const std::string& machine, const std::string& folder) {
  TRY_ASSIGN(image::Lock * lock, lock_of(folder));
  TRY_ASSIGN(const auto whole, pinned_whole(chain, machine, *lock));
  if (whole) return to_image(chain, *whole);
  TRY_ASSIGN(image::Image found, follow(chain, machine, *lock, false));
  if (lock->changed() && !options_.look_only) TRY(lock->save(folder));
  return found;
}

Result<image::Image> StoreImages::renew(const Chain& chain, const std::string& machine, const std::string& folder) {
  TRY_ASSIGN(image::Lock * lock, lock_of(folder));
  return follow(chain, machine, *lock, true);
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
    const Record* pinned = lock.find(from, step, machine);
    if (pinned == nullptr) return std::optional<Stored>();
    from = pinned->digest;
  }
  return image::find_image(store_, chain.reference.volume_name(), from);
}

Result<std::optional<Stored>> StoreImages::find(const Chain& chain, const Step& step, const Stored* parent,
                                                const std::string& machine, const Record* pinned) const {
  if (pinned != nullptr) return image::find_image(store_, chain.reference.volume_name(), pinned->digest);
  return image::find_made(store_, parent == nullptr ? "" : parent->record.digest, step, machine);
}

Status StoreImages::may_prepare(const Chain& chain, const Step& step, const Record* pinned) const {
  if (options_.locked && pinned == nullptr)
    return fail(ErrorCode::environment, fmt::format("larder.lock does not pin {}", step.describe()),
                fmt::format("the image {} needs it, and `--locked` forbids to change the file", chain.reference.text),
                "build once without `--locked`, and keep larder.lock in version control");
  if (!options_.offline) return {};
  return fail(ErrorCode::environment, fmt::format("the image {} is not all here", chain.reference.text),
              fmt::format("missing: {}; `--offline` forbids to fetch it", step.describe()),
              "`larder image build` prepares it where there is a network");
}

Result<image::Image> StoreImages::follow(const Chain& chain, const std::string& machine, image::Lock& lock,
                                         bool renew) {
  std::unique_ptr<Progress> progress;
  std::optional<Stored> parent;
  for (const Step& step : chain.steps) {
    const Stored* from = parent ? &*parent : nullptr;
    const std::string digest = from == nullptr ? "" : from->record.digest;
    const Record* pinned = renew ? nullptr : lock.find(digest, step, machine);
    std::optional<Stored> stored;
    const Record* renewed = renewed_.find(digest, step, machine);
    if (!renew || renewed != nullptr || step.kind == image::StepKind::commands) {
      TRY_ASSIGN(stored, find(chain, step, from, machine, renew ? renewed : pinned));
    }
    if (pinned == nullptr && options_.locked) TRY(may_prepare(chain, step, pinned));
    if (!stored) {
      if (options_.look_only) return not_here(chain);
      TRY(may_prepare(chain, step, pinned));
      if (!progress) {
        progress = make_progress_();
        progress->begin({image_progress_name});
      }
      auto made = prepare_step(store_, *progress, {chain.reference, step, from, pinned, machine, renew});
      if (!made) progress->end();
      TRY_ASSIGN(stored, std::move(made));
    }
    Record record = stored->record;
    record.step = step;  // the store may have the same image by another name, such as with the tag `latest`
    if (pinned == nullptr) lock.put(record);
    if (renew) renewed_.put(record);
    parent = std::move(stored);
  }
  if (progress) progress->end();
  return to_image(chain, *parent);
}

}  // namespace larder::build
