#include "builds/run/runner.hpp"

#include <fcntl.h>

#include <algorithm>
#include <list>

#include "builds/output/container_output.hpp"
#include "builds/run/fetch_key.hpp"
#include "builds/run/jobserver.hpp"
#include "builds/run/run_spec.hpp"
#include "builds/run/target_build.hpp"
#include "builds/watch/supervisor.hpp"
#include "store/care/upkeep.hpp"

namespace larder::builds {
namespace {

constexpr const char* fetch_name = "fetch";

/// The fetch phase, into one target's volumes; what it brought reaches the others' by the store.
class Fetch {
 public:
  Fetch(BuildContext& context, const TargetPlan& target) : context_(context), target_(target) {
    result_.target = fetch_name;
  }

  Result<TargetResult> run() {
    TRY(start());
    while (true) {
      TRY_ASSIGN(const auto ended, context_.supervisor.step());
      if (ended.empty()) continue;
      TRY(conclude(ended.front()));
      context_.progress.finished(fetch_name, result_.outcome, result_.seconds);
      return std::move(result_);
    }
  }

 private:
  Status start() {
    const Plan& plan = context_.plan;
    TRY_ASSIGN(auto transaction,
               store::Transaction::begin(context_.store, input_requests(plan, target_, store::Access::write),
                                         holder(plan, fetch_name)));
    transaction_.emplace(std::move(transaction));
    note_empty_volumes();
    TRY_ASSIGN(engine::Spec spec, make_spec(plan, target_, context_.store, *transaction_, Phase::fetch));
    spec.command = plan.fetch;
    result_.log_path = log_path(context_, fetch_name);
    TRY_ASSIGN(UniqueFd log, context_.store.os().open(AT_FDCWD, result_.log_path, O_WRONLY | O_CREAT | O_TRUNC, 0600));
    TRY_ASSIGN(auto process, context_.engine.start(spec));
    context_.progress.started(fetch_name);
    context_.supervisor.add(fetch_name, std::move(process), std::move(log));
    return {};
  }

  void note_empty_volumes() {
    if (!context_.plan.engine.keeps_volumes.empty()) return;
    for (const store::Fork& fork : transaction_->forks()) {
      if (!fork.started_from_nothing) continue;
      result_.notes.push_back(fork.request.spec.key.name() + ": empty, starts from nothing");
      context_.progress.note(fetch_name, result_.notes.back());
    }
  }

  Status conclude(const Ended& ended) {
    result_.seconds = ended.seconds;
    result_.exit_code = ended.ending.exit_code;
    if (auto refused = context_.engine.refusal(ended.ending, ended.last_lines)) return fail(std::move(*refused));
    const bool died = ended.killed || (ended.ending.exit_code > 128 && !ended.interrupted);
    const bool keep = !died && (!ended.interrupted || context_.plan.recipe.safe_to_interrupt);
    if (keep) TRY(commit(ended));
    result_.outcome = ended.interrupted             ? TargetOutcome::interrupted
                      : ended.ending.exit_code == 0 ? TargetOutcome::success
                                                    : TargetOutcome::failed;
    if (result_.outcome == TargetOutcome::failed) result_.last_lines = ended.last_lines;
    return {};
  }

  Status commit(const Ended& ended) {
    const auto outcome = ended.interrupted             ? store::Outcome::interrupted
                         : ended.ending.exit_code == 0 ? store::Outcome::success
                                                       : store::Outcome::failed;
    TRY_ASSIGN(const auto sealed, transaction_->seal(outcome, result_.seconds));
    for (const store::Sealed& one : sealed) result_.cache_changed = result_.cache_changed || one.changed;
    return {};
  }

  BuildContext& context_;
  const TargetPlan& target_;
  std::optional<store::Transaction> transaction_;
  TargetResult result_;
};

class Builds {
 public:
  explicit Builds(BuildContext& context) : context_(context) {
    for (const TargetPlan& target : context.plan.targets) builds_.emplace_back(context, target);
  }

