// Many builds at once on the same and on different volumes, with settling, flattening, collecting, pruning and
// verifying between them: nothing that was committed is lost, and nothing goes that a build sees.
//
// LARDER_TEST_ROUNDS is how many builds each of the 32 builders makes (3).

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <random>
#include <thread>

#include "store/care/upkeep.hpp"
#include "store/care/verify.hpp"
#include "store/space/prune.hpp"
#include "support/store_kit.hpp"

namespace larder::store {
namespace {

using namespace test;

constexpr int builders = 32;
constexpr size_t volumes_of_a_class = 3;

int rounds() {
  const char* text = std::getenv("LARDER_TEST_ROUNDS");
  return text == nullptr ? 3 : std::atoi(text);
}

VolumeSpec cache_of(size_t number) { return download("cache-" + std::to_string(number % volumes_of_a_class)); }
VolumeSpec target_of(size_t number) { return compiled("target-" + std::to_string(number % volumes_of_a_class)); }

/// Files with the same name have the same content, as in a package cache.
std::string content_of(const std::string& name) { return "content of " + name; }

/// Opens the store anew, as each process does.
class Visitor {
 public:
  Visitor(const std::string& path, unsigned number)
      : number_(number), random_(number), store_(must(Store::open(os_, path))) {}

 protected:
  unsigned number() const { return number_; }
  const Store& store() const { return store_; }
  size_t any(size_t below) { return random_() % below; }

 private:
  unsigned number_;
  std::mt19937 random_;
  Os os_;
  Store store_;
};

class Builder : Visitor {
 public:
  using Visitor::Visitor;

  void run() {
    for (int round = 0; round < rounds(); ++round) {
      const std::string name = fmt::format("{}-{}", number(), round);
      fetch(name);
      compile();
      if (number() % 8 == 0) make_decoy(name);
    }
  }

 private:
  /// Adds a file to one download volume, or to all.
  void fetch(const std::string& name) {
    std::vector<VolumeSpec> also;
    if (any(2) == 0) also = {cache_of(number() + 1), cache_of(number() + 2)};
    Transaction transaction = begin(store(), writing(cache_of(number()), {}, also));
    expect_whole(transaction);
    fill(store(), transaction, {{"d/" + name, content_of(name)}, {"all", content_of("all")}});
    std::this_thread::yield();
    expect_whole(transaction);
    must(transaction.seal(Outcome::success, 1));
  }

  void expect_whole(const Transaction& transaction) {
    for (const auto& [path, content] : files_of(store(), transaction.forks()[0].base.layers))
      must(content == content_of(path.starts_with("d/") ? path.substr(2) : path), path + " holds " + content);
  }

  /// Counts one up, as the only writer.
  void compile() {
    const VolumeSpec target = target_of(number());
    auto writer = must(try_writer(store(), target.key, "builder"));
    while (!writer) {
      ::usleep(1000);
      writer = must(try_writer(store(), target.key, "builder"));
    }
    Transaction transaction = begin(store(), writing(target));
    const Files before = files_of(store(), transaction.forks()[0].base.layers);
    const int count = before.empty() ? 0 : std::stoi(before.at("count"));
    fill(store(), transaction, {{"count", std::to_string(count + 1)}, {"file-" + std::to_string(any(4)), "x"}});
    must(files_of(store(), transaction.forks()[0].base.layers) == before, "a layer has changed under a build");
    must(transaction.seal(Outcome::success, 1));
  }

  /// What nobody has used for years, for the pruning to take away.
  void make_decoy(const std::string& name) {
    const VolumeSpec decoy = compiled("decoy-" + name);
    commit(store(), decoy, {{"file", "x"}});
    const timespec old[2] = {{1000, 0}, {1000, 0}};
    const Status aged = store().os().utimens(store().dir(), ref_path(decoy.key, RefName::current), old);
    must(aged || aged.error().sys_errno == ENOENT, "cannot make a volume old");
  }
};

/// Does until the builders have ended all that goes on beside them.
class Keeper : Visitor {
 public:
  using Visitor::Visitor;

  void run(const std::function<bool()>& done) {
    while (!done()) keep();
  }

 private:
  static Limits limits() {
    Limits limits;
    limits.retention = {1, 0};
    limits.max_age_seconds = 86400;
    return limits;
  }

