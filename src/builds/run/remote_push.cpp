#include "builds/run/remote_push.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "base/background.hpp"
#include "base/text.hpp"
#include "share/remote_note.hpp"
#include "share/transfer.hpp"
#include "store/branch/ref.hpp"

namespace larder::builds {
namespace {

/// What a push has come to, in a line.
struct Pushing {
  std::string text;
  bool good = true;

  void add(const std::string& part) { text += (text.empty() ? "" : "; ") + part; }
};

void push_one(const PushJob& job, const store::VolumeKey& key, Pushing& done) {
  const auto current = store::current_generation(job.store, key);
  if (!current || !*current || (*current)->last_success != (*current)->id)
    return done.add(key.name() + ": another build has gone on with it");
  const std::string holder = fmt::format("larder build, which pushes, process {}", ::getpid());
  const auto pushed = share::push_volume(job.store, job.remote, key, job.recipes, holder);
  if (!pushed) {
    const Error& error = pushed.error();
    done.good = false;
    done.add(fmt::format("{} is not pushed: {}{}{}", key.name(), error.message,
                         error.cause.empty() ? "" : ": " + error.cause, error.hint.empty() ? "" : "; " + error.hint));
  } else if (!pushed->changed) {
    done.add(key.name() + ": the registry has this state already");
  } else {
    done.add(fmt::format("{}: pushed {} of {}", key.name(), format_bytes(pushed->packed.made_bytes),
                         format_bytes(pushed->packed.all_bytes)));
  }
}

void write_note(const PushJob& job, const Pushing& pushing) {
  share::RemoteNote note = share::note_about(job.remote, "push");
  note.outcome = pushing.text;
  note.good = pushing.good;
  (void)share::write_remote_note(job.store, note);  // it is only told
}

}  // namespace

std::vector<store::VolumeKey> volumes_to_push(const Plan& plan, const BuildResult& result, const std::string& branch,
                                              const std::string& default_branch) {
  const bool other_branch = plan.remote.push == PushPolicy::default_branch && branch != default_branch;
  if (plan.remote.push == PushPolicy::never || other_branch || branch.empty() || plan.test ||
      !plan.remote.distrust.empty())
    return {};
  std::vector<store::VolumeKey> keys;
  for (size_t i = 0; i < result.targets.size(); ++i) {
    const TargetResult& target = result.targets[i];
    if (target.outcome == TargetOutcome::success && target.cache_changed) keys.push_back(plan.targets[i].compiled.key);
  }
  return keys;
}

std::string push_now(const PushJob& job) {
  write_note(job, {fmt::format("begun by process {}, and not ended", ::getpid()), false});
  Pushing pushing;
  for (const store::VolumeKey& key : job.keys) push_one(job, key, pushing);
  write_note(job, pushing);
  return pushing.text;
}

void push_in_background(const PushJob& job) {
  // Where it cannot be begun, the next build does it.
  (void)in_background({job.store.dir()}, [&] { (void)push_now(job); });
}

}  // namespace larder::builds
