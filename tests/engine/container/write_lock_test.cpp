#include "engine/container/write_lock.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/text.hpp"
#include "engine/support.hpp"

namespace larder::engine {
namespace {

using test::get_file;
using test::must;
using test::put_file;
using test::TempDir;

/// The engine is a script: a name is taken while the file `taken` is there, in which is what `container inspect` says;
/// it writes down what it is asked.
class WriteLock : public ::testing::Test {
 protected:
  WriteLock() {
    const std::string folder = dir_.path();
    put_file(dir_.fd(), "docker",
             fmt::format(
                 "#!/bin/sh\necho \"$@\" >>{0}/asked\ncase \"$1 $2\" in\n'create --network') [ ! -e {0}/taken ] || {{ "
                 "echo 'Error response from daemon: Conflict. The container name \"/x\" is already in use by "
                 "container \"1\".' >&2; exit 1; }}; echo 77;;\n'container inspect') cat {0}/taken;;\n"
                 "'rm --force') [ \"$4\" != 66 ] || rm {0}/taken;;\n"
                 "'info --format') echo 2026-11-26T10:00:00.5Z;;\n'ps --quiet') cat {0}/running 2>/dev/null;;\n"
                 "esac\nexit 0\n",
                 folder));
    must(::chmod((folder + "/docker").c_str(), 0755) == 0, "cannot make the client executable");
    client_ = {Dialect::docker, folder + "/docker"};
  }

  void take(const std::string& created) const {
    put_file(
        dir_.fd(), "taken",
        fmt::format(R"([{{"Id":"66","Created":"{}","Config":{{"Labels":{{"larder.store":"/far","larder.transaction":)"
                    R"("fedcba9876543210"}}}}}}])",
                    created));
  }
  Result<std::vector<std::string>> lock() const {
    return lock_volumes(client_, {"v"}, {{"larder.store", "/s"}}, "sha256:1", 0);
  }
  bool was_asked(const std::string& words) const {
    return get_file(dir_.fd(), "asked").find(words) != std::string::npos;
  }

  TempDir dir_;
  Client client_;
};

TEST_F(WriteLock, IsAContainerThatIsNotStarted) {
  EXPECT_EQ(must(lock()), std::vector<std::string>{"77"});
  EXPECT_TRUE(was_asked("create --network none --platform  --pull never --name larder-lock-v --label larder.store=/s"));
  EXPECT_FALSE(was_asked("start"));
}

TEST_F(WriteLock, IsNotTakenFromWhoMayUseIt) {
  take("2026-11-26T09:59:00.123Z");
  const auto refused = lock();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "the volume v is in use by another build");
  EXPECT_NE(refused.error().cause.find("/far"), std::string::npos);
  EXPECT_FALSE(was_asked("rm --force"));
}

TEST_F(WriteLock, IsTakenFromALostMachineAfterLong) {
  take("2026-11-26T08:00:00.123Z");
  put_file(dir_.fd(), "running", "9\n");
  EXPECT_FALSE(lock()) << "its container runs";
  put_file(dir_.fd(), "running", "");
  EXPECT_EQ(must(lock()), std::vector<std::string>{"77"});
  EXPECT_TRUE(was_asked("rm --force --volumes 66\n")) << "by its id";
}

}  // namespace
}  // namespace larder::engine
