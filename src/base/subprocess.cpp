#include "base/subprocess.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "base/pipe.hpp"
#include "base/text.hpp"
#include "base/time.hpp"

namespace larder {
namespace {

constexpr size_t output_bytes_max = size_t{64} << 20;

/// A new session, and signals as a program expects them at its start.
class Attributes {
 public:
  Attributes() {
    ::posix_spawnattr_init(&value);
    sigset_t set;
    sigemptyset(&set);
    ::posix_spawnattr_setsigmask(&value, &set);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD}) sigaddset(&set, number);
    ::posix_spawnattr_setsigdefault(&value, &set);
    ::posix_spawnattr_setflags(&value, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() { ::posix_spawnattr_destroy(&value); }

  posix_spawnattr_t value{};
};

class Files {
 public:
  Files() { ::posix_spawn_file_actions_init(&value); }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;
  ~Files() { ::posix_spawn_file_actions_destroy(&value); }

  posix_spawn_file_actions_t value{};
};

/// False at the end of the file.
bool read_some(UniqueFd& fd, std::string& text) {
  std::array<char, 65536> buffer{};
  const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
  if (count > 0) text.append(buffer.data(), static_cast<size_t>(count));
  return count > 0 || (count < 0 && errno == EINTR);
}

}  // namespace

Result<Subprocess> Subprocess::start(const std::vector<std::string>& command, Output output, int input) {
  INVARIANT(!command.empty());
  TRY_ASSIGN(Pipe out, make_pipe());
  TRY_ASSIGN(Pipe err, make_pipe());
  Attributes attributes;
  Files files;
  if (input >= 0)
    ::posix_spawn_file_actions_adddup2(&files.value, input, 0);
  else
    ::posix_spawn_file_actions_addopen(&files.value, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&files.value, output == Output::captured ? out.write.get() : 2, 1);
  ::posix_spawn_file_actions_adddup2(&files.value, err.write.get(), 2);
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  pid_t pid = -1;
  const int failed = ::posix_spawn(&pid, argv[0], &files.value, &attributes.value, argv.data(), environ);
  if (failed != 0) return fail_sys(failed, "cannot execute " + command.front());
  return Subprocess(command.front(), pid, std::move(out.read), std::move(err.read));
}

Subprocess::Subprocess(Subprocess&& other) noexcept
    : name_(std::move(other.name_)),
      pid_(std::exchange(other.pid_, -1)),
      output_(std::move(other.output_)),
      errors_(std::move(other.errors_)) {}

Subprocess::~Subprocess() {
  if (pid_ <= 0) return;
  (void)::kill(pid_, SIGKILL);
  (void)reap();
}

bool Subprocess::has_ended() const {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid_;
}

int Subprocess::reap() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

Result<Completed> Subprocess::finish(double seconds_max, const std::function<bool()>& stop) {
  constexpr double question_seconds = 0.1;
  Completed done;
  const double end = steady_seconds() + seconds_max;
  while (output_ || errors_) {
    std::array<pollfd, 2> fds = {pollfd{output_ ? output_.get() : -1, POLLIN, 0},
                                 pollfd{errors_ ? errors_.get() : -1, POLLIN, 0}};
    const double left = end - steady_seconds();
    const double slice = stop ? std::min(left, question_seconds) : left;
    const int ready = left > 0 ? ::poll(fds.data(), fds.size(), static_cast<int>(slice * 1000) + 1) : 0;
    if (stop && stop()) return fail(ErrorCode::interrupted, name_ + " was stopped");
    if (stop && ready == 0 && slice < left) continue;
    if (ready < 0 && errno != EINTR) return fail_sys(errno, "cannot wait for " + name_);
    const bool too_much = done.output.size() + done.errors.size() > output_bytes_max;
    if (ready == 0 || too_much)
      return fail(ErrorCode::environment, name_ + (too_much ? " writes without end" : " does not answer"),
                  too_much ? "" : fmt::format("it was given {}", format_seconds(seconds_max)));
    if (fds[0].revents != 0 && !read_some(output_, done.output)) output_.reset();
    if (fds[1].revents != 0 && !read_some(errors_, done.errors)) errors_.reset();
  }
  done.exit_code = reap();
  return done;
}

Result<Completed> run_program(const std::vector<std::string>& command, double seconds_max,
                              const std::function<bool()>& stop) {
  TRY_ASSIGN(Subprocess process, Subprocess::start(command));
  return process.finish(seconds_max, stop);
}

std::string find_in_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  for (const std::string& folder : split(path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path, ':')) {
    const std::string file = folder + "/" + program;
    struct stat status {};
    if (folder.starts_with('/') && ::stat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
        ::access(file.c_str(), X_OK) == 0)
      return file;
  }
  return {};
}

}  // namespace larder
