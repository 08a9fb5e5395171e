#pragma once

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/pipe.hpp"
#include "builds/plan/plan.hpp"
#include "builds/run/fetch_key.hpp"
#include "builds/run/project_state.hpp"
#include "builds/watch/progress.hpp"
#include "engine/engine.hpp"
#include "source/record.hpp"
#include "support/scoped_variable.hpp"
#include "support/store_kit.hpp"

namespace larder::builds {

using test::must;
using test::ScopedVariable;

/// A statically linked program of one segment.
inline std::string static_elf(unsigned machine = EM_X86_64, char filler = '\0') {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_EXEC;
  header.e_machine = static_cast<Elf64_Half>(machine);
  header.e_version = EV_CURRENT;
  header.e_phoff = sizeof header;
  header.e_ehsize = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 1;
  Elf64_Phdr segment{};
  segment.p_type = PT_LOAD;
  segment.p_filesz = segment.p_memsz = sizeof header;
  std::string file(sizeof header + sizeof segment, '\0');
  std::memcpy(file.data(), &header, sizeof header);
  std::memcpy(file.data() + sizeof header, &segment, sizeof segment);
  return file + std::string(16, filler);
}

inline config::Target make_target(const std::string& name) {
  config::Target target;
  target.name = name;
  target.triple = name + "-unknown-linux-gnu";
  target.system = "Linux";
  target.processor = "x86_64";
  target.libc = "glibc";
  target.cc = "cc";
  target.elf_interpreter = "/lib64/ld-linux-x86-64.so.2";
  return target;
}

/// A project, a store, and a plan for it whose commands are shell scripts, made without the machine's toolchains.
class Kit {
 public:
  explicit Kit(const std::vector<std::string>& targets = {"one"}) {
    put("inputs", "1");
    plan.workspace = {kit_.dir.path() + "/project", "pantry", ""};
    plan.workspace.settings = plan.workspace.start = plan.workspace.top = plan.workspace.folder;
    plan.project.jobs = 4;
    plan.recipe.name = "script";
    plan.recipe.version = 1;
    plan.recipe.title = "Scripts";
    plan.recipe.output = "target";
    plan.recipe.safe_to_interrupt = true;
    plan.recipe.downloads = {{"cache-{target}", "/cache"}};
    plan.profile = "release";
    plan.siblings.emplace_back();
    for (const std::string& name : targets) add_target(name);
  }

  /// The build's script. $DOWNLOAD is what it writes to the download volume, $WORKSPACE what it writes to /workspace,
  /// and $COMPILED the folder `target` in that.
  void build_with(const std::string& script) {
    for (TargetPlan& target : plan.targets) target.build = {{"sh", "-c", script}};
  }
  void fetch_with(const std::string& script) {
    plan.recipe.fetch = config::FetchPhase{{"sh"}, {}, {}, {"inputs"}};
    plan.fetch = {"sh", "-c", script};
  }

  /// A good build that has seen the project as it is now, and has written these files.
  void commit(const store::VolumeSpec& spec, const test::Files& files, const std::vector<std::string>& opened = {}) {
    const auto project = must(look_at_project(plan, store()));
    source::Record record{source::entries_of(project->walk), {}};
    record.git = project->git;
    record.opened = opened;
    store::Transaction transaction = test::begin(store(), spec);
    test::fill(store(), transaction, files);
    must(transaction.seal(store::Outcome::success, 0, store::NewSource{record.encode(), project->content}));
  }
  /// The volume of the same project in another folder.
  store::VolumeSpec elsewhere(size_t index = 0) const {
    store::VolumeSpec spec = target(index).compiled;
    spec.key = test::volume_key(spec.key.name(), "v0");
    spec.workspace = "/elsewhere";
    return spec;
  }
  void put(const std::string& path, const std::string& content) {
    test::put_file(dir().fd(), "project/" + path, content);
    pass_a_tick();
  }
  /// Until what was written before is no longer of the future by the coarser clock.
  static void pass_a_tick() {
    timespec written{};
    timespec now{};
    must(::clock_gettime(CLOCK_REALTIME, &written) == 0, "clock");
    do {
      ::usleep(500);
      must(::clock_gettime(CLOCK_REALTIME_COARSE, &now) == 0, "clock");
    } while (source::nanoseconds(now) <= source::nanoseconds(written));
  }

  const store::Store& store() const { return kit_.store; }
  const test::TempDir& dir() const { return kit_.dir; }
  Os& os() { return kit_.os; }
  const TargetPlan& target(size_t index = 0) const { return plan.targets.at(index); }
  test::Files compiled(size_t index = 0) const { return test::files_of(store(), target(index).compiled.key); }
  test::Files downloads(size_t index = 0) const { return test::files_of(store(), target(index).downloads[0].key); }

  Plan plan;

 private:
  void add_target(const std::string& name) {
    TargetPlan target;
    target.target = make_target(name);
    target.image = {"host", "sha256:1", {{"/usr", "/usr"}}, {{"usr/bin", "/bin"}}, "/usr", "/usr/bin:/bin"};
    target.downloads = {
        {test::volume_key("cache-" + name), store::VolumeClass::download, name, "/cache", "", "", "", "script 1"}};
    target.compiled = {test::volume_key("target-pantry-" + name, "v1"),
                       store::VolumeClass::compiled,
                       name,
                       workspace_path,
                       "pantry",
                       plan.workspace.folder,
                       "sha256:1",
                       "script 1"};
    target.env = target.build_env = target.fetch_env = {{"TARGET", name}, {"PATH", "/usr/local/bin:/usr/bin:/bin"}};
    target.build = {{"true"}};
    target.results.include = {"target/out/*"};
    target.output_folder = plan.workspace.folder + "/target/" + target.target.triple + "/release";
    plan.targets.push_back(std::move(target));
    plan.siblings[0].push_back(test::volume_key("cache-" + name));
  }

