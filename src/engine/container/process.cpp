#include "engine/container/process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <optional>

#include "base/in_child.hpp"
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
  ContainerProcess(Client client, Remains remains, Keeper keeper, pid_t pid, UniqueFd output)
      : client_(std::move(client)),
        remains_(std::move(remains)),
        keeper_(std::move(keeper)),
        pid_(pid),
        output_(std::move(output)) {}

  ~ContainerProcess() override {
    if (pid_ <= 0) return;
    kill();
    (void)wait();
  }

  int output() const override { return output_.get(); }
  int end_fd() const override { return end_.get(); }

  /// The client passes it on to the container's first process, and that to the command's group.
  void interrupt() override {
    if (pid_ > 0) (void)::kill(pid_, SIGINT);
  }

  void kill() override {
    killed_ = true;
    if (++kills_ > kills_before_client) (void)::kill(pid_, SIGKILL);  // the engine does not answer
    if (killer_ && !killer_->has_ended()) return;
    killer_.reset();
    auto killer = Subprocess::start(client_.command({"kill", "--signal", "KILL", remains_.container}));
    if (killer) killer_.emplace(std::move(*killer));
  }

  Result<Ending> wait() override {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0) {
      if (errno != EINTR) return fail_sys(errno, "cannot wait for the container");
    }
    pid_ = -1;
    if (has_ended(status) && client_.dialect == Dialect::podman)
      keeper_.container_has_ended();
    else if (has_ended(status) || remove_container(client_, remains_.container))
      keeper_.container_is_gone();
    if (WIFSIGNALED(status)) return Ending{true, 128 + (killed_ ? SIGKILL : WTERMSIG(status))};
    return Ending{true, killed_ ? 128 + SIGKILL : WEXITSTATUS(status)};
  }

  Status watch_end() {
    const long fd = ::syscall(SYS_pidfd_open, pid_, 0);
    if (fd < 0) return fail_sys(errno, "cannot watch the container");
    end_.reset(static_cast<int>(fd));
    return {};
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
  pid_t pid_;
  UniqueFd output_;
  UniqueFd end_;
  std::optional<Subprocess> killer_;
  int kills_ = 0;
  bool killed_ = false;
};

}  // namespace

Result<std::unique_ptr<Process>> start_container(const ContainerRun& run) {
  TRY_ASSIGN(Keeper keeper, Keeper::start(run.client, run.remains, run.held));
  TRY_ASSIGN(Output output, open_output(run.stdio));
  TRY_ASSIGN(Pipe failure, make_pipe());
  const std::vector<std::string> command = run.client.command(run.arguments);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return fail_sys(errno, "cannot fork");
  if (child == 0) {
    const Status failed = execute(command, run.stdio, output.theirs, parent);
    send_error(failure.write.get(), failed.error());
    ::_exit(1);
  }
  failure.write.reset();
  output.theirs.reset();
  auto process =
      std::make_unique<ContainerProcess>(run.client, run.remains, std::move(keeper), child, std::move(output.ours));
  TRY(process->watch_end());
  TRY(receive_error(failure.read.get()));
  return process;
}

}  // namespace larder::engine
