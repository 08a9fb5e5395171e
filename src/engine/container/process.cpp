#include "engine/container/process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <optional>

#include "base/os.hpp"
#include "engine/child.hpp"
#include "engine/container/ending.hpp"
#include "engine/container/relay.hpp"
#include "engine/stdio.hpp"

namespace larder::engine {
namespace {

constexpr int kills_before_client = 50;  ///< calls of kill() without an end, about five seconds
constexpr int client_failed = 125;       ///< docker-run(1) and podman-run(1): the engine itself failed

/// The client's standard streams, and our ends of them.
struct Streams {
  Output output;               ///< unless inherited
  std::optional<Relay> relay;  ///< where inherited
  Relay::Ends relayed;
};

Result<Streams> open_streams(Stdio stdio) {
  Streams streams;
  if (stdio == Stdio::inherited) {
    TRY_ASSIGN(Relay relay, Relay::open(streams.relayed));
    streams.relay.emplace(std::move(relay));
  } else {
    TRY_ASSIGN(streams.output, open_output(stdio));
  }
  return streams;
}

/// In the child: makes the streams its own.
Status take_streams(const Streams& streams, Stdio stdio) {
  if (stdio != Stdio::inherited) return redirect(stdio, streams.output.theirs);
  const Relay::Ends& ends = streams.relayed;
  if (::dup2(ends.input.get(), 0) < 0 || ::dup2(ends.output.get(), 1) < 0 || ::dup2(ends.errors.get(), 2) < 0)
    return fail_sys(errno, "cannot redirect the standard streams");
  return {};
}

/// In the child that becomes the client; returns only when something failed.
Status execute(const std::vector<std::string>& command, const ContainerRun& run, const Streams& streams, pid_t parent) {
  for (const auto& [name, value] : run.environment) ::setenv(name.c_str(), value.c_str(), 1);
  restore_signals();
  ::setsid();  // the terminal's Ctrl-C goes to larder, which decides
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  TRY(take_streams(streams, run.stdio));
  if (run.stdio == Stdio::terminal)
    (void)::ioctl(0, TIOCSCTTY, 0);  // without it only the window's size is not followed
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  (void)::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  ::execv(argv[0], argv.data());
  return fail_sys(errno, "cannot execute " + command.front());
}

class ContainerProcess final : public Process {
 public:
  ContainerProcess(const ContainerRun& run, Keeper keeper, Child child, std::optional<Relay> relay)
      : client_(run.client),
        remains_(run.remains),
        notes_output_(run.notes_output),
        keeper_(std::move(keeper)),
        child_(std::move(child)),
        relay_(std::move(relay)) {}

  ~ContainerProcess() override {
    if (child_.is_waited_for()) return;
    kill();
    (void)wait();
  }

  int output() const override { return child_.output(); }
  int end_fd() const override { return child_.end_fd(); }

  std::vector<pollfd> stream_events() const override { return relay_ ? relay_->events() : std::vector<pollfd>(); }
  void copy_streams() override {
    if (relay_) relay_->copy();
  }

  /// conmon hands over all or nothing.
  std::string unseen_output() override {
    if (!notes_output_ || killed_) return {};
    const auto noted = run_program(client_.command({"logs", remains_.container}), answer_seconds_max);
    return noted && noted->exit_code == 0 ? noted->output + noted->errors : "";
  }

  /// The client passes it on to the container's first process, and that to the command's group.
  void interrupt() override {
    interrupted_ = true;
    child_.signal(SIGINT);
  }

  void kill() override {
    killed_ = true;
    if (++kills_ > kills_before_client) child_.signal(SIGKILL);  // the engine does not answer
    if (killer_ && !killer_->has_ended()) return;
    killer_.reset();
    auto killer = Subprocess::start(client_.command({"kill", "--signal", "KILL", remains_.container}));
    if (killer) killer_.emplace(std::move(*killer));
  }

  Result<Ending> wait() override {
    TRY_ASSIGN(const int status, child_.wait());
    finish_streams();
    Ending ending{true, killed_ ? 128 + SIGKILL : exit_code(status)};
    if (relay_) ending.last_errors = relay_->last_errors();
    if (!killed_ && !interrupted_ && ending.exit_code >= client_failed) ask_why(ending);
    if (has_ended(status) && client_.dialect == Dialect::podman)
      keeper_.container_has_ended();
    else if (has_ended(status) || remove_container(client_, remains_.container))
      keeper_.container_is_gone();
    return ending;
  }

 private:
  static int exit_code(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

  /// Asks the engine while it still has the container.
  void ask_why(Ending& ending) {
    const ContainerEnd end = ask_end(client_, remains_.container);
    ending.began = end.began;
    ending.outside = explain_end(client_, end, ending.exit_code);
  }

  void finish_streams() {
    if (!relay_) return;
    relay_->finish();
    if (relay_->has_carried_output()) return;
    Os os;
    (void)os.write_all(STDOUT_FILENO, unseen_output());  // whoever does not read it wants none
  }

  /// Whether no process of it lives: the client tells the command's exit code only when the kernel has ended them all.
  /// docker's has removed the container, too; podman's leaves that to us, and its volumes may still be mounted.
  bool has_ended(int status) const {
    if (!WIFEXITED(status) || killed_) return false;
    return client_.dialect == Dialect::docker ? WEXITSTATUS(status) != client_failed
                                              : WEXITSTATUS(status) < client_failed;
  }

  Client client_;
  Remains remains_;
  bool notes_output_;
  Keeper keeper_;
  Child child_;
  std::optional<Relay> relay_;
  std::optional<Subprocess> killer_;
  int kills_ = 0;
  bool interrupted_ = false;
  bool killed_ = false;
};

}  // namespace

Result<std::unique_ptr<Process>> start_container(const ContainerRun& run) {
  TRY_ASSIGN(Keeper keeper, Keeper::start(run.client, run.remains, run.held));
  TRY_ASSIGN(Streams streams, open_streams(run.stdio));
  const std::vector<std::string> command = run.client.command(run.arguments);
  const pid_t parent = ::getpid();
  TRY_ASSIGN(Child child,
             Child::start([&] { return execute(command, run, streams, parent); }, std::move(streams.output.ours)));
  return std::make_unique<ContainerProcess>(run, std::move(keeper), std::move(child), std::move(streams.relay));
}

}  // namespace larder::engine
