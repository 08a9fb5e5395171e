#include "builds/run/fetch.hpp"

#include <cerrno>
#include <memory>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "builds/run/checked_downloads.hpp"
#include "builds/run/failure_hint.hpp"
#include "builds/run/fetch_key.hpp"
#include "builds/run/fork_requests.hpp"
#include "builds/run/outside_hint.hpp"
#include "builds/run/run_spec.hpp"
#include "builds/run/target_view.hpp"
#include "builds/run/volume_cut.hpp"
#include "source/bring_back.hpp"
#include "store/branch/transaction.hpp"
#include "store/layer/merged_tree.hpp"
#include "store/space/room.hpp"

namespace larder::builds {
namespace {

/// The fetch phase, into one target's volumes; what it brought reaches the others' by the store.
class Fetch {
 public:
  Fetch(BuildContext& context, const TargetPlan& target) : context_(context), target_(target) {
    result_.target = fetch_name;
  }

  /// The project as the fetch saw it when it began; known after `run`.
  const std::shared_ptr<const ProjectState>& seen() const { return seen_; }

  Result<TargetResult> run() {
    TRY(store::with_room(context_.home.store, [this] { return start(); }));
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
    TRY(fork_volumes());
    TRY(note_empty_volumes());
    TRY_ASSIGN(engine::Spec spec, make_spec(context_.plan, target_, context_.home, *transaction_, Phase::fetch,
                                            view_ ? &*view_ : nullptr));
    spec.command = context_.plan.fetch;
    result_.log_path = log_path(context_, fetch_name);
    TRY_ASSIGN(Log log, Log::open(context_.home.store.os(), result_.log_path));
    TRY_ASSIGN(auto process, context_.engine.start(spec));
    context_.progress.started(fetch_name);
    context_.supervisor.add(fetch_name, std::move(process), std::move(log));
    return {};
  }

  /// Of the compiled volume an empty upper, for what the tool writes into the project: it is thrown away but for what
  /// the recipe brings back.
  Status fork_volumes() {
    return context_.project.retry([this]() -> Result<bool> {
      transaction_.reset();
      TRY_ASSIGN(seen_, context_.project.state());
      auto requests = input_requests(context_.plan, target_, store::Access::write);
      if (!context_.home.plain) TRY(add_scratch(requests));
      TRY_ASSIGN(auto transaction, store::Transaction::begin(context_.home.store, std::move(requests),
                                                             holder(context_.plan, fetch_name)));
      transaction_.emplace(std::move(transaction));
      TRY(drop_forged());
      return view_ ? view_->prepare(transaction_->forks().back()) : Result<bool>(true);
    });
  }

  /// The tool downloads it again, and checks that.
  Status drop_forged() {
    if (context_.home.plain) return {};
    for (const store::Fork& fork : transaction_->forks()) {
      if (fork.request.access == store::Access::scratch || !fork.writable()) continue;
      TRY_ASSIGN(const auto forged, forged_downloads(context_.plan, context_.home.store, fork));
      TRY(cut_from_volume(context_.home.store, fork.base, fork.dir + "/upper", {forged.begin(), forged.end()}));
      for (const std::string& path : forged) {
        const std::string note = fork.request.spec.key.name() + ": " + path + " is not what " +
                                 context_.plan.recipe.blind.checked.lock + " says, and is downloaded again";
        if (contains(result_.notes, note)) continue;
        result_.notes.push_back(note);
        context_.progress.note(fetch_name, note);
      }
    }
    return {};
  }

  Status add_scratch(std::vector<store::ForkRequest>& requests) {
    view_.emplace(context_.plan, context_.home.store, seen_);
    store::ForkRequest scratch{target_.compiled, store::Access::scratch};
    scratch.choose = view_->empty_chooser();
    requests.push_back(std::move(scratch));
    return {};
  }

  /// A project without dependencies leaves its volumes empty, which is said once.
  Status note_empty_volumes() {
    if (context_.home.plain) return {};
    TRY_ASSIGN(const auto expected, left_empty(target_, context_.home.store));
    for (const store::Fork& fork : transaction_->forks()) {
      if (!fork.started_from_nothing || fork.request.access == store::Access::scratch) continue;
      if (contains(expected, fork.request.spec.key.name())) continue;
      result_.notes.push_back(fork.request.spec.key.name() + ": empty, starts from nothing");
      context_.progress.note(fetch_name, result_.notes.back());
    }
    return {};
  }

  Status conclude(const Ended& ended) {
    result_.seconds = ended.seconds;
    result_.exit_code = ended.ending.exit_code;
    if (auto refused = context_.engine.refusal(ended.ending, ended.last_lines)) return fail(std::move(*refused));
    const bool failed = ended.ending.exit_code != 0 && !ended.interrupted;
    if (failed && store::is_full(context_.home.store))
      return fail_sys(ENOSPC, "the fetch phase failed on a full disk, and nothing of what it did is kept");
    const bool died = ended.killed || (ended.ending.exit_code > 128 && !ended.interrupted);
    const bool keep = !died && (!ended.interrupted || context_.plan.recipe.safe_to_interrupt);
    if (keep) TRY(commit(ended));
    result_.outcome = ended.interrupted             ? TargetOutcome::interrupted
                      : ended.ending.exit_code == 0 ? TargetOutcome::success
                                                    : TargetOutcome::failed;
    if (result_.outcome == TargetOutcome::failed) {
      result_.last_lines = ended.last_lines;
      result_.hint = outside_hint(context_.plan.workspace, end_of_log(result_.log_path));
      if (result_.hint.empty())
        result_.hint = failure_hint(failed_phase(context_.plan, target_, "fetch"), end_of_log(result_.log_path));
    }
    if (result_.outcome == TargetOutcome::success && view_) TRY(bring_back());
    return {};
  }

  /// A lock file, for one, is the project's.
  Status bring_back() {
    const store::Store& store = context_.home.store;
    TRY_ASSIGN(const auto tree, store::MergedTree::open(store, {transaction_->forks().back().dir + "/upper"}));
    for (const std::string& path : context_.plan.recipe.fetch->brings_back) {
      TRY_ASSIGN(const auto written, tree.find(path));
      if (!written) continue;
      TRY_ASSIGN(const auto done, source::bring_back(store.os(), tree, view_->walk(), path));
      if (done == source::BroughtBack::written) context_.project.forget();
      if (done == source::BroughtBack::written || done == source::BroughtBack::same) continue;
      result_.notes.push_back(path + " is not written to the project: " + source::to_string(done));
      context_.progress.note(fetch_name, result_.notes.back());
    }
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
  std::shared_ptr<const ProjectState> seen_;
  std::optional<TargetView> view_;
  std::optional<store::Transaction> transaction_;
  TargetResult result_;
};

}  // namespace

/// An engine that keeps the volumes itself cannot give one target's downloads to another.
Result<TargetResult> run_fetch(BuildContext& context) {
  const Plan& plan = context.plan;
  const size_t fetches = context.home.plain ? plan.targets.size() : 1;
  std::shared_ptr<const ProjectState> before;
  TargetResult result;
  for (size_t i = 0; i < fetches; ++i) {
    Fetch fetch(context, plan.targets[i]);
    TRY_ASSIGN(result, fetch.run());
    if (result.outcome != TargetOutcome::success) return result;
    if (!before) before = fetch.seen();
  }
  TRY_ASSIGN(const auto now, context.project.state());
  TRY(note_fetched(plan, context.home, *before, *now));
  return result;
}

}  // namespace larder::builds
