#include "engine/native.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>

#include "base/pipe.hpp"
#include "base/text.hpp"
#include "engine/opened_files.hpp"
#include "engine/process_limit.hpp"
#include "support.hpp"

namespace larder::engine {
namespace {

using test::get_file;
using test::must;
using test::put_dir;
using test::put_file;
using test::TempStore;

class Native : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string refusal = test::overlay_refusal(kit_.store); !refusal.empty()) GTEST_SKIP() << refusal;
    put_dir(kit_.dir.fd(), "project");
    put_dir(kit_.store.dir(), "t/root");
    spec_.root_dir = "t/root";
    spec_.store_path = kit_.store.path();
    add_system(spec_);
    spec_.workspace = kit_.dir.path() + "/project";
    spec_.empty_dirs = {"/home/larder"};
    spec_.env = {{"PATH", "/usr/local/bin:/usr/bin:/bin"}};
  }

  std::unique_ptr<Process> start(const std::string& script) {
    spec_.command = {"sh", "-c", script};
    return must(engine_.start(spec_));
  }

  RunResult run(const std::string& script) {
    const auto process = start(script);
    std::string output = read_all(process->output());
    return {must(process->wait()), std::move(output)};
  }

  std::string output_of(const std::string& script) {
    const RunResult done = run(script);
    EXPECT_TRUE(done.ending.started);
    EXPECT_EQ(done.ending.exit_code, 0) << done.output;
    return done.output;
  }

  /// Adds the volume number `spec_.volumes.size()`, over layers/<name>/tree of each layer.
  void add_volume(const std::string& path, const std::vector<std::string>& layers, bool writable = true) {
    const std::string dir = fmt::format("t/{}/", spec_.volumes.size());
    for (const char* part : {"upper", "work"}) put_dir(kit_.store.dir(), dir + part);
    spec_.volumes.push_back(
        {path, store::layer_roots(layers), writable ? dir + "upper" : "", writable ? dir + "work" : "", ""});
  }

  void put_layer_file(const std::string& layer, const std::string& path, const std::string& content) {
    put_file(kit_.store.dir(), "layers/" + layer + "/tree/" + path, content);
  }

  /// A pipe whose reading end gives its end of file when no process has the lease any more.
  UniqueFd lend_lease() {
    Pipe pipe = must(make_pipe());
    lease_ = std::move(pipe.write);
    spec_.lease_fd = lease_.get();
    return std::move(pipe.read);
  }

  TempStore kit_;
  NativeEngine engine_;
  Spec spec_;
  UniqueFd lease_;
};

/// Whether the fd has something to read, or its end, now.
bool is_readable(int fd) {
  pollfd poll_fd{fd, POLLIN, 0};
  return ::poll(&poll_fd, 1, 0) == 1;
}

TEST_F(Native, GivesTheCommandsExitCode) {
  for (const int code : {0, 1, 77, 255}) {
    const Ending ending = run(fmt::format("exit {}", code)).ending;
    EXPECT_TRUE(ending.started);
    EXPECT_EQ(ending.exit_code, code);
  }
}

TEST_F(Native, ASignalIsACodeAbove128) {
  EXPECT_EQ(run("kill -TERM $$").ending.exit_code, 128 + SIGTERM);
  EXPECT_EQ(run("kill -KILL $$").ending.exit_code, 128 + SIGKILL);
}

TEST_F(Native, CapturesOutputAndErrorsInTheirOrder) {
  EXPECT_EQ(output_of("echo one; echo two >&2; echo three"), "one\ntwo\nthree\n");
}

TEST_F(Native, InputIsEmpty) { EXPECT_EQ(output_of("cat; echo end"), "end\n"); }

TEST_F(Native, PassesMuchOutput) { EXPECT_EQ(output_of("head -c 1000000 /dev/zero").size(), 1000000U); }

TEST_F(Native, ArgumentsArePassedAsTheyAre) {
  spec_.command = {"printf", "<%s>", "a b", "", "$HOME", "--", "\n"};
  const auto process = must(engine_.start(spec_));
  EXPECT_EQ(read_all(process->output()), "<a b><><$HOME><--><\n>");
  EXPECT_EQ(must(process->wait()).exit_code, 0);
}

