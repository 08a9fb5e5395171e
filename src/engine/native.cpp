#include "engine/native.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/close_files.hpp"
#include "base/os.hpp"
#include "base/pipe.hpp"
#include "base/subprocess.hpp"
#include "base/text.hpp"
#include "config/helpers.hpp"
#include "engine/child.hpp"
#include "engine/foreign.hpp"
#include "engine/namespaces.hpp"
#include "engine/opened_files.hpp"
#include "engine/owner.hpp"
#include "engine/proc.hpp"
#include "engine/process_limit.hpp"
#include "engine/root_tree.hpp"
#include "engine/seccomp_filter.hpp"
#include "engine/stdio.hpp"

namespace larder::engine {
namespace {

using nlohmann::json;

/// What the child needs of the pipes; the parent closes its copies.
struct ChildFiles {
  UniqueFd output;  ///< becomes 1 and 2, or 0 to 2 for a terminal; none when inherited
  UniqueFd status;  ///< bubblewrap's --json-status-fd
  UniqueFd pid;     ///< takes the number of the sandbox's first process
  UniqueFd start;   ///< the command begins when its other end is closed; none: at once
};

/// The caller's keys, such as those of Kerberos or of an encrypted file system, are not for builds (keyctl(2)).
void leave_session_keyring() {
  constexpr int join_session_keyring = 1;  // KEYCTL_JOIN_SESSION_KEYRING; its header is not among the usual packages
  (void)::syscall(SYS_keyctl, join_session_keyring, nullptr);  // a kernel without keys has none to give away
}

int open_pidfd(pid_t process) { return static_cast<int>(::syscall(SYS_pidfd_open, process, 0)); }

/// The preparation of an image mounts, and is root in a namespace.
Result<UniqueFd> open_seccomp_filter(const Spec& spec) {
  const auto filter = seccomp_filter(spec.identity == Identity::root ? Namespaces::own : spec.namespaces);
  UniqueFd file(::memfd_create("seccomp", MFD_CLOEXEC));
  if (!file || ::pwrite(file.get(), filter.data(), filter.size(), 0) != static_cast<ssize_t>(filter.size()))
    return fail_sys(errno, "cannot hand the list of system calls to bubblewrap");
  return file;
}

void keep_at_exec(int fd) { (void)::fcntl(fd, F_SETFD, 0); }

/// Ends with this process's parent. `alive` is a pipe whose other end the parent alone holds: if it has died before
/// the first line took effect, it is closed now.
void die_with_parent(int alive) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  pollfd poll_fd{alive, 0, 0};
  if (::poll(&poll_fd, 1, 0) != 0) ::_exit(1);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

/// What the dynamic linker obeys is meant for the command, and not for bubblewrap.
bool is_for_loader(const std::string& name) { return name.starts_with("LD_"); }

/// The command inherits it from bubblewrap. Other users may read a process's arguments, but not its environment: so
/// secrets are not among the arguments.
std::vector<std::string> environment_of(const Spec& spec) {
  std::vector<std::string> environment;
  for (const auto& [name, value] : spec.env)
    if (!is_for_loader(name)) environment.push_back(name + "=" + value);
  return environment;
}

/// The first process of a pid namespace of its own: with it the kernel ends everything in the sandbox, also what
/// bubblewrap has not yet bound to its own life.
Status execute_bubblewrap(const Spec& spec, const ChildFiles& files, const std::string& program, int alive) {
  die_with_parent(alive);
  leave_session_keyring();
  TRY(mount_proc(spec.root_dir));
  limit_processes();
  TRY_ASSIGN(const UniqueFd filter, open_seccomp_filter(spec));
  (void)::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);  // the lease, and what larder's caller left open, are not for it
  keep_at_exec(files.status.get());
  keep_at_exec(filter.get());
  if (files.start) keep_at_exec(files.start.get());
  for (const int fd : spec.shared_fds) keep_at_exec(fd);
  std::vector<std::string> arguments = bubblewrap_arguments(spec, files.status.get(), filter.get(), files.start.get());
  std::vector<std::string> environment = environment_of(spec);
  ::execve(program.c_str(), pointers(arguments).data(), pointers(environment).data());
  return fail_sys(errno, "cannot execute " + program);
}

/// What the process outside of the sandbox keeps of what larder had open; the locks are for larder to hold.
struct Kept {
  int pid;     ///< takes the sandbox's number
  int alive;   ///< whose other end the sandbox watches
  int lease;   ///< nothing in the sandbox can name this process, and so neither lock nor write it
  int larder;  ///< a pidfd
  int start;   ///< to be closed when the command may begin; -1: it does not wait
};

/// Stays outside of the pid namespace until all that is in it has ended, and passes on how. When larder dies it ends
/// the sandbox first: the lease says that nobody writes any more.
[[noreturn]] void wait_for_sandbox(const Spec& spec, pid_t sandbox, const Kept& kept) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) ::signal(number, SIG_IGN);  // they are for the command
  close_all_but({kept.pid, kept.alive, kept.lease, kept.larder, kept.start, spec.watched ? spec.watched->file : -1});
  (void)!::write(kept.pid, &sandbox, sizeof sandbox);  // larder then cannot kill it, but only end itself
  ::close(kept.pid);
  ::prctl(PR_SET_PDEATHSIG, 0);
  const UniqueFd sandbox_end(open_pidfd(sandbox));
  std::optional<OpenedFiles> opened;
  if (spec.watched) opened.emplace(spec.root_dir, *spec.watched);
  if (kept.start >= 0) ::close(kept.start);
  const int events = opened ? opened->fd() : -1;
  std::array<pollfd, 3> fds = {{{kept.larder, POLLIN, 0}, {sandbox_end.get(), POLLIN, 0}, {events, POLLIN, 0}}};
  while (fds[0].revents == 0 && fds[1].revents == 0) {
    if (::poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) break;
    if (fds[2].revents != 0) opened->take();
  }
  if (fds[0].revents != 0) (void)::kill(sandbox, SIGKILL);
  int status = 0;
  while (::waitpid(sandbox, &status, 0) < 0 && errno == EINTR) {
  }
  if (opened) {
    opened->take();
    opened->tell();
  }
  ::_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

