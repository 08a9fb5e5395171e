#include "builds/run/target_build.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <cerrno>
#include <utility>

#include "base/processors.hpp"
#include "base/time.hpp"
#include "builds/output/artifacts.hpp"
#include "builds/output/container_output.hpp"
#include "builds/plan/rust.hpp"
#include "builds/run/failure_hint.hpp"
#include "builds/run/fetch_key.hpp"
#include "builds/run/fork_requests.hpp"
#include "builds/run/order_hint.hpp"
#include "builds/run/outside_hint.hpp"
#include "builds/run/run_spec.hpp"
#include "builds/run/tree_fetch.hpp"
#include "engine/foreign.hpp"
#include "store/branch/flatten.hpp"
#include "store/branch/ref.hpp"
#include "store/branch/writer.hpp"
#include "store/layer/merged_tree.hpp"
#include "store/space/room.hpp"

namespace larder::builds {
namespace {

/// An overlay refuses to rename a folder that a lower layer has, so each is copied into the upper, with all times,
/// before the build begins.
constexpr const char* copying_script = R"(cd /workspace && touch -r . /tmp/.larder-time || exit 125
for folder in .[!.]* *; do
  case $folder in .git | "$0") continue ;; esac
  [ -d "$folder" ] && [ ! -L "$folder" ] || continue
  cp -a "$folder" .larder-copy && rm -rf "$folder" && mv .larder-copy "$folder" || exit 125
done
touch -r /tmp/.larder-time . && exec "$@")";

/// What tools say where the kernel refuses to rename a folder across layers: EXDEV, in words or by number.
bool tells_of_refused_rename(const std::vector<std::string>& lines) {
  for (const std::string& line : lines)
    for (const char* word : {"cross-device link", "os error 18", "EXDEV", "CrossesDevices"})
      if (line.find(word) != std::string::npos) return true;
  return false;
}

/// Below this number of layers every engine can mount a volume, in however long a folder the store lies.
constexpr size_t layers_mounted_max = 24;

/// Container engines carry output and errors side by side, so that a line of one could be torn by the other.
config::Command on_one_stream(const config::Command& command) {
  config::Command whole = {"sh", "-c", "exec \"$@\" 2>&1", "sh"};
  whole.insert(whole.end(), command.begin(), command.end());
  return whole;
}

/// A tool that was ended by a signal may have left anything; its changes are thrown away.
bool died(const engine::Ending& ending) { return ending.exit_code > 128; }

}  // namespace

TargetBuild::TargetBuild(BuildContext& context, const TargetPlan& plan) : context_(context), plan_(plan) {
  result_.target = plan.target.name;
  result_.triple = plan.target.triple;
}

bool TargetBuild::is_unchanged() {
  if (!last_) last_.emplace(find_unchanged(context_, plan_));
  return last_->has_value() && last_->value().has_value();
}

void TargetBuild::try_start() {
  if (is_unchanged()) return leave_out(**last_.value());
  if (!last_.value()) return fail_with(last_.value().error());
  if (!has_token_ && !context_.jobserver.try_take()) {
    if (waits_for_.empty() && !std::exchange(queued_, true)) context_.progress.queued(name());
    return;
  }
  has_token_ = true;
  if (!get_writer()) return;
  Status started = store::with_room(context_.home.store, [this] { return start(); });
  if (!started) fail_with(std::move(started.error()));
}

void TargetBuild::wait_for(const std::string& reason) {
  if (reason != waits_for_) context_.progress.waiting(name(), reason);
  waits_for_ = reason;
}

/// The token goes back while it waits for another process, so that other targets can use the core.
bool TargetBuild::get_writer() {
  if (writer_ || context_.options.private_volumes) return true;
  const store::Store& store = context_.home.store;
  auto writer = store::with_room(
      store, [&] { return store::try_writer(store, plan_.compiled.key, holder(context_.plan, name())); });
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
  if (waits_since_) context_.project.forget();  // it may have changed while another build had the volume
  TRY(fork_volumes());
  note_empty_volumes();
  note_links_out();
  TRY_ASSIGN(fetch_key_, tree_fetch_key(context_, plan_, transaction_->forks().back()));
  fetch_seconds_.reset();
  if (fetch_key_) context_.progress.note(name(), "fetches what the project downloads, with the network");
  return start_sandbox();
}

