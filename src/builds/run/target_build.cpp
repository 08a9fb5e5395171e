#include "builds/run/target_build.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include "base/time.hpp"
#include "builds/output/artifacts.hpp"
#include "builds/output/container_output.hpp"
#include "builds/run/failure_hint.hpp"
#include "builds/run/fetch_key.hpp"
#include "builds/run/run_spec.hpp"
#include "store/branch/ref.hpp"
#include "store/branch/writer.hpp"
#include "store/layer/merged_tree.hpp"

namespace larder::builds {
namespace {

/// What the sandbox's command ends with when another workspace's volume could not be taken over.
constexpr int adoption_failed_code = 125;

/// A tool that was ended by a signal may have left anything; its changes are thrown away.
bool died(const engine::Ending& ending) { return ending.exit_code > 128; }

/// The recipe's `adopt` command runs before the build, its output and failure apart from the build's own.
config::Command with_adoption(const config::Command& adopt, const config::Command& build) {
  config::Command command = {
      "sh", "-c", fmt::format("{} || exit {}; exec \"$@\"", chain({adopt, {"true"}})[2], adoption_failed_code), "sh"};
  command.insert(command.end(), build.begin(), build.end());
  return command;
}

}  // namespace

TargetBuild::TargetBuild(BuildContext& context, const TargetPlan& plan) : context_(context), plan_(plan) {
  result_.target = plan.target.name;
  result_.triple = plan.target.triple;
}

void TargetBuild::try_start() {
  if (!has_token_ && !context_.jobserver.try_take()) {
    if (waits_for_.empty()) wait_for("for a free core");
    return;
  }
  has_token_ = true;
  if (!get_writer()) return;
  if (Status started = start(); !started) fail_with(std::move(started.error()));
}

void TargetBuild::wait_for(const std::string& reason) {
  if (reason != waits_for_) context_.progress.waiting(name(), reason);
  waits_for_ = reason;
}

/// The token goes back while it waits for another process, so that other targets can use the core.
bool TargetBuild::get_writer() {
  if (writer_ || context_.options.private_volumes) return true;
  auto writer = store::try_writer(context_.home.store, plan_.compiled.key, holder(context_.plan, name()));
  if (!writer) {
    fail_with(std::move(writer.error()));
    return false;
  }
  if (*writer) {
    writer_ = std::move(**writer);
    return true;
  }
  wait_for_writer();
  return false;
}

void TargetBuild::wait_for_writer() {
  const auto holder = store::writer_holder(context_.home.store, plan_.compiled.key);
  const std::string other = holder && !holder->empty() ? *holder : "another build of this project";
  wait_for("for " + other);
  context_.jobserver.put_back();
  has_token_ = false;
  if (!waits_since_) waits_since_ = steady_seconds();
  if (!context_.options.wait_seconds || steady_seconds() - *waits_since_ < *context_.options.wait_seconds) return;
  fail_with(Error{ErrorCode::environment, "the volume " + plan_.compiled.key.name() + " is in use", "by " + other,
                  "give it more time with `--wait`, or build beside it with `--private`", 0});
}

Status TargetBuild::start() {
  TRY_ASSIGN(store::ForkRequest compiled, compiled_request(context_.home.store, context_.plan, plan_));
  if (adoption_failed_ || kept_by_engine()) compiled.siblings.clear();
  if (context_.options.private_volumes) compiled.access = store::Access::scratch;
  return start_sandbox(std::move(compiled));
}

Status TargetBuild::start_sandbox(store::ForkRequest compiled) {
  const auto access = context_.plan.project.network ? store::Access::write : store::Access::read;
  auto requests = input_requests(context_.plan, plan_, access);
  for (store::ForkRequest& request : requests) request.also.clear();
  requests.push_back(std::move(compiled));
  TRY_ASSIGN(auto transaction,
             store::Transaction::begin(context_.home.store, std::move(requests), holder(context_.plan, name())));
  transaction_.emplace(std::move(transaction));
  note_empty_volumes();
  TRY_ASSIGN(engine::Spec spec, make_spec(context_.plan, plan_, context_.home, *transaction_, Phase::build));
  spec.command = chain(plan_.build);
  if (starts_adopted()) spec.command = with_adoption(plan_.adopt, spec.command);
  if (kept_by_engine())
    spec.command = with_output(plan_, spec.command);
  else
    context_.jobserver.equip(spec);
  output_ = spec.container.output;
  result_.log_path = log_path(context_, name());
  TRY_ASSIGN(UniqueFd log,
             context_.home.store.os().open(AT_FDCWD, result_.log_path, O_WRONLY | O_CREAT | O_TRUNC, 0600));
  TRY_ASSIGN(auto process, context_.engine.start(spec));
  state_ = State::running;
  context_.progress.started(name());
  context_.supervisor.add(name(), std::move(process), std::move(log));
  return {};
}

bool TargetBuild::starts_adopted() const {
  const store::Fork& compiled = transaction_->forks().back();
  return compiled.base.id.empty() && !compiled.base.empty();
}

bool TargetBuild::kept_by_engine() const { return context_.home.plain.has_value(); }

void TargetBuild::note_empty_volumes() {
  if (kept_by_engine()) return;
  for (const store::Fork& fork : transaction_->forks()) {
    if (!fork.started_from_nothing || !fork.writable()) continue;
    result_.notes.push_back(fork.request.spec.key.name() + ": empty, starts from nothing");
    context_.progress.note(name(), result_.notes.back());
  }
}

void TargetBuild::restart_from_nothing() {
  adoption_failed_ = true;
  transaction_.reset();
  result_.notes.clear();
  state_ = State::waiting;
  try_start();
}

void TargetBuild::skip() {
  result_.outcome = TargetOutcome::skipped;
  context_.progress.finished(name(), result_.outcome, 0);
  close();
}

void TargetBuild::finish(const Ended& ended) {
  const bool refused = context_.engine.refusal(ended.ending, ended.last_lines).has_value();
  if (!refused && ended.ending.exit_code == adoption_failed_code && starts_adopted()) return restart_from_nothing();
  result_.seconds = ended.seconds;
  result_.exit_code = ended.ending.exit_code;
  if (Status concluded = conclude(ended); !concluded) {
    result_.outcome = TargetOutcome::failed;
    result_.error = std::move(concluded.error());
  }
  if (result_.outcome == TargetOutcome::failed) {
    result_.last_lines = ended.last_lines;
    result_.hint = failure_hint(plan_.target, ended.last_lines);
    (void)forget_fetched(plan_,
                         context_.home.store);  // perhaps it failed for want of something; the next build asks again
  }
  context_.progress.finished(name(), result_.outcome, result_.seconds);
  close();
}

Status TargetBuild::conclude(const Ended& ended) {
  if (auto refused = context_.engine.refusal(ended.ending, ended.last_lines)) return fail(std::move(*refused));
  if (ended.interrupted) {
    result_.outcome = TargetOutcome::interrupted;
    return !ended.killed && context_.plan.recipe.safe_to_interrupt ? commit(store::Outcome::interrupted) : Status();
  }
  if (died(ended.ending))
    return fail(ErrorCode::build_failed,
                fmt::format("the build tool was ended by signal {}", ended.ending.exit_code - 128),
                "nothing of what it did is kept", "was there enough memory?");
  const bool good = ended.ending.exit_code == 0;
  TRY(commit(good ? store::Outcome::success : store::Outcome::failed));
  result_.outcome = good ? TargetOutcome::success : TargetOutcome::failed;
  if (good && !context_.plan.test) {
    TRY_ASSIGN(result_.artifacts, deliver_artifacts(context_.plan, plan_, context_.home.store, compiled_roots()));
  }
  return {};
}

/// The folders with what was compiled: the volume's layers, of a private build also the upper that is thrown away; of
/// an engine's own volume the copy.
std::vector<std::string> TargetBuild::compiled_roots() const {
  if (kept_by_engine()) return {output_};
  const store::Fork& compiled = transaction_->forks().back();
  auto roots = store::layer_roots(sealed_layers_);
  if (compiled.request.access == store::Access::scratch) roots.push_back(compiled.dir + "/upper");
  return roots;
}

Status TargetBuild::commit(store::Outcome outcome) {
  TRY_ASSIGN(const auto sealed, transaction_->seal(outcome, result_.seconds));
  for (const store::Sealed& one : sealed) result_.cache_changed = result_.cache_changed || one.changed;
  sealed_layers_ = sealed.back().layers;
  return {};
}

void TargetBuild::fail_with(Error error) {
  result_.outcome = TargetOutcome::failed;
  result_.error = std::move(error);
  context_.progress.finished(name(), result_.outcome, 0);
  close();
}

void TargetBuild::close() {
  transaction_.reset();
  writer_.reset();
  if (has_token_) context_.jobserver.put_back();
  has_token_ = false;
  state_ = State::done;
}

}  // namespace larder::builds