TEST_F(Native, EnvironmentIsExactlyAsGiven) {
  ::setenv("LARDER_TEST_SECRET", "x", 1);
  spec_.env = {{"PATH", "/usr/bin:/bin"}, {"NAME", "a value=with\nall"}, {"EMPTY", ""}};
  spec_.command = {"env", "-0"};
  const auto process = must(engine_.start(spec_));
  const std::string output = read_all(process->output());
  ::unsetenv("LARDER_TEST_SECRET");
  std::vector<std::string> variables = split(output, '\0');
  std::sort(variables.begin(), variables.end());
  std::erase_if(variables, [](const std::string& text) { return text.empty() || text.starts_with("PWD="); });
  EXPECT_EQ(variables, (std::vector<std::string>{"EMPTY=", "NAME=a value=with\nall", "PATH=/usr/bin:/bin"}));
}

TEST_F(Native, TheEnvironmentIsNotAmongTheArguments) {
  spec_.env["TOKEN"] = "a secret";
  for (const std::string& argument : bubblewrap_arguments(spec_, 3, 4))
    EXPECT_EQ(argument.find("a secret"), std::string::npos) << argument;
}

TEST_F(Native, WhatTheDynamicLinkerObeysIsForTheCommandAlone) {
  spec_.env["LD_BIND_NOW"] = "1";
  const std::vector<std::string> arguments = bubblewrap_arguments(spec_, 3, 4);
  EXPECT_NE(std::find(arguments.begin(), arguments.end(), "LD_BIND_NOW"), arguments.end());
  EXPECT_EQ(output_of("echo $LD_BIND_NOW"), "1\n");
}

TEST_F(Native, UidAndGidAreTheCallers) {
  EXPECT_EQ(output_of("id -u; id -g"), fmt::format("{}\n{}\n", ::geteuid(), ::getegid()));
}

TEST_F(Native, HasNoCapabilitiesAndGainsNone) {
  EXPECT_EQ(output_of("grep -E '^(CapEff|CapPrm|NoNewPrivs)' /proc/self/status | tr -d '\\t'"),
            "CapPrm:0000000000000000\nCapEff:0000000000000000\nNoNewPrivs:1\n");
}

/// Root in a CI container builds a checkout whose owner is another.
TEST_F(Native, RootKeepsThoseForFilesWhereTheProjectIsAnothers) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may do so outside";
  put_file(kit_.store.dir(), "project/file", "one");
  const std::string folder = kit_.store.path() + "/project";
  must(::chown(folder.c_str(), 1000, 1000) == 0 && ::chmod(folder.c_str(), 0700) == 0, "chown");
  must(::chown((folder + "/file").c_str(), 1000, 1000) == 0, "chown");
  spec_.workspace = folder;
  EXPECT_EQ(output_of("echo two >file && echo three >new && cat file && stat -c %u file"), "two\n1000\n");
  EXPECT_EQ(output_of("grep CapEff /proc/self/status | tr -d '\\t'"), "CapEff:000000000000001b\n");
}

TEST_F(Native, RootKeepsThemWhereNobodyMayWrite) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may do so outside";
  const std::string folder = kit_.store.path() + "/project";
  for (const char* closed : {"", "/src"}) {
    put_file(kit_.store.dir(), "project/src/file", "one");
    spec_.workspace = folder;
    must(::chmod((folder + closed).c_str(), 0555) == 0, "chmod");
    EXPECT_EQ(output_of("echo two >src/file && echo three >src/new && touch new && cat src/file"), "two\n") << closed;
    must(::chmod((folder + closed).c_str(), 0755) == 0, "chmod");
  }
}

/// Opens for writing, and writes nothing.
TEST_F(Native, NothingOfTheKernelsSettingsCanBeWritten) {
  for (const char* file : {"/proc/sys/kernel/core_pattern", "/proc/sys/vm/drop_caches", "/proc/sysrq-trigger"})
    EXPECT_EQ(output_of(fmt::format("(exec 3>>{}) 2>/dev/null && echo open || echo closed", file)), "closed\n") << file;
}

TEST_F(Native, SecretsOfTheKernelCannotBeRead) {
  EXPECT_EQ(output_of("head -qc 9 /proc/kcore /proc/keys /proc/timer_list 2>/dev/null; true"), "");
}

