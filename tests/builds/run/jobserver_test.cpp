#include "builds/run/jobserver.hpp"

#include <gtest/gtest.h>

#include "builds/support.hpp"

namespace larder::builds {
namespace {

using test::TempDir;

int take_all(Jobserver& server) {
  int taken = 0;
  while (server.try_take()) ++taken;
  return taken;
}

TEST(Jobserver, HasAsManyTokensAsJobs) {
  for (const int jobs : {1, 2, 4096}) {
    Jobserver server = must(Jobserver::create(jobs));
    EXPECT_EQ(take_all(server), jobs);
  }
}

TEST(Jobserver, GivesBackWhatIsPutBack) {
  Jobserver server = must(Jobserver::create(2));
  EXPECT_TRUE(server.try_take());
  EXPECT_TRUE(server.try_take());
  EXPECT_FALSE(server.try_take());
  server.put_back();
  EXPECT_TRUE(server.try_take());
  EXPECT_FALSE(server.try_take());
}

TEST(Jobserver, RefillMakesItWhole) {
  Jobserver server = must(Jobserver::create(3));
  server.try_take();
  server.try_take();
  server.refill();
  EXPECT_EQ(take_all(server), 3);
  server.refill();
  EXPECT_EQ(take_all(server), 3);
}

TEST(Jobserver, RefillOfAFullOneChangesNothing) {
  Jobserver server = must(Jobserver::create(3));
  server.refill();
  EXPECT_EQ(take_all(server), 3);
}

TEST(Jobserver, ToolsMeetABlockingPipe) {
  const Jobserver server = must(Jobserver::create(1));
  for (const int fd : server.fds()) {
    EXPECT_EQ(::fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    EXPECT_EQ(::fcntl(fd, F_GETFD), FD_CLOEXEC);
  }
}

TEST(Jobserver, MakeflagsNameTheDescriptors) {
  const Jobserver server = must(Jobserver::create(7));
  EXPECT_EQ(server.makeflags(), fmt::format(" -j7 --jobserver-auth={},{}", server.fds()[0], server.fds()[1]));
}

TEST(Jobserver, TheUsersMakeflagsStay) {
  const Jobserver server = must(Jobserver::create(7));
  for (const auto& [given, kept] : {std::pair("W=1", " W=1"), std::pair("-k W=1", " -k W=1"), std::pair("ks", " -ks"),
                                    std::pair("k -- W=1", " -k -- W=1"), std::pair("", "")}) {
    engine::Spec spec;
    spec.env["MAKEFLAGS"] = given;
    server.equip(spec);
    EXPECT_EQ(spec.env["MAKEFLAGS"], server.makeflags() + kept);
  }
}

class Make : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::access("/usr/bin/make", X_OK) != 0) GTEST_SKIP() << "there is no /usr/bin/make";
  }

  /// Runs make on the Makefile as a tool of the jobserver, which has taken its own token, and gives its output.
  std::string make(const std::string& makefile) {
    test::put_file(dir_.fd(), "Makefile", makefile);
    ScriptProcess process({"make", "-C", dir_.path(), "--no-print-directory"},
                          {"PATH=/usr/bin:/bin", "MAKEFLAGS=" + server_.makeflags()}, server_.fds());
    std::string output;
    char c = 0;
    while (::read(process.output(), &c, 1) == 1) output += c;
    EXPECT_EQ(must(process.wait()).exit_code, 0) << output;
    return output;
  }

  TempDir dir_;
  Jobserver server_ = must(Jobserver::create(2));
};

TEST_F(Make, TakesPartAndGivesItsTokensBack) {
  ASSERT_TRUE(server_.try_take());
  const std::string output = make("all: a b c\na b c:\n\t@echo $@\n.PHONY: all a b c\n");
  EXPECT_EQ(output.size(), 6U) << output;
  EXPECT_EQ(output.find("warning"), std::string::npos) << output;
  EXPECT_EQ(take_all(server_), 1);
}

TEST_F(Make, RunsTwoJobsWhereATokenIsFree) {
  ASSERT_TRUE(server_.try_take());
  // Each opens one end of a pipe, so that neither ends without the other.
  EXPECT_EQ(make("all: a b\na: pipe\n\t@echo hello >pipe\nb: pipe\n\t@cat pipe\npipe:\n\t@mkfifo pipe\n"
                 ".PHONY: all a b\n"),
            "hello\n");
}

TEST_F(Make, RunsOneJobAtATimeWhereNoneIs) {
  ASSERT_TRUE(server_.try_take());
  ASSERT_TRUE(server_.try_take());
  EXPECT_EQ(make("all: a b\na b:\n\t@mkdir lock && sleep 0.02 && rmdir lock\n.PHONY: all a b\n"), "");
}

}  // namespace
}  // namespace larder::builds