/// In the child that larder forks; returns only when something failed.
Status execute(const Spec& spec, ChildFiles& files, pid_t parent) {
  restore_signals();
  ::setsid();  // the terminal's Ctrl-C goes to larder, which decides
  const std::string program = find_bubblewrap();
  if (program.empty())
    return fail(ErrorCode::environment, "bubblewrap is missing", "there is no bwrap in PATH",
                config::install_hint({"bwrap"}));
  TRY(spec.foreign ? enter_namespaces_with(*spec.foreign, spec.identity, spec.store_path + "/" + spec.root_dir)
                   : enter_namespaces(spec.identity));
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // after the namespaces: gaining capabilities resets it
  const UniqueFd larder(open_pidfd(parent));
  if (::getppid() != parent) ::_exit(1);  // the parent died before the lines above
  if (!larder) return fail_sys(errno, "cannot watch larder from the sandbox");
  if (::chdir(spec.store_path.c_str()) != 0) return fail_sys(errno, "cannot enter " + spec.store_path);
  TRY(redirect(spec.stdio, files.output));
  TRY(assemble_root(spec, spec.root_dir));
  TRY_ASSIGN(Pipe alive, make_pipe());
  Pipe start;
  if (spec.watched) {
    TRY_ASSIGN(start, make_pipe());
  }
  if (::unshare(CLONE_NEWPID) != 0) return fail_sys(errno, "cannot make a pid namespace");
  const pid_t sandbox = ::fork();
  if (sandbox < 0) return fail_sys(errno, "cannot fork");
  if (sandbox > 0)
    wait_for_sandbox(spec, sandbox,
                     {files.pid.get(), alive.write.get(), spec.lease_fd, larder.get(), start.write.get()});
  alive.write.reset();
  start.write.reset();
  files.start = std::move(start.read);
  return execute_bubblewrap(spec, files, program, alive.read.get());
}

class NativeProcess final : public Process {
 public:
  /// `child` is the process outside of the sandbox's pid namespace, `sandbox` the first process in it, by the number
  /// that it has here; -1 where it is not known.
  NativeProcess(Child child, pid_t sandbox, UniqueFd status)
      : child_(std::move(child)), sandbox_(sandbox), status_(std::move(status)) {
    (void)::fcntl(status_.get(), F_SETFL, O_NONBLOCK);
  }

  ~NativeProcess() override {
    if (child_.is_waited_for()) return;
    kill();
    (void)wait();
  }

  int output() const override { return child_.output(); }
  int end_fd() const override { return child_.end_fd(); }