/// keyctl(2) gives the number of the session's keyring.
TEST_F(Native, TheCallersKeysAreNotThere) {
  constexpr int get_keyring_id = 0;
  constexpr int session = -3;
  const long ours = ::syscall(SYS_keyctl, get_keyring_id, session, 0);
  if (ours < 0) GTEST_SKIP() << "this kernel takes no keys";
  const std::string theirs =
      output_of(fmt::format("perl -e 'print syscall({}, {}, {}, 0)'", SYS_keyctl, get_keyring_id, session));
  EXPECT_FALSE(theirs.empty());
  EXPECT_NE(theirs, std::to_string(ours));
}

/// Who could unlock it would have a running build's layers collected; who could write it would stop all other builds.
TEST_F(Native, TheLeaseCannotBeReachedFromInside) {
  put_file(kit_.store.dir(), "t/lease", "mine");
  const UniqueFd lease = must(kit_.os.open(kit_.store.dir(), "t/lease", O_RDWR));
  spec_.lease_fd = lease.get();
  EXPECT_EQ(output_of("ls -l /proc/[0-9]*/fd /proc/[0-9]*/task/*/fd 2>/dev/null | grep -c lease; true"), "0\n");
  EXPECT_EQ(output_of("readlink /proc/1/fd/* | wc -l"), "0\n");
}

/// Until then something may still be written into the layers that the lease is for.
TEST_F(Native, OfAKilledLarderTheLeaseOutlivesTheSandbox) {
  Pipe lease = must(make_pipe());
  Pipe inside = must(make_pipe());
  const pid_t larder = ::fork();
  must(larder >= 0, "cannot fork");
  if (larder == 0) {
    spec_.lease_fd = lease.write.get();
    spec_.shared_fds = {inside.write.get()};
    const auto process = start(fmt::format(
        "for i in 1 2 3 4 5 6 7 8; do sleep 1000 & done; echo ready >/proc/self/fd/{}; wait", inside.write.get()));
    ::pause();
    ::_exit(1);
  }
  lease.write.reset();
  inside.write.reset();
  read_until(inside.read.get(), "ready\n");
  EXPECT_FALSE(is_readable(lease.read.get()));
  ::kill(larder, SIGKILL);
  ::waitpid(larder, nullptr, 0);
  EXPECT_EQ(read_all(lease.read.get()), "");
  EXPECT_TRUE(is_readable(inside.read.get()));  // its end: no process has it any more
}

/// Prints how a system call fails: its errno, or 0.
std::string errno_script(const std::string& call) {
  return "perl -e '$r = syscall(" + call + "); print $r < 0 ? $!+0 : 0'";
}

TEST_F(Native, TheFirstProcessCannotBeTraced) {
  constexpr int attach = 16;
  EXPECT_EQ(output_of(errno_script(fmt::format("{}, {}, 1, 0, 0", SYS_ptrace, attach))), std::to_string(EPERM));
}

TEST_F(Native, AProcessOfItsOwnCanBeTraced) {
  EXPECT_EQ(output_of(errno_script(fmt::format("{}, 0, 0, 0, 0", SYS_ptrace))), "0") << "the leak sanitizer does so";
}

TEST_F(Native, TheCallersTerminalCannotBeTypedInto) {
  for (const unsigned long request : {0x5412UL, 0x541CUL, 0x100005412UL})  // the kernel takes 32 bits
    EXPECT_EQ(output_of(errno_script(fmt::format("{}, 0, {}, 0", SYS_ioctl, request))), std::to_string(EPERM));
}

TEST_F(Native, WhatBuildsDoNotNeedOfTheKernelIsRefused) {
  for (const long number : {SYS_bpf, SYS_keyctl, SYS_perf_event_open, SYS_userfaultfd, SYS_kexec_load, SYS_init_module,
                            SYS_open_by_handle_at, SYS_pidfd_getfd, SYS_fsopen, SYS_umount2})
    EXPECT_EQ(output_of(errno_script(fmt::format("{}, 0, 0, 0, 0, 0", number))), std::to_string(EPERM)) << number;
  constexpr long of_the_future = 9999;
  EXPECT_EQ(output_of(errno_script(fmt::format("{}, 0, 0", of_the_future))), std::to_string(ENOSYS));
}

TEST_F(Native, UserNamespacesAreForWhoAsks) {
  EXPECT_NE(run("unshare -Um true 2>/dev/null").ending.exit_code, 0);
  spec_.namespaces = Namespaces::own;
  EXPECT_EQ(output_of("unshare -Um true && echo made"), "made\n");  // without capabilities root cannot map itself
}

