#include "builds/run/runner.hpp"

#include <algorithm>
#include <list>

#include "builds/output/container_output.hpp"
#include "builds/run/fetch.hpp"
#include "builds/run/fetch_key.hpp"
#include "builds/run/jobserver.hpp"
#include "builds/run/run_spec.hpp"
#include "builds/run/target_build.hpp"
#include "store/care/upkeep.hpp"
#include "store/space/room.hpp"

namespace larder::builds {
namespace {

class Builds {
 public:
  explicit Builds(BuildContext& context) : context_(context) {
    for (const TargetPlan& target : context.plan.targets) builds_.emplace_back(context, target);
  }

  Status run() {
    while (true) {
      start_waiting();
      if (std::all_of(builds_.begin(), builds_.end(), [](const TargetBuild& build) { return build.done(); })) return {};
      TRY_ASSIGN(const auto ended, context_.supervisor.step());
      for (const Ended& one : ended) find(one.name).finish(one);
    }
  }

  std::vector<TargetResult> take_results() {
    std::vector<TargetResult> results;
    for (TargetBuild& build : builds_) results.push_back(build.take_result());
    return results;
  }

  /// After a good build of all targets.
  Status bring_back() {
    std::vector<SourceWrites> writes;
    for (const TargetBuild& build : builds_) {
      if (!build.succeeded()) return {};
      if (!build.writes().paths.empty()) writes.push_back(build.writes());
    }
    if (writes.empty()) return {};
    TRY_ASSIGN(const auto state, context_.project.state());
    TRY_ASSIGN(const auto notes, bring_back_writes(context_.plan, context_.home.store, state->walk, writes));
    for (const std::string& note : notes) builds_.front().note(note);
    return {};
  }

  /// What is to be built; before a fetch that may be anything.
  std::vector<const TargetPlan*> to_build(bool fetch) {
    std::vector<const TargetPlan*> plans;
    for (TargetBuild& build : builds_)
      if (fetch || !build.is_unchanged()) plans.push_back(&build.plan());
    return plans;
  }

  void skip_all() {
    for (TargetBuild& build : builds_)
      if (!build.done()) build.skip();
  }

 private:
  void start_waiting() {
    if (context_.supervisor.idle()) context_.jobserver.refill();
    for (TargetBuild& build : builds_) {
      if (build.done() || build.running()) continue;
      if (context_.supervisor.interrupted())
        build.skip();
      else
        build.try_start();
    }
  }

  TargetBuild& find(const std::string& name) {
    return *std::find_if(builds_.begin(), builds_.end(),
                         [&](const TargetBuild& build) { return build.name() == name; });
  }

  BuildContext& context_;
  std::list<TargetBuild> builds_;
};

std::vector<std::string> names_of(const Plan& plan, bool with_fetch) {
  std::vector<std::string> names;
  if (with_fetch) names.emplace_back(fetch_name);
  for (const TargetPlan& target : plan.targets) names.push_back(target.target.name);
  return names;
}

Status run_phases(BuildContext& context, bool fetch, BuildResult& result) {
  Builds builds(context);
  if (context.options.remote != nullptr) result.pull = pull_for_builds(context, builds.to_build(fetch));
  if (fetch) {
    TRY_ASSIGN(result.fetch, run_fetch(context));
  }
  const bool go_on = !result.fetch || result.fetch->outcome == TargetOutcome::success;
  if (go_on) {
    TRY(builds.run());
    TRY(builds.bring_back());
  } else {
    builds.skip_all();
  }
  result.targets = builds.take_results();
  return {};
}

std::vector<store::VolumeKey> volume_keys(const Plan& plan) {
  std::vector<store::VolumeKey> keys;
  for (const TargetPlan& target : plan.targets) {
    for (const store::VolumeSpec& spec : target.downloads) keys.push_back(spec.key);
    if (target.image.volume) keys.push_back(target.image.volume->key);
    keys.push_back(target.compiled.key);
  }
  return keys;
}

bool changed_caches(const BuildResult& result) {
  return (result.fetch && result.fetch->cache_changed) ||
         std::any_of(result.targets.begin(), result.targets.end(),
                     [](const TargetResult& target) { return target.cache_changed; });
}

/// Then there is something to throw away: what a build has written and could not be committed.
bool ran_out_of_room(const BuildResult& result) {
  return std::any_of(result.targets.begin(), result.targets.end(),
                     [](const TargetResult& target) { return target.error && store::is_disk_full(*target.error); });
}

Status keep_up(const Plan& plan, const store::Store& store, const BuildResult& result, Settle settle) {
  if (settle == Settle::foreground) return store::upkeep(store, plan.limits);
  bool needed = changed_caches(result);
  if (!needed) {
    TRY_ASSIGN(needed, store::has_leftovers(store, volume_keys(plan)));
  }
  if (needed) store::start_upkeep(store, plan.limits);
  return {};
}

/// A folder in the store that goes with this process, also after kill -9: a transaction without volumes.
Result<store::Transaction> make_place(const Plan& plan, const store::Store& store) {
  TRY_ASSIGN(const FileLock lock, store.lock(LockMode::shared));
  return store::Transaction::hold(store, {}, holder(plan, "jobs"));
}

/// Containers inherit no descriptors; theirs is a named pipe in a `place` made for it. A daemon that does not see the
/// store does not see the pipe: there every tool has all jobs.
Result<Jobserver> make_jobserver(const Plan& plan, const VolumeHome& home, std::optional<store::Transaction>& place) {
  if (plan.engine.traits().inherits_descriptors || home.plain) return Jobserver::create(job_count(plan));
  TRY_ASSIGN(store::Transaction transaction, make_place(plan, home.store));
  place.emplace(std::move(transaction));
  return Jobserver::create(job_count(plan), home.store.path() + "/" + place->root_dir() + "-jobs");
}

Result<BuildResult> run_all(const Plan& plan, const VolumeHome& home, engine::Engine& engine, Progress& progress,
                            const RunOptions& options) {
  TRY_ASSIGN(Signals signals, Signals::block());
  std::optional<store::Transaction> place;
  TRY_ASSIGN(Jobserver jobserver, make_jobserver(plan, home, place));
  ProjectWatch project(plan, home.store);
  TRY_ASSIGN(const bool fetch, needs_fetch(plan, home, project));
  Supervisor supervisor(progress, signals);
  BuildContext context{plan, home, engine, progress, supervisor, jobserver, project, options};
  BuildResult result;
  progress.begin(names_of(plan, fetch));
  const Status done = run_phases(context, fetch, result);
  progress.end();
  TRY(done);
  result.interrupted = supervisor.interrupted();
  return result;
}

}  // namespace

Result<BuildResult> run_build(const Plan& plan, const VolumeHome& home, engine::Engine& engine, Progress& progress,
                              const RunOptions& options) {
  if (home.plain && options.private_volumes)
    return fail(ErrorCode::environment, plan.engine.name() + " cannot build with `--private`",
                "it keeps the caches itself, and whatever is compiled stays",
                "build without it, or with --engine native");
  if (!plan.recipe.output.empty()) TRY(home.plain ? make_output_folders(plan) : make_target_folder(plan));
  if (home.plain) remove_outputs(plan, home.store);
  auto result = run_all(plan, home, engine, progress, options);
  if (home.plain) remove_outputs(plan, home.store);
  const bool full = result ? ran_out_of_room(*result) : store::is_disk_full(result.error());
  if (full) (void)store::collect(home.store);  // so that the next command has the room that there is
  if (!result) return result;
  TRY(keep_up(plan, home.store, *result, options.settle));
  return result;
}

}  // namespace larder::builds
