// Measures Larder's own parts inside one process and prints one JSON object a line, each a single measurement.
// `bench/run` drives it; --help tells how to use it alone.

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/random_id.hpp"
#include "builds/image/provide.hpp"
#include "builds/plan/make_plan.hpp"
#include "builds/run/fork_requests.hpp"
#include "builds/run/run_spec.hpp"
#include "builds/run/target_view.hpp"
#include "cli/project_images.hpp"
#include "engine/native.hpp"
#include "store/branch/settle.hpp"
#include "store/branch/transaction.hpp"
#include "store/care/upkeep.hpp"
#include "store/space/clean.hpp"
#include "store/space/collect.hpp"
#include "tree.hpp"

namespace larder::bench {
namespace {

using nlohmann::json;
using store::Access;
using store::Outcome;
using store::Transaction;

constexpr int layers_per_volume = 3;
constexpr const char* holder = "larder_bench";

struct Options {
  std::string figure;
  std::string store;
  std::string project;
  std::string target = "x64";
  int count = 10;
  TreeShape cold{1600, 300'000'000};
  TreeShape change{37, 9'000'000};
  TreeShape many{100'000, 100'000'000};
};

/// Milliseconds since the last lap.
class Clock {
 public:
  double lap() {
    const auto now = std::chrono::steady_clock::now();
    const double milliseconds = std::chrono::duration<double, std::milli>(now - last_).count();
    last_ = now;
    return milliseconds;
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

void print(const json& measurement) { std::cout << measurement.dump() << std::endl; }

/// The volumes as a build of this project sees them: the downloads to read, the compiled one to write.
Result<std::vector<store::ForkRequest>> build_requests(const store::Store& store, const builds::Plan& plan) {
  auto requests = builds::input_requests(plan, plan.targets.front(), Access::read);
  TRY_ASSIGN(store::ForkRequest compiled, builds::compiled_request(store, plan, plan.targets.front()));
  requests.push_back(std::move(compiled));
  return requests;
}

/// A build that is ready to start its tool: with its volumes, and its view of the project above the compiled one.
class BegunBuild {
 public:
  static Result<BegunBuild> begin(const store::Store& store, const builds::Plan& plan,
                                  std::vector<store::ForkRequest> requests) {
    TRY_ASSIGN(auto project, builds::look_at_project(plan, store));
    BegunBuild build;
    build.view_ = std::make_unique<builds::TargetView>(plan, store, std::move(project));
    requests.back().choose = build.view_->chooser(plan.targets.front());
    TRY_ASSIGN(auto transaction, Transaction::begin(store, std::move(requests), holder));
    build.transaction_ = std::make_unique<Transaction>(std::move(transaction));
    TRY_ASSIGN(const bool unchanged, build.view_->prepare(build.transaction_->forks().back()));
    if (!unchanged) return fail(ErrorCode::environment, "the project changed while it was looked at");
    return build;
  }

  Transaction& transaction() { return *transaction_; }

  Result<engine::Spec> spec(const store::Store& store, const builds::Plan& plan) const {
    const builds::VolumeHome home{store};
    return builds::make_spec(plan, plan.targets.front(), home, *transaction_, builds::Phase::build, view_.get());
  }

  Status commit() {
    TRY_ASSIGN(const auto source, view_->record(*transaction_, {}));
    TRY(transaction_->seal(Outcome::success, 0, source));
    return {};
  }

 private:
  std::unique_ptr<builds::TargetView> view_;
  std::unique_ptr<Transaction> transaction_;
};

/// Gives each volume one more layer with one file.
Status add_layer(const store::Store& store, const builds::Plan& plan) {
  auto requests = builds::input_requests(plan, plan.targets.front(), Access::write);
  requests.push_back({plan.targets.front().compiled, Access::write, {}, {}});
  TRY_ASSIGN(BegunBuild build, BegunBuild::begin(store, plan, std::move(requests)));
  for (const store::Fork& fork : build.transaction().forks()) {
    const std::string name = fork.dir + "/upper/" + random_id();
    TRY_ASSIGN(const UniqueFd file, store.os().open(store.dir(), name, O_WRONLY | O_CREAT, 0644));
  }
  return build.commit();
}

Status add_layers(const store::Store& store, const builds::Plan& plan) {
  for (int layer = 0; layer < layers_per_volume; ++layer) TRY(add_layer(store, plan));
  return store::upkeep(store);
}

/// Empties the store's trash, which no build waits for.
Status empty_trash(const store::Store& store) {
  TRY(store::collect(store));
  return {};
}

Status measure_fork(const store::Store& store, const builds::Plan& plan, int count) {
  TRY(add_layers(store, plan));
  for (int i = 0; i < count; ++i) {
    TRY_ASSIGN(auto requests, build_requests(store, plan));
    Clock clock;
    json measurement = {{"figure", "fork"}};
    {
      TRY_ASSIGN(const Transaction transaction, Transaction::begin(store, std::move(requests), holder));
      measurement["begin"] = clock.lap();
    }
    measurement["discard"] = clock.lap();
    print(measurement);
  }
  return empty_trash(store);
}

Status run_to_end(engine::Engine& engine, const engine::Spec& spec, Clock& clock, json& measurement) {
  TRY_ASSIGN(const auto process, engine.start(spec));
  measurement["start"] = clock.lap();
  TRY_ASSIGN(const engine::Ending ending, process->wait());
  measurement["wait"] = clock.lap();
  if (!ending.started || ending.exit_code != 0)
    return fail(ErrorCode::environment, "`true` failed in the sandbox", fmt::format("code {}", ending.exit_code));
  return {};
}

Status measure_sandbox_once(const store::Store& store, const builds::Plan& plan) {
  engine::NativeEngine engine;
  json measurement = {{"figure", "sandbox"}};
  Clock total;
  Clock clock;
  {
    TRY_ASSIGN(auto requests, build_requests(store, plan));
    TRY_ASSIGN(const BegunBuild build, BegunBuild::begin(store, plan, std::move(requests)));
    TRY_ASSIGN(engine::Spec spec, build.spec(store, plan));
    spec.command = {"true"};
    measurement["begin"] = clock.lap();
    TRY(run_to_end(engine, spec, clock, measurement));
  }
  measurement["discard"] = clock.lap();
  measurement["total"] = total.lap();
  print(measurement);
  return {};
}

/// What one would write by hand for the same view of the machine, but for the volumes: bubblewrap itself cannot mount
/// an overlay.
std::vector<std::string> plain_arguments(const engine::Spec& spec, const std::string& workspace) {
  std::vector<std::string> arguments = {"bwrap",      "--unshare-pid", "--unshare-ipc",     "--unshare-uts",
                                        "--hostname", "larder",        "--die-with-parent", "--unshare-net"};
  const auto add = [&](std::initializer_list<std::string> items) {
    arguments.insert(arguments.end(), items.begin(), items.end());
  };
  for (const auto& bind : spec.root) add({"--ro-bind", bind.source, bind.path});
  for (const auto& link : spec.links) add({"--symlink", link.text, link.path});
  add({"--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--bind", workspace, "/workspace"});
  for (const std::string& dir : spec.empty_dirs) add({"--tmpfs", dir});
  add({"--chdir", "/workspace", "--", "true"});
  return arguments;
}

Result<int> spawn_and_wait(const std::string& program, std::vector<std::string> arguments) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_t child = 0;
  if (const int error = ::posix_spawnp(&child, program.c_str(), nullptr, nullptr, argv.data(), environ); error != 0)
    return fail_sys(error, "cannot run " + program);
  int status = 0;
  if (::waitpid(child, &status, 0) < 0) return fail_sys(errno, "cannot wait for " + program);
  return status;
}

Status measure_bubblewrap_once(const store::Store& store, const builds::Plan& plan) {
  TRY_ASSIGN(auto requests, build_requests(store, plan));
  TRY_ASSIGN(const BegunBuild build, BegunBuild::begin(store, plan, std::move(requests)));
  TRY_ASSIGN(const engine::Spec spec, build.spec(store, plan));
  auto arguments = plain_arguments(spec, plan.workspace.folder);
  Clock clock;
  TRY_ASSIGN(const int status, spawn_and_wait("bwrap", std::move(arguments)));
  print({{"figure", "bubblewrap"}, {"total", clock.lap()}});
  if (status != 0) return fail(ErrorCode::environment, "`true` failed in plain bubblewrap");
  return {};
}

Status measure_sandbox(const store::Store& store, const builds::Plan& plan, int count) {
  TRY(add_layers(store, plan));
  for (int i = 0; i < count; ++i) {
    TRY(measure_sandbox_once(store, plan));
    TRY(measure_bubblewrap_once(store, plan));
  }
  return empty_trash(store);
}

/// One commit as a build's end makes it: its results lie in the upper, mostly not yet on the disk.
class Commits {
 public:
  Commits(const store::Store& store, const store::VolumeSpec& spec) : store_(store), spec_(spec) {}