// The kernel lets root have any number all the same.
TEST_F(Native, ProcessesAreLimited) {
  EXPECT_EQ(output_of("bash -c 'test $(ulimit -u) -le 8192 && echo limited'"), "limited\n");
}

TEST_F(Native, RootsProcessesAreLimitedByTheirNumbers) {
  utsname kernel{};
  ASSERT_EQ(::uname(&kernel), 0);
  if (!has_own_pid_max(kernel.release)) GTEST_SKIP() << "this kernel has one limit for the whole machine";
  const std::string file = "/proc/sys/kernel/pid_max";
  const std::string outside = must(read_file(kit_.os, AT_FDCWD, file, 64));
  EXPECT_EQ(output_of("cat " + file), std::to_string(process_number_max) + "\n");
  EXPECT_EQ(must(read_file(kit_.os, AT_FDCWD, file, 64)), outside);
}

TEST_F(Native, BeginsInTheWorkspace) { EXPECT_EQ(output_of("pwd"), "/workspace\n"); }

TEST_F(Native, HasAHostnameOfItsOwn) { EXPECT_EQ(output_of("uname -n"), "larder\n"); }

TEST_F(Native, SeesItsOwnProcessesOnly) {
  EXPECT_EQ(output_of("[ -e /proc/" + std::to_string(::getpid()) +
                      "/root/tmp/larder ] || ls -d /proc/[0-9]* | wc -l | "
                      "{ read n; [ $n -le 6 ] && echo few; }"),
            "few\n");
}

TEST_F(Native, OfTheHostOnlyTheRootIsThere) {
  put_file(kit_.dir.fd(), "secret", "x");
  EXPECT_EQ(output_of("ls -A /home /root /var /srv /mnt /media /tmp " + kit_.dir.path() + " 2>/dev/null || true"),
            "/home:\nlarder\n\n/tmp:\n");
}

TEST_F(Native, RootIsReadOnly) {
  EXPECT_EQ(output_of("for d in /usr /usr/bin; do touch $d/larder-test 2>/dev/null && echo $d; done; true"), "");
}

TEST_F(Native, TmpAndHomeArePrivateAndWritable) {
  const std::string script = "ls -A /tmp /home/larder; echo x >/tmp/new && echo x >/home/larder/new && echo good";
  EXPECT_EQ(output_of(script), "/home/larder:\n\n/tmp:\ngood\n");
  EXPECT_EQ(output_of(script), "/home/larder:\n\n/tmp:\ngood\n");
}

TEST_F(Native, DevicesForBuildsAreThere) {
  EXPECT_EQ(output_of("for d in null zero full random urandom; do [ -c /dev/$d ] || echo $d; done; "
                      "echo x >/dev/null && ls -d /dev/fd /dev/shm"),
            "/dev/fd\n/dev/shm\n");
}

TEST_F(Native, WorkspaceIsTheRealFolder) {
  put_file(kit_.dir.fd(), "project/source", "from the host");
  EXPECT_EQ(output_of("cat source; echo made >result"), "from the host");
  EXPECT_EQ(get_file(kit_.dir.fd(), "project/result"), "made\n");
  EXPECT_EQ(must(kit_.os.stat(kit_.dir.fd(), "project/result"))->st_uid, ::geteuid());
}

TEST_F(Native, ExtraBindsAreReadOnlyAndInTheOthers) {
  put_file(kit_.dir.fd(), "hosts", "known");
  put_dir(kit_.dir.fd(), "repository");
  spec_.extra = {{kit_.dir.path() + "/hosts", "/home/larder/.ssh/known_hosts"},
                 {kit_.dir.path() + "/repository", kit_.dir.path() + "/repository"}};
  EXPECT_EQ(output_of("cat ~larder/.ssh/known_hosts 2>/dev/null || cat /home/larder/.ssh/known_hosts; "
                      "touch " +
                      kit_.dir.path() + "/repository/x 2>/dev/null || echo ' read-only'"),
            "known read-only\n");
}

