#include "engine/container/engine.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

#include "base/file_lock.hpp"
#include "base/text.hpp"
#include "engine/container/names.hpp"
#include "engine/support.hpp"

namespace larder::engine {
namespace {

using test::get_file;
using test::must;
using test::put_file;
using test::TempStore;

/// The engine with a client that is a script: it writes down what it is asked, keeps the volumes in the file `volumes`
/// as docker does, at `run` does what the file `run` says, and at `volume create` what the file `create` says.
class Container : public ::testing::Test {
 protected:
  Container() {
    const std::string folder = kit_.dir.path();
    put_file(
        kit_.dir.fd(), "docker",
        fmt::format("#!/bin/sh\necho \"$@\" >>{0}/asked\n[ \"$1 $2\" = 'volume ls' ] && cat {0}/volumes 2>/dev/null\n"
                    "[ \"$1\" = run ] && . {0}/run\n[ \"$1 $2\" = 'volume create' ] && . {0}/create\n"
                    "[ \"$1 $2\" = 'volume rm' ] && sed -i \"/\\\"$3\\\"/d\" {0}/volumes\nexit 0\n",
                    folder));
    must(::chmod((folder + "/docker").c_str(), 0755) == 0, "cannot make the client executable");
    client_ = {Dialect::docker, folder + "/docker"};
    facts_.scope = folder;
    spec_.store_path = kit_.store.path();
    spec_.root_dir = "transactions/0123456789abcdef/root";
    spec_.workspace = folder;
    spec_.command = {"true"};
    spec_.container.image = "sha256:1";
    spec_.volumes = {{"/cache", {}, "t/upper", "t/work", "", "cache-x64", "download"}};
  }

  Result<std::unique_ptr<Process>> try_start(const std::string& script) {
    put_file(kit_.dir.fd(), "run", script);
    if (!std::filesystem::exists(kit_.dir.path() + "/create"))
      put_file(kit_.dir.fd(), "create",
               fmt::format("for name; do :; done; grep -q \"\\\"$name\\\"\" {0}/volumes 2>/dev/null || echo "
                           "\"{{\\\"Name\\\":\\\"$name\\\",\\\"Labels\\\":\\\"larder.store=/s,larder.transaction="
                           "0123456789abcdef\\\"}}\" >>{0}/volumes\n",
                           kit_.dir.path()));
    return ContainerEngine(client_, facts_, kit_.store.path()).start(spec_);
  }
  std::unique_ptr<Process> start(const std::string& script) { return must(try_start(script)); }

  std::string asked() const { return get_file(kit_.dir.fd(), "asked"); }
  bool was_asked(const std::string& words) const { return asked().find(words) != std::string::npos; }
  /// Of a run that has died, or lives as long as the result.
  std::optional<FileLock> lease_of(const std::string& transaction, bool lives) const {
    put_file(kit_.store.dir(), "transactions/" + transaction + "/lease", "{}");
    Os os;
    auto lock =
        must(FileLock::acquire(os, kit_.store.dir(), "transactions/" + transaction + "/lease", LockMode::exclusive));
    return lives ? std::optional(std::move(lock)) : std::nullopt;
  }
  void have_volume_of(const std::string& transaction) const {
    put_file(kit_.dir.fd(), "volumes",
             fmt::format("{{\"Name\":\"cache-x64\",\"Labels\":\"larder.store={},larder.transaction={}\"}}\n",
                         kit_.store.path(), transaction));
  }

  bool has_record() const { return std::filesystem::exists(kit_.store.path() + "/containers/" + name_); }