  void keep() {
    const VolumeKey key = any(2) == 0 ? cache_of(any(9)).key : target_of(any(9)).key;
    switch (any(6)) {
      case 0:
        return must(collect(store()).map([](const auto&) {}));
      case 1:
        return must(upkeep(store(), limits()));
      case 2:
        return must(prune_now(store(), limits()).map([](const auto&) {}));
      case 3:
        return must(flatten(store(), key));
      case 4:
        return must(settle(store(), key));
      default:
        const Verification found = must(verify(store(), {{}, "keeper"}));
        must(found.damage.empty(), "damage: " + (found.damage.empty() ? "" : found.damage[0].path));
    }
  }
};

class Stress : public ::testing::Test {
 protected:
  static constexpr unsigned keepers = 4;

  void expect_all() {
    const Store& store = temp_.store;
    for (size_t volume = 0; volume < volumes_of_a_class; ++volume) {
      const Files files = files_of(store, cache_of(volume).key);
      for (unsigned builder = 0; builder < builders; ++builder)
        for (int round = 0; builder % volumes_of_a_class == volume && round < rounds(); ++round)
          EXPECT_EQ(files.count(fmt::format("d/{}-{}", builder, round)), 1U) << builder << " " << round;
      const int writers = builders / volumes_of_a_class + (volume < builders % volumes_of_a_class ? 1 : 0);
      EXPECT_EQ(files_of(store, target_of(volume).key).at("count"), std::to_string(writers * rounds()));
    }
    Limits limits;
    limits.retention = {1, 0};
    limits.max_age_seconds = 86400;
    must(prune_now(store, limits));
    must(upkeep(store, limits));
    EXPECT_EQ(names_in(store, "transactions"), std::vector<std::string>());
    EXPECT_EQ(names_in(store, "trash"), std::vector<std::string>());
    EXPECT_EQ(must(list_volumes(store)).size(), 2 * volumes_of_a_class);
    EXPECT_TRUE(must(verify(store, {{}, "the test"})).damage.empty());
  }

  /// Gives the child's process id.
  static pid_t start(const std::function<void()>& body) {
    const pid_t child = ::fork();
    must(child >= 0, "cannot fork");
    if (child > 0) return child;
    try {
      body();
    } catch (const std::exception& error) {
      fmt::print(stderr, "{}\n", error.what());
      ::_exit(1);
    }
    ::_exit(0);
  }

  static void expect_good(pid_t child) {
    int status = 0;
    must(::waitpid(child, &status, 0) == child, "cannot wait");
    EXPECT_EQ(status, 0);
  }

  TempStore temp_;
};

TEST_F(Stress, ProcessesLoseNothing) {
  const std::string path = temp_.store.path();
  const std::string end = temp_.dir.path() + "/end";
  std::vector<pid_t> children;
  for (unsigned i = 0; i < builders; ++i) children.push_back(start([&] { Builder(path, i).run(); }));
  std::vector<pid_t> others;
  for (unsigned i = 0; i < keepers; ++i)
    others.push_back(start([&] { Keeper(path, builders + i).run([&] { return ::access(end.c_str(), F_OK) == 0; }); }));
  for (const pid_t child : children) expect_good(child);
  put_file(AT_FDCWD, end, "");
  for (const pid_t child : others) expect_good(child);
  expect_all();
}

/// Dozens of builders in one process may have more files open than the soft limit of an ordinary user.
void raise_limit_of_files() {
  rlimit files{};
  must(::getrlimit(RLIMIT_NOFILE, &files) == 0, "cannot read the limit");
  files.rlim_cur = files.rlim_max;
  must(::setrlimit(RLIMIT_NOFILE, &files) == 0, "cannot raise the limit");
}

TEST_F(Stress, ThreadsLoseNothing) {
  raise_limit_of_files();
  const std::string path = temp_.store.path();
  std::atomic<bool> end = false;
  std::atomic<int> failures = 0;
  const auto guarded = [&](const std::function<void()>& body) {
    return std::thread([&failures, body] {
      try {
        body();
      } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        ++failures;
      }
    });
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < builders; ++i) threads.push_back(guarded([&path, i] { Builder(path, i).run(); }));
  std::vector<std::thread> others;
  for (unsigned i = 0; i < keepers; ++i)
    others.push_back(guarded([&path, &end, i] { Keeper(path, builders + i).run([&] { return end.load(); }); }));
  for (std::thread& thread : threads) thread.join();
  end = true;
  for (std::thread& thread : others) thread.join();
  EXPECT_EQ(failures, 0);
  expect_all();
}

}  // namespace
}  // namespace larder::store