TEST_F(Native, VolumesShowTheirLayersAndKeepChangesInTheUpper) {
  put_layer_file("a", "name", "lower");
  put_layer_file("a", "gone", "lower");
  put_layer_file("b", "name", "upper");
  add_volume("/volume", {"a", "b"});
  EXPECT_EQ(output_of("cat /volume/name; echo new >/volume/new; rm /volume/gone; echo more >>/volume/name"), "upper");
  const int dir = kit_.store.dir();
  EXPECT_EQ(get_file(dir, "t/0/upper/new"), "new\n");
  EXPECT_EQ(get_file(dir, "t/0/upper/name"), "uppermore\n");
  EXPECT_TRUE(store::is_whiteout(must(kit_.os.stat(dir, "t/0/upper/gone")).value()));
  EXPECT_EQ(get_file(dir, "layers/b/tree/name"), "upper");
  EXPECT_EQ(get_file(dir, "layers/a/tree/gone"), "lower");
}

TEST_F(Native, ReadOnlyVolumesRefuseChanges) {
  put_layer_file("a", "name", "lower");
  add_volume("/full", {"a"}, false);
  add_volume("/empty", {}, false);
  EXPECT_EQ(output_of("cat /full/name; for d in /full /empty; do touch $d/x 2>/dev/null && echo $d; done; true"),
            "lower");
  EXPECT_FALSE(test::exists(kit_.store.dir(), "empty/x"));
}

TEST_F(Native, VolumesCanBeMountedWhereTheRootHasNoFolder) {
  add_volume("/usr/local/larder-test/registry", {});
  add_volume("/usr/local/larder-test/git", {});
  EXPECT_EQ(output_of("echo 1 >/usr/local/larder-test/registry/x; echo 2 >/usr/local/larder-test/git/x; ls /usr/local"),
            [] {
              std::vector<std::string> names = {"larder-test"};
              for (const auto& entry : std::filesystem::directory_iterator("/usr/local"))
                names.push_back(entry.path().filename().string());
              std::sort(names.begin(), names.end());
              return join(names, "\n") + "\n";
            }());
  EXPECT_EQ(get_file(kit_.store.dir(), "t/0/upper/x"), "1\n");
  EXPECT_EQ(get_file(kit_.store.dir(), "t/1/upper/x"), "2\n");
  EXPECT_FALSE(std::filesystem::exists("/usr/local/larder-test"));
}

TEST_F(Native, AVolumeInTheWorkspaceHidesTheHostsFolder) {
  put_file(kit_.dir.fd(), "project/target/hosts", "x");
  add_volume("/workspace/target", {});
  EXPECT_EQ(output_of("ls target; touch target/new"), "");
  EXPECT_EQ(test::must(kit_.os.list(kit_.dir.fd(), "project/target")).size(), 1U);
  EXPECT_TRUE(test::exists(kit_.store.dir(), "t/0/upper/new"));
}

TEST_F(Native, AWorkspaceBelowAVolumeStaysUntouched) {
  put_file(kit_.dir.fd(), "project/source", "mine");
  add_volume("/workspace", {});
  spec_.volumes.back().lowest_folder = spec_.workspace;
  spec_.workspace.clear();
  EXPECT_EQ(output_of("cat source; echo x >object; echo changed >source; rm -f none"), "mine");
  EXPECT_EQ(get_file(kit_.dir.fd(), "project/source"), "mine");
  EXPECT_FALSE(test::exists(kit_.dir.fd(), "project/object"));
  EXPECT_EQ(get_file(kit_.store.dir(), "t/0/upper/object"), "x\n");
}

/// bash speaks TCP by itself. Prints how connecting ends.
std::string connect_script(const std::string& host, int port) {
  return fmt::format("LC_ALL=C bash -c 'echo x >/dev/tcp/{}/{}' 2>&1 | grep -oE 'refused|unreachable' | sort -u", host,
                     port);
}

struct Listener {
  Listener() : fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    must(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) == 0 && ::listen(fd.get(), 5) == 0 &&
             ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0,
         "cannot listen");
    port = ntohs(address.sin_port);
  }
  UniqueFd fd;
  int port = 0;
};

TEST_F(Native, NetworkOffLeavesALoopbackAndNothingElse) {
  const Listener listener;
  EXPECT_EQ(output_of("sed -n 's/^ *\\([^ ]*\\):.*/\\1/p' /proc/net/dev"), "lo\n");
  EXPECT_EQ(output_of(connect_script("127.0.0.1", listener.port)), "refused\n");  // with lo down: unreachable
  EXPECT_EQ(output_of(connect_script("192.0.2.1", 9)), "unreachable\n");
}

TEST_F(Native, NetworkOnReachesTheHost) {
  const Listener listener;
  spec_.network = Network::on;
  EXPECT_EQ(output_of(connect_script("127.0.0.1", listener.port)), "");
  EXPECT_TRUE(is_readable(listener.fd.get()));
}