  Status round(const Options& options) {
    TRY(store::clean(store_, {spec_.key}));
    TRY(empty_trash(store_));
    ::sync();
    TRY(baseline("cold", options.cold));
    TRY(commit("cold", options.cold));
    TRY(baseline("change", options.change));
    return commit("change", options.change);
  }

  /// Seals without settling, and says how long it took.
  Result<double> seal(const TreeShape& shape) {
    TRY_ASSIGN(Transaction transaction, Transaction::begin(store_, {{spec_, Access::write, {}, {}}}, holder));
    TRY(write_tree(store_.os(), store_.path() + "/" + transaction.forks().front().dir + "/upper", shape, ++seed_));
    Clock clock;
    TRY(transaction.seal(Outcome::success));
    return clock.lap();
  }

 private:
  Status commit(const char* what, const TreeShape& shape) {
    TRY_ASSIGN(const double sealed, seal(shape));
    print({{"figure", "seal"}, {"what", what}, {"total", sealed}});
    Clock clock;
    TRY(store::settle(store_, spec_.key));
    print({{"figure", "settle"}, {"what", what}, {"total", clock.lap()}, {"bytes", shape.bytes}});
    return {};
  }

  /// What an equal tree costs without Larder: reading and hashing it, and the disk's own syncfs.
  Status baseline(const char* what, const TreeShape& shape) {
    const std::string folder = store_.path() + "-baseline";
    TRY(write_tree(store_.os(), folder, shape, ++seed_));
    TRY_ASSIGN(const UniqueFd file_system, store_.os().open_dir(AT_FDCWD, folder));
    Clock clock;
    TRY(hash_tree(store_.os(), folder, shape));
    const double hashed = clock.lap();
    TRY(store_.os().syncfs(file_system.get()));
    print({{"figure", "baseline"}, {"what", what}, {"hash", hashed}, {"syncfs", clock.lap()}, {"bytes", shape.bytes}});
    TRY(remove_tree(store_.os(), AT_FDCWD, folder));
    ::sync();
    return {};
  }