/// Forks the volumes around what the project is now.
Status TargetBuild::fork_volumes() {
  TRY(flatten_if_deep());
  return context_.project.retry([this]() -> Result<bool> {
    transaction_.reset();
    TRY_ASSIGN(store::ForkRequest compiled, compiled_request(context_.home.store, context_.plan, plan_));
    if (context_.options.private_volumes) compiled.access = store::Access::scratch;
    if (kept_by_engine()) compiled.siblings.clear();
    if (!kept_by_engine()) TRY(look_at_project(compiled));
    TRY(begin(std::move(compiled)));
    if (!view_) return true;
    if (renames_folders_) view_->set_renames_folders();
    return view_->prepare(transaction_->forks().back());
  });
}

/// The upkeep does so in the background, but may not have had its turn.
Status TargetBuild::flatten_if_deep() {
  const store::Store& store = context_.home.store;
  const auto current = store::current_generation(store, plan_.compiled.key);
  if (!current || !*current || (*current)->layers.size() <= layers_mounted_max) return {};
  return store::flatten(store, plan_.compiled.key);
}

Status TargetBuild::look_at_project(store::ForkRequest& compiled) {
  TRY_ASSIGN(auto state, context_.project.state());
  view_.emplace(context_.plan, context_.home.store, std::move(state));
  compiled.choose = view_->chooser(plan_);
  return {};
}

Status TargetBuild::begin(store::ForkRequest compiled) {
  // What all projects share is written in the fetch phase alone, in which nothing of the project's runs; what a build
  // with a network downloads besides serves that build.
  const auto with_network = context_.plan.recipe.fetch ? store::Access::scratch : store::Access::write;
  const auto access = context_.plan.project.network ? with_network : store::Access::read;
  auto requests = input_requests(context_.plan, plan_, access);
  for (store::ForkRequest& request : requests) request.also.clear();
  requests.push_back(std::move(compiled));
  TRY_ASSIGN(auto transaction,
             store::Transaction::begin(context_.home.store, std::move(requests), holder(context_.plan, name())));
  transaction_.emplace(std::move(transaction));
  return {};
}

Status TargetBuild::start_sandbox() {
  const Phase phase = fetch_key_ ? Phase::tree_fetch : Phase::build;
  TRY_ASSIGN(engine::Spec spec,
             make_spec(context_.plan, plan_, context_.home, *transaction_, phase, view_ ? &*view_ : nullptr));
  if (fetch_seconds_) TRY(renew_folders(context_.home.store, spec));
  TRY(prepare_command(spec));
  watch_project(spec);
  output_ = spec.container.output;
  foreign_ = spec.foreign;
  TRY_ASSIGN(Log log, open_log());
  ended_for_memory_before_ = processes_ended_for_memory();
  TRY_ASSIGN(auto process, context_.engine.start(spec));
  state_ = State::running;
  if (!fetch_seconds_) context_.progress.started(name());
  context_.supervisor.add(name(), std::move(process), std::move(log), fetch_key_ ? MessageFilter() : message_filter());
  return {};
}

/// The fetch in the build tree and the build tell their files in turn.
void TargetBuild::watch_project(engine::Spec& spec) {
  if (!view_ || kept_by_engine()) return;
  if (!opened_) opened_ = UniqueFd(::memfd_create("opened", MFD_CLOEXEC));
  if (opened_) spec.watched = view_->watched(opened_.get());
}

Status TargetBuild::prepare_command(engine::Spec& spec) const {
  const config::Command command = fetch_key_ ? marking_fetch(context_.plan, plan_, *fetch_key_) : chain(plan_.build);
  spec.command = with_files(plan_.files, command);
  if (view_ && view_->renames_folders()) {
    config::Command copying = {"sh", "-c", at_place(copying_script, context_.plan.workspace.place),
                               context_.plan.recipe.output};
    copying.insert(copying.end(), spec.command.begin(), spec.command.end());
    spec.command = std::move(copying);
  }
  if (kept_by_engine())
    spec.command = with_output(context_.plan.recipe.output, plan_, spec.command);
  else
    context_.jobserver.equip(spec);
  if (!fetch_key_ && reads_messages() && context_.plan.engine.kind != config::EngineKind::native)
    spec.command = on_one_stream(spec.command);
  return {};
}

/// cargo's messages name what it has made.
bool TargetBuild::reads_messages() const {
  return plan_.results.from == config::ResultSource::cargo && !context_.plan.test;
}

