#pragma once

#include <optional>
#include <string>

#include "base/unique_fd.hpp"
#include "builds/output/brought_back.hpp"
#include "builds/output/cargo_messages.hpp"
#include "builds/run/context.hpp"
#include "builds/run/last_build.hpp"
#include "builds/run/target_view.hpp"
#include "store/branch/transaction.hpp"

namespace larder::builds {

/// One target's way through a build: wait for the compiled volume and for a job slot, fork, run, commit, deliver.
class TargetBuild {
 public:
  TargetBuild(BuildContext& context, const TargetPlan& plan);

  const std::string& name() const { return plan_.target.name; }
  const TargetPlan& plan() const { return plan_; }
  bool done() const { return state_ == State::done; }
  bool running() const { return state_ == State::running; }

  /// Whether the build would do nothing, as the project is now; looked at once.
  bool is_unchanged();
  /// Starts the sandbox if nothing stands in the way any more. To be called again and again until it runs.
  void try_start();
  /// Ends the build as skipped, without starting it.
  void skip();
  /// Takes how the sandbox has ended: commits and delivers.
  void finish(const Ended& ended);

  bool succeeded() const { return done() && result_.outcome == TargetOutcome::success; }
  /// Tells people something about the target.
  void note(const std::string& text);
  /// What a good build has written into the source tree.
  const SourceWrites& writes() const { return writes_; }

  TargetResult take_result() { return std::move(result_); }

 private:
  enum class State { waiting, running, done };

  bool get_writer();
  void wait_for_writer();
  Status start();
  Status fork_volumes();
  Status flatten_if_deep();
  Status look_at_project(store::ForkRequest& compiled);
  Status begin(store::ForkRequest compiled);
  Status start_sandbox();
  void watch_project(engine::Spec& spec);
  Status prepare_command(engine::Spec& spec) const;
  Result<Log> open_log();
  bool goes_on_to_build(const Ended& ended);
  void leave_out(const LastBuild& last);
  void restart_on_copies();
  bool kept_by_engine() const;
  bool reads_messages() const;
  MessageFilter message_filter();
  Status conclude(const Ended& ended);
  Status deliver();
  Status commit(store::Outcome outcome);
  std::vector<std::string> compiled_roots() const;
  void fail_with(Error error);
  void wait_for(const std::string& reason);
  void note_empty_volumes();
  void note_links_out();
  std::string memory_hint() const;
  std::string foreign_hint() const;
  void note_hidden_objects(const std::vector<std::string>& objects);
  void close();

  BuildContext& context_;
  const TargetPlan& plan_;
  State state_ = State::waiting;
  bool has_token_ = false;
  bool renames_folders_ = false;
  std::optional<Result<std::optional<LastBuild>>> last_;  ///< once it was looked for
  uint64_t ended_for_memory_before_ = 0;
  std::string waits_for_;
  bool queued_ = false;
  std::optional<double> waits_since_;  ///< for another build
  std::optional<FileLock> writer_;
  std::optional<TargetView> view_;  ///< none where the engine keeps the volumes itself
  std::optional<store::Transaction> transaction_;
  std::vector<std::string> sealed_layers_;
  UniqueFd opened_;                                 ///< what runs of this build have opened of the project
  std::string output_;                              ///< of a container whose engine keeps the volumes itself
  std::optional<engine::ForeignPrograms> foreign_;  ///< of the run that was last started
  CargoMessages messages_;
  std::optional<std::string> fetch_key_;  ///< while it fetches in the build tree
  std::optional<double> fetch_seconds_;   ///< once it has fetched
  SourceWrites writes_;
  TargetResult result_;
};

}  // namespace larder::builds