constexpr const char* list_fds =
    "for n in 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do "
    "[ -e /proc/self/fd/$n ] && readlink /proc/$$/fd/$n; done; true";

TEST_F(Native, NoOtherDescriptorsAreInside) {
  const UniqueFd lease_end = lend_lease();
  const UniqueFd left_open(::open("/", O_RDONLY | O_DIRECTORY));  // no O_CLOEXEC: as a careless caller leaves it
  must(static_cast<bool>(left_open), "cannot open /");
  EXPECT_EQ(output_of(list_fds), "");
}

TEST_F(Native, SharedDescriptorsKeepTheirNumbers) {
  const Pipe pipe = must(make_pipe());
  spec_.shared_fds = {pipe.read.get(), pipe.write.get()};
  output_of(fmt::format("sh -c 'echo hello >/proc/self/fd/{}'", pipe.write.get()));
  EXPECT_EQ(read_until(pipe.read.get(), "\n"), "hello\n");
}

TEST_F(Native, TheLeaseIsHeldToTheEndAndNoLonger) {
  const UniqueFd lease_end = lend_lease();
  const auto process = start("echo ready; sleep 1000");
  lease_.reset();
  read_until(process->output(), "ready\n");
  EXPECT_FALSE(is_readable(lease_end.get()));
  process->kill();
  EXPECT_EQ(read_all(lease_end.get()), "");
  EXPECT_EQ(must(process->wait()).exit_code, 128 + SIGKILL);
}

TEST_F(Native, ALockThatTheCallerLetsGoIsFreeWhileItRuns) {
  const auto try_lock = [&] {
    return must(FileLock::try_acquire(kit_.os, kit_.store.dir(), "writer", LockMode::exclusive));
  };
  auto lock = try_lock();
  ASSERT_TRUE(lock);
  const auto process = start("echo ready; sleep 1000");
  read_until(process->output(), "ready\n");
  EXPECT_FALSE(try_lock());
  lock.reset();
  EXPECT_TRUE(try_lock());
  process->kill();
}

TEST_F(Native, InterruptReachesTheCommandAndItsChildren) {
  const auto process =
      start("trap 'echo parent' INT; sh -c 'trap \"echo child; exit 0\" INT; echo ready; sleep 1000 & wait'; exit 3");
  read_until(process->output(), "ready\n");
  process->interrupt();
  EXPECT_EQ(read_until(process->output(), "parent\n"), "child\nparent\n");
  EXPECT_EQ(must(process->wait()).exit_code, 3);
}

TEST_F(Native, InterruptEndsACommandThatDoesNotCare) {
  const auto process = start("exec yes ready");  // a shell may lose an interrupt while it forks
  read_until(process->output(), "ready\n");
  process->interrupt();
  EXPECT_EQ(must(process->wait()).exit_code, 128 + SIGINT);
}

TEST_F(Native, KillLeavesNoProcess) {
  const UniqueFd lease_end = lend_lease();
  const auto process = start("trap '' INT TERM HUP; setsid sleep 1000 & sleep 1000 & echo ready; wait");
  lease_.reset();
  read_until(process->output(), "ready\n");
  process->kill();
  EXPECT_EQ(must(process->wait()).exit_code, 128 + SIGKILL);
  EXPECT_EQ(read_all(lease_end.get()), "");
  EXPECT_EQ(read_all(process->output()), "");  // the background processes had it open too
}

TEST_F(Native, EndsWithTheCommandWhateverRunsInTheBackground) {
  EXPECT_EQ(run("sleep 1000 & setsid sleep 1000 & exit 4").ending.exit_code, 4);
}

TEST_F(Native, TheDestructorKills) {
  const UniqueFd lease_end = lend_lease();
  start("echo ready; sleep 1000");
  lease_.reset();
  EXPECT_EQ(read_all(lease_end.get()), "");
}

TEST_F(Native, KilledAtAnyMomentNothingStays) {
  for (int i = 0; i < 15; ++i) {
    const UniqueFd lease_end = lend_lease();
    const auto process = start("sleep 1000");
    lease_.reset();
    ::usleep(static_cast<useconds_t>(i * 200));
    process->kill();
    EXPECT_EQ(must(process->wait()).exit_code, 128 + SIGKILL);
    EXPECT_EQ(read_all(lease_end.get()), "");
  }
}