MessageFilter TargetBuild::message_filter() {
  if (!reads_messages()) return {};
  messages_ = {};
  return {CargoMessages::may_be,
          [this](const std::string& line) { return messages_.take(line) && !plan_.results.shows_messages; },
          CargoMessages::line_bytes_max};
}

/// The build's words follow those of its fetch.
Result<Log> TargetBuild::open_log() {
  result_.log_path = log_path(context_, name());
  Os& os = context_.home.store.os();
  return fetch_seconds_ ? Log::append(os, result_.log_path) : Log::open(os, result_.log_path);
}

/// After a good fetch in the build tree the build itself is started, in the same transaction.
bool TargetBuild::goes_on_to_build(const Ended& ended) {
  if (!fetch_key_ || ended.interrupted || ended.killed || ended.ending.exit_code != 0 || !ended.ending.started)
    return false;
  fetch_key_.reset();
  fetch_seconds_ = ended.seconds;
  if (Status started = start_sandbox(); !started) fail_with(std::move(started.error()));
  return true;
}

void TargetBuild::note(const std::string& text) {
  result_.notes.push_back(text);
  context_.progress.note(name(), text);
}

bool TargetBuild::kept_by_engine() const { return context_.home.plain.has_value(); }

void TargetBuild::note_empty_volumes() {
  if (kept_by_engine()) return;
  for (const store::Fork& fork : transaction_->forks()) {
    const bool compiled = &fork == &transaction_->forks().back();
    if (compiled && view_ && view_->leaves_out_of_image())
      note(fork.request.spec.key.name() +
           ": on another image, compiles again what is linked or has a build script, and what depends on it");
    if (!fork.started_from_nothing || !fork.writable()) continue;
    const std::string why = compiled && view_ && !view_->reason().empty() ? view_->reason() : "empty";
    note(fork.request.spec.key.name() + ": " + why + ", starts from nothing");
    const std::string rust = compiled ? pinned_rust(context_.plan, plan_.image) : "";
    if (!rust.empty()) note("compiled by " + rust);
    if (compiled && view_) note_hidden_objects(view_->state().objects);
  }
}

/// Once for a volume. A tool that passes over what it does not find would make something else of the project.
void TargetBuild::note_links_out() {
  const auto links = view_ ? view_->new_links_out() : std::vector<source::LinkOut>();
  if (links.empty()) return;
  const source::LinkOut& first = links.front();
  const std::string others = links.size() > 1 ? fmt::format("; so do {} more links", links.size() - 1) : "";
  const bool is_inside = first.target.starts_with(context_.plan.workspace.folder + "/");
  note(fmt::format(
      "{} leads to {}, {}{}", first.path, first.target,
      is_inside ? "where builds do not see the project: a relative link works" : "which builds are not shown", others));
}

/// Once for a volume, since a build that needs them fails without.
void TargetBuild::note_hidden_objects(const std::vector<std::string>& objects) {
  if (objects.empty()) return;
  const std::string others = objects.size() > 1 ? fmt::format(" and {} more", objects.size() - 1) : "";
  note(fmt::format(
      "what other builds have left in the project is not shown to the build: {}{}; `[workspace] show = [\"{}\"]` in "
      "larder.toml shows it",
      objects.front(), others, objects.front()));
}

/// The build that would do nothing; its warnings are shown as the tool would show them again.
void TargetBuild::leave_out(const LastBuild& last) {
  for (const std::string& line : last.warnings) context_.progress.line(name(), line);
  result_.artifacts = last.artifacts;
  for (const std::string& text : last.notes) note(text);
  result_.outcome = TargetOutcome::success;
  result_.unchanged = true;
  result_.log_path = log_path(context_, name());
  context_.progress.finished(name(), result_.outcome, 0);
  close();
}

void TargetBuild::skip() {
  result_.outcome = TargetOutcome::skipped;
  context_.progress.finished(name(), result_.outcome, 0);
  close();
}

/// Such a build works where it may rename what it likes.
void TargetBuild::restart_on_copies() {
  renames_folders_ = true;
  transaction_.reset();
  view_.reset();
  opened_.reset();
  result_.notes = {"it renames a folder of the source tree: built again on copies of the folders"};
  context_.progress.note(name(), result_.notes.back());
  state_ = State::waiting;
  if (Status started = start(); !started) fail_with(std::move(started.error()));
}