  Status run() {
    while (std::any_of(builds_.begin(), builds_.end(), [](const TargetBuild& build) { return !build.done(); })) {
      start_waiting();
      TRY_ASSIGN(const auto ended, context_.supervisor.step());
      for (const Ended& one : ended) find(one.name).finish(one);
    }
    return {};
  }

  std::vector<TargetResult> take_results() {
    std::vector<TargetResult> results;
    for (TargetBuild& build : builds_) results.push_back(build.take_result());
    return results;
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

/// An engine that keeps the volumes itself cannot give one target's downloads to another.
Result<TargetResult> run_fetch(BuildContext& context) {
  const Plan& plan = context.plan;
  TRY_ASSIGN(TargetResult result, Fetch(context, plan.targets.front()).run());
  if (!plan.engine.keeps_volumes.empty())
    for (size_t i = 1; i < plan.targets.size() && result.outcome == TargetOutcome::success; ++i) {
      TRY_ASSIGN(result, Fetch(context, plan.targets[i]).run());
    }
  if (result.outcome == TargetOutcome::success) TRY(note_fetched(plan, context.store));
  return result;
}

Status run_phases(BuildContext& context, bool fetch, Report& report) {
  Builds builds(context);
  if (fetch) {
    TRY_ASSIGN(report.fetch, run_fetch(context));
  }
  const bool go_on = !report.fetch || report.fetch->outcome == TargetOutcome::success;
  if (go_on) {
    TRY(builds.run());
  } else {
    builds.skip_all();
  }
  report.targets = builds.take_results();
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

bool changed_caches(const Report& report) {
  return (report.fetch && report.fetch->cache_changed) ||
         std::any_of(report.targets.begin(), report.targets.end(),
                     [](const TargetResult& result) { return result.cache_changed; });
}

Status keep_up(const Plan& plan, const store::Store& store, const Report& report, Settle settle) {
  if (settle == Settle::foreground) return store::upkeep(store, plan.limits);
  bool needed = changed_caches(report);
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
Result<Jobserver> make_jobserver(const Plan& plan, const store::Store& store,
                                 std::optional<store::Transaction>& place) {
  if (plan.engine.kind == EngineKind::native || !plan.engine.keeps_volumes.empty())
    return Jobserver::create(job_count(plan));
  TRY_ASSIGN(store::Transaction transaction, make_place(plan, store));
  place.emplace(std::move(transaction));
  return Jobserver::create(job_count(plan), store.path() + "/" + place->root_dir() + "-jobs");
}

Result<Report> run_all(const Plan& plan, const store::Store& store, engine::Engine& engine, Progress& progress,
                       const RunOptions& options) {
  TRY_ASSIGN(Signals signals, Signals::block());
  std::optional<store::Transaction> place;
  TRY_ASSIGN(Jobserver jobserver, make_jobserver(plan, store, place));
  TRY_ASSIGN(const bool fetch, needs_fetch(plan, store));
  Supervisor supervisor(progress, signals);
  BuildContext context{plan, store, engine, progress, supervisor, jobserver, options};
  Report report;
  progress.begin(names_of(plan, fetch));
  const Status done = run_phases(context, fetch, report);
  progress.end();
  TRY(done);
  report.interrupted = supervisor.interrupted();
  return report;
}

}  // namespace

Result<Report> run_build(const Plan& plan, const store::Store& store, engine::Engine& engine, Progress& progress,
                         const RunOptions& options) {
  const bool kept_by_engine = !plan.engine.keeps_volumes.empty();
  if (kept_by_engine && options.private_volumes)
    return fail(ErrorCode::environment, plan.engine.name() + " cannot build with `--private`",
                "it keeps the caches itself, and whatever is compiled stays",
                "build without it, or with --engine native");
  if (kept_by_engine) remove_outputs(plan, store);
  auto report = run_all(plan, store, engine, progress, options);
  if (kept_by_engine) remove_outputs(plan, store);
  if (!report) return report;
  TRY(keep_up(plan, store, *report, options.settle));
  return report;
}

}  // namespace larder::builds