  const store::Store& store_;
  store::VolumeSpec spec_;
  uint64_t seed_ = 0;
};

Status measure_commits(const store::Store& store, const builds::Plan& plan, const Options& options) {
  Commits commits(store, plan.targets.front().compiled);
  for (int i = 0; i < options.count; ++i) TRY(commits.round(options));
  TRY(store::clean(store, {plan.targets.front().compiled.key}));
  return empty_trash(store);
}

/// Leaves a background process that settles a cold build's results, as a build does.
Status start_settling(const store::Store& store, const builds::Plan& plan, const Options& options) {
  Commits commits(store, plan.targets.front().compiled);
  TRY(store::clean(store, {plan.targets.front().compiled.key}));
  TRY(commits.seal(options.cold));
  store::start_upkeep(store);
  return {};
}

/// Two builds that kill -9 met: one had committed and not settled, one was still writing.
Status die_in_build(const Options& options, const store::VolumeSpec& spec) {
  Os os;
  TRY_ASSIGN(const store::Store store, store::Store::open(os, options.store));
  Commits commits(store, spec);
  TRY(commits.seal(options.change));
  TRY_ASSIGN(const Transaction transaction, Transaction::begin(store, {{spec, Access::write, {}, {}}}, holder));
  TRY(write_tree(os, store.path() + "/" + transaction.forks().front().dir + "/upper", options.change, 0));
  return fail_sys(::raise(SIGKILL), "cannot end");
}

Status crash(const Options& options, const store::VolumeSpec& spec) {
  const pid_t child = ::fork();
  if (child < 0) return fail_sys(errno, "cannot fork");
  if (child == 0) {
    (void)die_in_build(options, spec);
    ::_exit(1);
  }
  int status = 0;
  if (::waitpid(child, &status, 0) < 0) return fail_sys(errno, "cannot wait");
  if (WIFSIGNALED(status)) return {};
  return fail(ErrorCode::environment, "the build that was to be killed failed");
}

/// What every start does before its build: open the store, and fork the volume that the crash has met.
Status reopen(const Options& options, const store::VolumeSpec& spec) {
  json measurement = {{"figure", "reopen"}};
  Clock clock;
  Os os;
  TRY_ASSIGN(const store::Store store, store::Store::open(os, options.store));
  measurement["open"] = clock.lap();
  {
    TRY_ASSIGN(const Transaction transaction, Transaction::begin(store, {{spec, Access::write, {}, {}}}, holder));
    measurement["begin"] = clock.lap();
  }
  TRY(store::collect(store));
  measurement["collect"] = clock.lap();
  print(measurement);
  return {};
}

Status measure_reopen(const store::Store& store, const store::VolumeSpec& spec, const Options& options) {
  TRY(store::clean(store, {spec.key}));
  Commits commits(store, spec);
  TRY(commits.seal(options.many));
  TRY(store::settle(store, spec.key));
  for (int i = 0; i < options.count; ++i) {
    TRY(crash(options, spec));
    TRY(reopen(options, spec));
  }
  TRY(store::clean(store, {spec.key}));
  return empty_trash(store);
}

Status measure(const Options& options) {
  builds::Request request;
  request.targets = {options.target};
  cli::ProjectImages images({}, cli::Verbosity::quiet);
  TRY_ASSIGN(builds::Plan decided, builds::make_plan(options.project, request));
  TRY_ASSIGN(const builds::Plan plan, builds::provide(std::move(decided), images));
  Os os;
  TRY_ASSIGN(const store::Store store, store::Store::open(os, options.store));
  if (options.figure == "fork") return measure_fork(store, plan, options.count);
  if (options.figure == "sandbox") return measure_sandbox(store, plan, options.count);
  if (options.figure == "reopen") return measure_reopen(store, plan.targets.front().compiled, options);
  if (options.figure == "commit") return measure_commits(store, plan, options);
  return start_settling(store, plan, options);
}

int run(int argc, char** argv) {
  Options options;
  CLI::App app("Measures Larder's parts; prints JSON lines with milliseconds.", "larder_bench");
  app.add_option(
         "figure", options.figure,
         "fork: begin a transaction of three volumes; sandbox: that and `true` in the sandbox, beside plain "
         "bubblewrap; commit: seal and settle; background: seal, and leave the settling to a background process; "
         "reopen: start on a store of 100,000 files after a crash")
      ->required()
      ->check(CLI::IsMember({"fork", "sandbox", "commit", "background", "reopen"}));
  app.add_option("--store", options.store, "A store that only this benchmark uses (absolute)")->required();
  app.add_option("--project", options.project, "A cargo project's folder")->required();
  app.add_option("--target", options.target, "The target's short name");
  app.add_option("--count", options.count, "Measurements of each kind");
  app.add_option("--files", options.cold.files, "Files of a cold build");
  app.add_option("--bytes", options.cold.bytes, "Their bytes, in all");
  CLI11_PARSE(app, argc, argv);
  const Status measured = measure(options);
  if (measured) return 0;
  const Error& error = measured.error();
  std::cerr << "error: " << error.message << "\n" << error.cause << "\n" << error.hint << "\n";
  return 1;
}

}  // namespace
}  // namespace larder::bench

int main(int argc, char** argv) { return larder::bench::run(argc, argv); }