TEST_F(Native, EndFdIsReadableAtTheEnd) {
  const auto process = start("echo ready; read line </workspace/pipe");
  read_until(process->output(), "ready\n");
  process->kill();
  pollfd poll_fd{process->end_fd(), POLLIN, 0};
  EXPECT_EQ(::poll(&poll_fd, 1, -1), 1);
  must(process->wait());
}

TEST_F(Native, DiesWithItsParent) {
  const UniqueFd lease_end = lend_lease();
  Pipe ready = must(make_pipe());
  const pid_t parent = ::fork();
  ASSERT_GE(parent, 0);
  if (parent == 0) {
    const auto process = start("echo ready; trap '' INT TERM HUP; while :; do sleep 1000; done");
    lease_.reset();
    const std::string text = read_until(process->output(), "ready\n");
    (void)!::write(ready.write.get(), text.data(), text.size());
    ::pause();
  }
  lease_.reset();
  ready.write.reset();
  EXPECT_EQ(read_until(ready.read.get(), "ready\n"), "ready\n");
  ::kill(parent, SIGKILL);
  EXPECT_EQ(read_all(lease_end.get()), "");
  ::waitpid(parent, nullptr, 0);
}

/// Before the command runs, bubblewrap has not yet bound the sandbox's life to its own.
TEST_F(Native, DiesWithItsParentAlsoWhileItStarts) {
  for (useconds_t delay_microseconds = 0; delay_microseconds < 6000; delay_microseconds += 500) {
    const UniqueFd lease_end = lend_lease();
    Pipe started = must(make_pipe());
    const pid_t parent = ::fork();
    ASSERT_GE(parent, 0);
    if (parent == 0) {
      const auto process = start("sleep 1000");
      lease_.reset();
      (void)!::write(started.write.get(), "x", 1);
      ::pause();
    }
    lease_.reset();
    started.write.reset();
    EXPECT_EQ(read_until(started.read.get(), "x"), "x");
    ::usleep(delay_microseconds);
    ::kill(parent, SIGKILL);
    EXPECT_EQ(read_all(lease_end.get()), "");
    ::waitpid(parent, nullptr, 0);
  }
}

int mounts_of(const std::string& path) {
  std::ifstream file("/proc/self/mountinfo");
  int count = 0;
  for (std::string line; std::getline(file, line);) count += line.find(path) != std::string::npos ? 1 : 0;
  return count;
}

TEST_F(Native, MountsNothingOnTheHost) {
  add_volume("/volume", {});
  const auto process = start("exec yes ready");  // a shell may lose an interrupt while it forks
  read_until(process->output(), "ready\n");
  EXPECT_EQ(mounts_of(kit_.dir.path()), 0);
  process->kill();
  must(process->wait());
  EXPECT_EQ(mounts_of(kit_.dir.path()), 0);
  EXPECT_EQ(must(kit_.os.list(kit_.store.dir(), "t/root")).size(), 0U);
}

TEST_F(Native, ATerminalIsTheControllingOne) {
  spec_.stdio = Stdio::terminal;
  const RunResult done = run("[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo hello >/dev/tty");
  EXPECT_EQ(done.output, "hello\r\n");
  EXPECT_EQ(done.ending.exit_code, 0);
}

TEST_F(Native, CtrlCInTheTerminalReachesTheCommand) {
  spec_.stdio = Stdio::terminal;
  const auto process = start("trap 'exit 9' INT; echo ready; sleep 1000 & wait");
  read_until(process->output(), "ready");
  ASSERT_EQ(::write(process->output(), "\x03", 1), 1);
  read_all(process->output());
  EXPECT_EQ(must(process->wait()).exit_code, 9);
}

TEST_F(Native, InheritsTheCallersOutput) {
  Pipe pipe = must(make_pipe());
  spec_.stdio = Stdio::inherited;
  const int code = test::exit_code_of([&] {
    ::dup2(pipe.write.get(), 1);
    const auto process = start("echo direct; exit 5");
    must(process->output() == -1, "it has an output");
    ::_exit(must(process->wait()).exit_code);
  });
  pipe.write.reset();
  EXPECT_EQ(code, 5);
  EXPECT_EQ(read_all(pipe.read.get()), "direct\n");
}