  /// The namespaces' first processes ignore it by the kernel's rule, our child by its own.
  void interrupt() override { child_.signal_session(SIGINT); }

  void kill() override {
    killed_ = true;
    if (sandbox_ > 0 && child_.is_running()) (void)::kill(sandbox_, SIGKILL);  // the kernel ends its whole namespace
  }

  Result<Ending> wait() override {
    TRY_ASSIGN(const int status, child_.wait());
    read_status();
    if (exit_code_) return Ending{true, *exit_code_};
    if (killed_ || WIFSIGNALED(status) || WEXITSTATUS(status) > 128) return Ending{true, 128 + SIGKILL};
    return Ending{false, WEXITSTATUS(status)};  // bubblewrap tells the code of every command that it could execute
  }

 private:
  /// bubblewrap writes one JSON object a line: first {"child-pid": …}, at the end {"exit-code": …}.
  void read_status() {
    std::string text;
    std::array<char, 4096> buffer{};
    for (ssize_t count = 0; (count = ::read(status_.get(), buffer.data(), buffer.size())) > 0;)
      text.append(buffer.data(), static_cast<size_t>(count));
    for (const std::string& part : split(text, '\n')) {
      const json line = json::parse(part, nullptr, false);
      const auto code = line.is_object() ? line.find("exit-code") : line.end();
      if (code != line.end() && code->is_number_integer()) exit_code_ = code->get<int>();
    }
  }

  Child child_;
  pid_t sandbox_;
  UniqueFd status_;
  std::optional<int> exit_code_;
  bool killed_ = false;
};

}  // namespace

std::vector<std::string> bubblewrap_arguments(const Spec& spec, int status_fd, int seccomp_fd, int start_fd) {
  std::vector<std::string> arguments = {
      "bwrap",     "--unshare-ipc",           "--unshare-uts",    "--hostname",
      "larder",    "--die-with-parent",       "--json-status-fd", std::to_string(status_fd),
      "--seccomp", std::to_string(seccomp_fd)};
  const auto add = [&](std::initializer_list<std::string> items) {
    arguments.insert(arguments.end(), items.begin(), items.end());
  };
  if (start_fd >= 0) add({"--block-fd", std::to_string(start_fd)});
  if (spec.network == Network::off) add({"--unshare-net"});
  if (::geteuid() == 0 && spec.identity == Identity::caller) {
    // Others have no capabilities to drop, and get a user namespace from bubblewrap in any case: from it the processes
    // outside, such as the sandbox's first one, can neither be traced nor looked into. In it other owners are nobody.
    add({"--cap-drop", "ALL"});
    const bool keeps_some = needs_rights_over_files(spec);
    if (!keeps_some) add({"--unshare-user"});
    if (keeps_some)
      for (const char* capability : file_capabilities) add({"--cap-add", std::string("CAP_") + capability});
  }
  add({"--dev-bind", spec.store_path + "/" + spec.root_dir, "/"});
  for (const auto& [name, value] : spec.env)
    if (is_for_loader(name)) add({"--setenv", name, value});
  add({"--chdir", spec.start, "--"});
  // A session of its own, with the new terminal as its controlling one, so that job control works in it.
  if (spec.stdio == Stdio::terminal) add({"setsid", "--ctty"});
  arguments.insert(arguments.end(), spec.command.begin(), spec.command.end());
  return arguments;
}

std::string find_bubblewrap() {
  if (std::string found = find_in_path("bwrap"); !found.empty()) return found;
  for (const char* path : {"/usr/bin/bwrap", "/usr/local/bin/bwrap"})
    if (::access(path, X_OK) == 0) return path;
  return {};
}

Result<std::unique_ptr<Process>> NativeEngine::start(const Spec& spec) {
  TRY_ASSIGN(Output output, open_output(spec.stdio));
  TRY_ASSIGN(Pipe status, make_pipe());
  TRY_ASSIGN(Pipe pid, make_pipe());
  ChildFiles files{std::move(output.theirs), std::move(status.write), std::move(pid.write), {}};
  const pid_t parent = ::getpid();
  TRY_ASSIGN(Child child, Child::start([&] { return execute(spec, files, parent); }, std::move(output.ours)));
  files = {};
  pid_t sandbox = -1;
  if (::read(pid.read.get(), &sandbox, sizeof sandbox) != sizeof sandbox) sandbox = -1;
  return std::make_unique<NativeProcess>(std::move(child), sandbox, std::move(status.read));
}

}  // namespace larder::engine