void TargetBuild::finish(const Ended& ended) {
  if (goes_on_to_build(ended)) return;
  const bool failed = !ended.interrupted && !ended.killed && ended.ending.exit_code != 0;
  if (failed && view_ && !view_->renames_folders() && tells_of_refused_rename(ended.last_lines))
    return restart_on_copies();
  result_.seconds = fetch_seconds_.value_or(0) + ended.seconds;
  result_.exit_code = ended.ending.exit_code;
  if (failed && transaction_) {
    const std::string upper = transaction_->forks().back().dir + "/upper";
    result_.hint = order_hint(context_.plan, context_.home.store, upper, end_of_log(result_.log_path));
  }
  if (Status concluded = conclude(ended); !concluded) {
    result_.outcome = TargetOutcome::failed;
    result_.error = std::move(concluded.error());
  }
  if (result_.outcome == TargetOutcome::failed) {
    result_.last_lines = ended.last_lines;
    if (result_.hint.empty()) result_.hint = memory_hint();
    if (result_.hint.empty()) result_.hint = written_outside_hint(context_.plan, end_of_log(result_.log_path));
    if (result_.hint.empty()) result_.hint = outside_hint(context_.plan.workspace, end_of_log(result_.log_path));
    if (result_.hint.empty())
      result_.hint = failure_hint(failed_phase(context_.plan, plan_, fetch_key_ ? "fetch" : "build"),
                                  end_of_log(result_.log_path));
    if (result_.hint.empty()) result_.hint = foreign_hint();
    (void)forget_fetched(plan_,
                         context_.home.store);  // perhaps it failed for want of something; the next build asks again
  }
  context_.progress.finished(name(), result_.outcome, result_.seconds);
  close();
}

/// Only where the kernel says so.
std::string TargetBuild::memory_hint() const {
  if (processes_ended_for_memory() == ended_for_memory_before_) return {};
  return "the kernel has ended a process since this machine has, or a container may have, too little memory: fewer "
         "jobs at "
         "once need less, `[build] jobs = 1` in larder.toml";
}

/// What a program that could not be started leaves in a log says nothing of why.
std::string TargetBuild::foreign_hint() const {
  if (!context_.plan.test || !foreign_ || !transaction_) return {};
  const std::string where = context_.home.store.path() + "/" + transaction_->root_dir();
  if (engine::can_register_foreign(*foreign_, where)) return {};
  return "the emulator runs the tests, but not " + foreign_->machine +
         " programs that they start: this kernel registers no emulator for a sandbox, as Linux 6.7 does; one that is "
         "registered for the whole machine (Debian's qemu-user-binfmt) runs them";
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
                "nothing of what it did is kept", memory_hint());
  const bool good = ended.ending.exit_code == 0;
  if (!good && store::is_full(context_.home.store))
    return fail_sys(ENOSPC, "the build failed on a full disk, and nothing of what it did is kept");
  TRY(commit(good ? store::Outcome::success : store::Outcome::failed));
  result_.outcome = good ? TargetOutcome::success : TargetOutcome::failed;
  return good && !context_.plan.test ? deliver() : Status();
}

Status TargetBuild::deliver() {
  if (kept_by_engine() && context_.plan.recipe.output.empty()) {
    note("nothing is delivered: where the engine keeps the caches itself, " + context_.plan.recipe.name +
         " builds in the project's own folder");
    return {};
  }
  const BuildOutput output{compiled_roots(), messages_, view_ ? &view_->state().walk : nullptr};
  TRY_ASSIGN(Results results, deliver_results(context_.plan, plan_, context_.home.store, output));
  result_.artifacts = std::move(results.artifacts);
  if (view_) TRY(keep_last_build(context_, plan_, view_->state(), result_, results.notes));
  for (const std::string& text : results.notes) note(text);
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
  std::optional<store::NewSource> source;
  if (view_ && !context_.options.private_volumes) {
    TRY_ASSIGN(const engine::Opened opened, opened_ ? engine::read_opened(opened_.get()) : engine::Opened());
    TRY_ASSIGN(source, view_->record(*transaction_, opened));
    writes_ = {name(), view_->new_writes(), {}};
  }
  TRY_ASSIGN(const auto sealed, transaction_->seal(outcome, result_.seconds, source));
  for (const store::Sealed& one : sealed) result_.cache_changed = result_.cache_changed || one.changed;
  sealed_layers_ = sealed.back().layers;
  writes_.layers = sealed_layers_;
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
  view_.reset();
  writer_.reset();
  if (has_token_) context_.jobserver.put_back();
  has_token_ = false;
  state_ = State::done;
}

}  // namespace larder::builds