  test::TempStore kit_{test::Place::memory};
};

/// What a build for the target `one` says that has left no program and no library.
constexpr const char* nothing_delivered = "nothing is delivered: the build has left no program and no library for one";

/// Whether a build that begins now fetches first.
inline bool needs_fetch_now(const Kit& kit) {
  ProjectWatch project(kit.plan, kit.store());
  return must(needs_fetch(kit.plan, kit.store(), project));
}

/// What a fetch that ends well leaves behind.
inline void note_fetched_now(const Kit& kit) {
  const auto project = must(look_at_project(kit.plan, kit.store()));
  must(note_fetched(kit.plan, kit.store(), *project, *project));
}

/// A command that runs as it is, in a process group of its own.
class ScriptProcess final : public engine::Process {
 public:
  /// `folder` is removed at the end, if nothing has been written to it; empty: none.
  ScriptProcess(const std::vector<std::string>& command, const std::vector<std::string>& environment,
                const std::vector<int>& shared_fds, std::string folder = {})
      : folder_(std::move(folder)) {
    Pipe pipe = must(make_pipe());
    pid_ = ::fork();
    must(pid_ >= 0, "cannot fork");
    if (pid_ == 0) execute(command, environment, shared_fds, pipe.write.get());
    ::setpgid(pid_, pid_);
    output_ = std::move(pipe.read);
    end_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  }
  ~ScriptProcess() override {
    if (pid_ <= 0) return;
    kill();
    (void)wait();
  }

  int output() const override { return output_.get(); }
  int end_fd() const override { return end_.get(); }
  void interrupt() override { ::kill(-pid_, SIGINT); }
  void kill() override { ::kill(-pid_, SIGKILL); }
  Result<engine::Ending> wait() override {
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
    kill();  // what it left in the background; a sandbox ends that too
    int status = 0;
    must(::waitpid(pid_, &status, 0) == pid_, "cannot wait");
    pid_ = -1;
    if (!folder_.empty()) ::rmdir(folder_.c_str());
    return engine::Ending{true, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)};
  }

 private:
  [[noreturn]] static void execute(const std::vector<std::string>& command, const std::vector<std::string>& environment,
                                   const std::vector<int>& shared_fds, int output) {
    ::setpgid(0, 0);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::dup2(output, 1);
    ::dup2(output, 2);
    for (const int fd : shared_fds) ::fcntl(fd, F_SETFD, 0);
    const auto pointers = [](const std::vector<std::string>& words) {
      std::vector<char*> all;
      for (const std::string& word : words) all.push_back(const_cast<char*>(word.c_str()));
      all.push_back(nullptr);
      return all;
    };
    const auto argv = pointers(command);
    const auto envp = pointers(environment);
    ::execvpe(argv[0], argv.data(), envp.data());
    ::_exit(127);
  }

  std::string folder_;
  pid_t pid_ = -1;
  UniqueFd output_;
  UniqueFd end_;
};

/// Runs the spec's command on this machine, as it is, and lets it write to the volumes' uppers, without any mount.
class FakeEngine : public engine::Engine {
 public:
  Result<std::unique_ptr<engine::Process>> start(const engine::Spec& spec) override {
    specs.push_back(spec);
    if (refuse) return fail(ErrorCode::environment, "no sandbox today", "it is closed");
    std::vector<std::string> environment;
    for (const auto& [name, value] : spec.env) environment.push_back(name + "=" + value);
    std::string output;
    std::vector<std::string> command = spec.command;
    if (!spec.volumes.empty()) {
      const std::string workspace = spec.store_path + "/" + spec.volumes.back().upper;
      output = workspace + "/target";
      must(::mkdir(output.c_str(), 0755) == 0 || errno == EEXIST, "cannot make " + output);
      environment.push_back("WORKSPACE=" + workspace);
      for (std::string& word : command)
        if (word.starts_with("/workspace/")) word.replace(0, std::string("/workspace").size(), workspace);
      environment.push_back("COMPILED=" + output);
      environment.push_back("DOWNLOAD=" + spec.store_path + "/" + spec.volumes.front().upper);
    }
    return std::make_unique<ScriptProcess>(command, environment, spec.shared_fds, output);
  }

  std::vector<engine::Spec> specs;
  bool refuse = false;
};

/// Writes down what it is told; a test may act on it.
class Recorder : public Progress {
 public:
  void begin(const std::vector<std::string>& names) override {
    std::string all;
    for (const std::string& name : names) all += " " + name;
    events.push_back("begin" + all);
  }
  void waiting(const std::string& name, const std::string& reason) override {
    events.push_back(name + " waits " + reason);
    if (on_waiting) on_waiting(name);
  }
  void started(const std::string& name) override { events.push_back(name + " started"); }
  void line(const std::string& name, const std::string& text) override {
    lines.push_back(name + ": " + text);
    if (on_line) on_line(name, text);
  }
  void note(const std::string& name, const std::string& text) override { events.push_back(name + " note " + text); }
  void finished(const std::string& name, TargetOutcome outcome, double) override {
    const char* words[] = {"success", "failed", "interrupted", "skipped"};
    events.push_back(name + " " + words[static_cast<int>(outcome)]);
  }
  void tick() override { ++ticks; }
  void end() override { events.push_back("end"); }

  std::vector<std::string> events;
  std::vector<std::string> lines;
  int ticks = 0;
  std::function<void(const std::string& name)> on_waiting;
  std::function<void(const std::string& name, const std::string& text)> on_line;
};

}  // namespace larder::builds