  /// The limit is against hanging.
  static bool happens(const std::function<bool()>& condition) {
    for (int i = 0; i < 3000; ++i) {
      if (condition()) return true;
      ::usleep(10'000);
    }
    return false;
  }

  const std::string name_ = "larder-0123456789abcdef";
  TempStore kit_;
  Client client_;
  Facts facts_;
  Spec spec_;
};

TEST_F(Container, GivesTheClientsOutputAndExitCode) {
  const auto process = start("echo said; echo also >&2; exit 7");
  EXPECT_EQ(read_all(process->output()), "said\nalso\n");
  const Ending ending = must(process->wait());
  EXPECT_TRUE(ending.started);
  EXPECT_EQ(ending.exit_code, 7);
}

TEST_F(Container, RemovesTheVolumesAndTheRecordAfterwards) {
  const auto process = start("exit 0");
  (void)read_all(process->output());
  must(process->wait());
  EXPECT_TRUE(happens([&] { return was_asked("volume rm cache-x64"); }));
  EXPECT_TRUE(happens([&] { return !has_record(); }));
  EXPECT_FALSE(was_asked("rm --force --volumes")) << "it has gone by itself";
}

TEST_F(Container, PodmansIsRemovedInTheBackground) {
  client_.dialect = Dialect::podman;
  const auto process = start("exit 7");
  (void)read_all(process->output());
  EXPECT_EQ(must(process->wait()).exit_code, 7);
  EXPECT_TRUE(happens([&] { return !has_record(); }));
  const std::string said = asked();
  const size_t removed = said.find("rm --time 0 --force --volumes " + name_);
  EXPECT_NE(removed, std::string::npos);
  EXPECT_GT(said.find("volume rm cache-x64"), removed);
}

TEST_F(Container, PodmanIsNotAskedWhichNamesAreFree) {
  client_.dialect = Dialect::podman;
  const auto process = start("exit 0");
  EXPECT_TRUE(was_asked("volume create"));
  EXPECT_FALSE(was_asked("volume ls"));
  (void)read_all(process->output());
  must(process->wait());
}

TEST_F(Container, AForeignVolumeOfPodmansIsLeftAlone) {
  client_.dialect = Dialect::podman;
  spec_.volumes.push_back({"/other", {}, "t/u", "t/w", "", "other-x64", "download"});
  put_file(
      kit_.dir.fd(), "create",
      "case \"$*\" in *' cache-x64') echo 'Error: volume with name cache-x64 already exists' >&2; exit 125;; esac\n");
  put_file(kit_.dir.fd(), "volumes", R"([{"Name":"cache-x64","Labels":null}])");
  const auto refused = try_start("exit 0");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "podman has a volume cache-x64 that is not Larder's");
  EXPECT_TRUE(was_asked("volume rm other-x64\n")) << "that one had been made";
  EXPECT_FALSE(was_asked("volume rm cache-x64"));
  EXPECT_FALSE(has_record());
}

TEST_F(Container, ADeadLardersVolumeOfPodmansGivesWay) {
  client_.dialect = Dialect::podman;
  put_file(kit_.dir.fd(), "create",
           fmt::format("[ -e {0}/tried ] || {{ touch {0}/tried; echo 'Error: already exists' >&2; exit 125; }}\n",
                       kit_.dir.path()));
  put_file(kit_.dir.fd(), "volumes",
           fmt::format(
               R"([{{"Name":"cache-x64","Labels":{{"larder.store":"{}","larder.transaction":"fedcba9876543210"}}}}])",
               kit_.store.path()));
  (void)lease_of("fedcba9876543210", false);
  const auto process = start("exit 0");
  EXPECT_TRUE(was_asked("rm --time 0 --force --volumes larder-fedcba9876543210"));
  EXPECT_TRUE(was_asked("volume rm cache-x64"));
  (void)read_all(process->output());
  must(process->wait());
}

TEST_F(Container, IsRemovedWhereTheClientCannotTell) {
  const auto process = start("exit 125");
  (void)read_all(process->output());
  EXPECT_EQ(must(process->wait()).exit_code, 125);
  EXPECT_TRUE(was_asked("rm --force --volumes " + name_));
}

TEST_F(Container, AForeignVolumeIsLeftAlone) {
  put_file(kit_.dir.fd(), "volumes", "{\"Name\":\"cache-x64\",\"Labels\":\"\"}\n");
  const auto refused = try_start("exit 0");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::environment);
  EXPECT_EQ(refused.error().message, "docker has a volume cache-x64 that is not Larder's");
  EXPECT_FALSE(was_asked("volume rm"));
  EXPECT_FALSE(was_asked("run"));
}

TEST_F(Container, AVolumeIsNotTakenFromWhoMayLive) {
  have_volume_of("fedcba9876543210");
  const auto lease = lease_of("fedcba9876543210", true);
  for (const char* why : {"its lease is held", "its store is not to be seen"}) {
    const auto process = start("exit 0");
    (void)read_all(process->output());
    must(process->wait());
    EXPECT_FALSE(was_asked("larder-fedcba9876543210")) << why;
    EXPECT_TRUE(was_asked("source=cache-x64.0123456789abcdef")) << why;
    put_file(kit_.dir.fd(), "volumes",
             "{\"Name\":\"cache-x64\",\"Labels\":\"larder.store=/s,larder.transaction=fedcba9876543210\"}\n");
  }
}

TEST_F(Container, ADeadLardersVolumeGivesWay) {
  have_volume_of("fedcba9876543210");
  (void)lease_of("fedcba9876543210", false);
  const auto process = start("exit 0");
  EXPECT_TRUE(was_asked("rm --force --volumes larder-fedcba9876543210"));
  EXPECT_TRUE(was_asked("volume rm cache-x64"));
  (void)read_all(process->output());
  must(process->wait());
}

TEST_F(Container, ANameInUseIsNotWaitedFor) {
  const auto other = NameLock::try_take(facts_.scope, "cache-x64");
  ASSERT_TRUE(other);
  const auto process = start("exit 0");
  (void)read_all(process->output());
  must(process->wait());
  EXPECT_TRUE(was_asked("source=cache-x64.0123456789abcdef"));
}

TEST_F(Container, IsKilled) {
  const auto process = start("sleep 1000 & echo $! >" + kit_.dir.path() + "/pid; wait");
  EXPECT_TRUE(happens([&] { return std::filesystem::exists(kit_.dir.path() + "/pid"); }));
  process->kill();
  EXPECT_TRUE(happens([&] { return was_asked("kill --signal KILL " + name_); }));
  // This client takes no notice, as one does whose engine has died.
  for (int i = 0; i < 60; ++i) process->kill();
  EXPECT_EQ(must(process->wait()).exit_code, 128 + SIGKILL);
  ::kill(std::stoi(get_file(kit_.dir.fd(), "pid")), SIGKILL);
}

TEST_F(Container, TheKeeperEndsItWhenLarderDies) {
  const int code = test::exit_code_of([&] {
    const auto process = start("sleep 1000");
    ::raise(SIGKILL);
  });
  EXPECT_EQ(code, 128 + SIGKILL);
  EXPECT_TRUE(happens([&] { return was_asked("rm --force --volumes " + name_); }));
  EXPECT_TRUE(happens([&] { return !has_record(); }));
  EXPECT_TRUE(was_asked("volume rm cache-x64"));
}

TEST_F(Container, WhatKilledKeepersLeaveIsRemovedByTheNextRun) {
  put_file(kit_.store.dir(), "containers/larder-fedcba9876543210",
           fmt::format(R"({{"scope":"{}","container":"larder-fedcba9876543210","volumes":["cache-x64","made-x64"]}})",
                       facts_.scope));
  put_file(kit_.dir.fd(), "volumes",
           "{\"Name\":\"cache-x64\",\"Labels\":\"\"}\n"
           "{\"Name\":\"made-x64\",\"Labels\":\"larder.store=/s,larder.transaction=fedcba9876543210\"}\n");
  spec_.volumes.clear();
  put_file(kit_.store.dir(), "containers/larder-0000000000000000",
           R"({"scope":"another engine","container":"larder-0000000000000000","volumes":[]})");
  const auto process = start("exit 0");
  EXPECT_TRUE(was_asked("rm --force --volumes larder-fedcba9876543210"));
  EXPECT_TRUE(was_asked("ps --all --no-trunc --filter label=larder.store=" + kit_.store.path()));
  EXPECT_FALSE(was_asked("larder-0000000000000000"));
  EXPECT_TRUE(was_asked("volume rm made-x64\n")) << "and not the other one, which is foreign";
  (void)read_all(process->output());
  must(process->wait());
}

}  // namespace
}  // namespace larder::engine