TEST_F(Native, SeveralRunSideBySide) {
  const auto first = start("echo first; sleep 1000");
  const auto second = start("echo second");
  EXPECT_EQ(read_all(second->output()), "second\n");
  EXPECT_EQ(must(second->wait()).exit_code, 0);
  EXPECT_EQ(read_until(first->output(), "\n"), "first\n");
}

TEST_F(Native, ACommandThatDoesNotExistIsNoResultOfTheBuild) {
  spec_.command = {"larder-no-such-command"};
  const auto process = must(engine_.start(spec_));
  EXPECT_NE(read_all(process->output()).find("larder-no-such-command"), std::string::npos);
  const Ending ending = must(process->wait());
  EXPECT_TRUE(!ending.started || ending.exit_code == 127);
}

/// Where the mistake is found, before or after the sandbox's own start, is the engine's affair.
TEST_F(Native, AMissingFolderIsNoResultOfTheBuild) {
  spec_.workspace = kit_.dir.path() + "/absent";
  spec_.command = {"true"};
  const auto process = engine_.start(spec_);
  if (!process) {
    EXPECT_EQ(process.error().code, ErrorCode::environment);
    return;
  }
  EXPECT_NE(read_all((*process)->output()).find("/absent"), std::string::npos);
  EXPECT_FALSE(must((*process)->wait()).started);
}

TEST_F(Native, AVolumeThatCannotBeMountedIsAnError) {
  add_volume("/volume", {"no-such-layer"});
  spec_.command = {"true"};
  const auto process = engine_.start(spec_);
  ASSERT_FALSE(process);
  EXPECT_EQ(process.error().message, "cannot mount the overlay for /volume");
}

TEST_F(Native, LeavesNoDescriptorsOpen) {
  output_of("true");
  const int before = test::open_fds();
  output_of("true");
  spec_.stdio = Stdio::terminal;
  run("true");
  EXPECT_EQ(test::open_fds(), before);
}

/// What the command opens of /workspace, with a file for the answer.
class NativeWatched : public Native {
 protected:
  void SetUp() override {
    Native::SetUp();
    if (IsSkipped()) return;
    for (const char* folder : {"a", "a/b", "unwatched"})
      put_dir(kit_.store.dir(), std::string("layers/low/tree/") + folder);
    for (const char* file : {"top", "unread", "a/one", "a/b/two", "a/b/script", "unwatched/three"})
      put_layer_file("low", file, "echo text\n");
    spec_.workspace.clear();
    add_volume("/workspace", {"low"});
    file_ = UniqueFd(::memfd_create("opened", MFD_CLOEXEC));
    spec_.watched = Watched{"/workspace", {"", "a", "a/b", "gone"}, file_.get()};
  }

  std::vector<std::string> opened() {
    Opened opened = must(read_opened(file_.get()));
    EXPECT_TRUE(opened.complete);
    std::sort(opened.paths.begin(), opened.paths.end());
    return opened.paths;
  }

  UniqueFd file_;
};

TEST_F(NativeWatched, TellsWhichFilesWereOpened) {
  run("cat top a/b/two; test -e unread; stat unread; ls a; sh a/b/script; cat unwatched/three");
  EXPECT_EQ(opened(), (std::vector<std::string>{"a", "a/b/script", "a/b/two", "top"}))
      << "of folders, those that are listed";
}

TEST_F(NativeWatched, AlsoThoseThatWereWrittenOrReadByAnotherName) {
  run("echo x >>a/one; ln -s a/b/two link; cat link");
  EXPECT_EQ(opened(), (std::vector<std::string>{"a/b/two", "a/one"}));
}

TEST_F(NativeWatched, ASecondRunAddsToTheFirst) {
  run("cat top");
  put_dir(kit_.store.dir(), "t/root2");
  put_dir(kit_.store.dir(), "t/0/work2");
  spec_.root_dir = "t/root2";
  spec_.volumes.at(0).work = "t/0/work2";
  run("cat a/one");
  EXPECT_EQ(opened(), (std::vector<std::string>{"a/one", "top"}));
}

TEST_F(NativeWatched, MoreThanTheQueueHoldsIsToldOrKnown) {
  run("cd a/b; for i in $(seq 300); do cat two two two two ../one ../one two ../one >/dev/null; done");
  const Opened opened = must(read_opened(file_.get()));
  EXPECT_TRUE(!opened.complete || opened.paths.size() == 2U);
}

}  // namespace
}  // namespace larder::engine
