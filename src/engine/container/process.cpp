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

#include "engine/child.hpp"
#include "engine/stdio.hpp"

namespace larder::engine {
namespace {

constexpr int kills_before_client = 50;  ///< calls of kill() without an end, about five seconds
constexpr int client_failed = 125;       ///< docker-run(1) and podman-run(1): the engine itself failed

/// In the child that becomes the client; returns only when something failed.
Status execute(const std::vector<std::string>& command, Stdio stdio, const UniqueFd& output, pid_t parent) {
  restore_signals();
  ::setsid();  // the terminal's Ctrl-C goes to larder, which decides
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  TRY(redirect(stdio, output));
  if (stdio == Stdio::terminal) (void)::ioctl(0, TIOCSCTTY, 0);  // without it only the window's size is not followed
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  (void)::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  ::execv(argv[0], argv.data());
  return fail_sys(errno, "cannot execute " + command.front());
}

class ContainerProcess final : public Process {
 public:
  ContainerProcess(Client client, Remains remains, Keeper keeper, Child child)
      : client_(std::move(client)),
        remains_(std::move(remains)),
        keeper_(std::move(keeper)),
        child_(std::move(child)) {}

  ~ContainerProcess() override {
    if (child_.is_waited_for()) return;
    kill();
    (void)wait();
  }

  int output() const override { return child_.output(); }
  int end_fd() const override { return child_.end_fd(); }

  /// The client passes it on to the container's first process, and that to the command's group.
  void interrupt() override { child_.signal(SIGINT); }

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
    if (has_ended(status) && client_.dialect == Dialect::podman)
      keeper_.container_has_ended();
    else if (has_ended(status) || remove_container(client_, remains_.container))
      keeper_.container_is_gone();
    if (WIFSIGNALED(status)) return Ending{true, 128 + (killed_ ? SIGKILL : WTERMSIG(status))};
    return Ending{true, killed_ ? 128 + SIGKILL : WEXITSTATUS(status)};
  }

 private:
  /// Whether no process of it lives: the client tells the command's exit code only when the kernel has ended them all.
  /// docker's has removed the container, too; podman's leaves that to us, and its volumes may still be mounted.
  bool has_ended(int status) const {
    if (!WIFEXITED(status) || killed_) return false;
    return client_.dialect == Dialect::docker ? WEXITSTATUS(status) != client_failed
                                              : WEXITSTATUS(status) < client_failed;
  }

  Client client_;
  Remains remains_;
  Keeper keeper_;
  Child child_;
  std::optional<Subprocess> killer_;
  int kills_ = 0;
  bool killed_ = false;
};

}  // namespace

Result<std::unique_ptr<Process>> start_container(const ContainerRun& run) {
  TRY_ASSIGN(Keeper keeper, Keeper::start(run.client, run.remains, run.held));
  TRY_ASSIGN(Output output, open_output(run.stdio));
  const std::vector<std::string> command = run.client.command(run.arguments);
  const pid_t parent = ::getpid();
  TRY_ASSIGN(Child child,
             Child::start([&] { return execute(command, run.stdio, output.theirs, parent); }, std::move(output.ours)));
  return std::make_unique<ContainerProcess>(run.client, run.remains, std::move(keeper), std::move(child));
}

}  // namespace larder::engine
