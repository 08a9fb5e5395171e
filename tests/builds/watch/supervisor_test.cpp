#include "builds/watch/supervisor.hpp"

#include <gtest/gtest.h>

#include "builds/support.hpp"

namespace larder::builds {
namespace {

using Lines = std::vector<std::string>;

class SupervisorTest : public ::testing::Test {
 protected:
  void add(const std::string& name, const std::string& script) {
    supervisor_.add(name,
                    std::make_unique<ScriptProcess>(std::vector<std::string>{"sh", "-c", script},
                                                    std::vector<std::string>{"PATH=/usr/bin:/bin"}, std::vector<int>{}),
                    must(Log::open(os_, dir_.path() + "/" + name + ".log")));
  }

  /// Steps until all have ended; gives them in the order of their ends.
  std::vector<Ended> run_all() {
    std::vector<Ended> all;
    while (!supervisor_.idle())
      for (Ended& ended : must(supervisor_.step())) all.push_back(std::move(ended));
    return all;
  }
  Ended run(const std::string& script) {
    add("one", script);
    return run_all().at(0);
  }
  std::string log(const std::string& name) { return test::get_file(dir_.fd(), name + ".log"); }

  void interrupt_at(const std::string& line) {
    recorder_.on_line = [line](const std::string&, const std::string& text) {
      if (text == line) ::raise(SIGINT);
    };
  }

  Os os_;
  test::TempDir dir_;
  Recorder recorder_;
  Signals signals_ = must(Signals::block());
  Supervisor supervisor_{recorder_, signals_};
};

TEST_F(SupervisorTest, TellsHowItEnded) {
  const Ended ended = run("exit 3");
  EXPECT_EQ(ended.name, "one");
  EXPECT_EQ(ended.ending.exit_code, 3);
  EXPECT_FALSE(ended.interrupted);
  EXPECT_FALSE(ended.killed);
  EXPECT_GE(ended.seconds, 0);
  EXPECT_TRUE(ended.last_lines.empty());
  EXPECT_TRUE(supervisor_.idle());
  EXPECT_GT(recorder_.ticks, 0);
}

TEST_F(SupervisorTest, SplitsOutputIntoLines) {
  const Ended ended = run("printf 'first\\n\\nthird\\r\\n'; printf 'error\\n' >&2");
  EXPECT_EQ(recorder_.lines, (Lines{"one: first", "one: ", "one: third\r", "one: error"}));
  EXPECT_EQ(log("one"), "first\n\nthird\r\nerror\n");
  EXPECT_EQ(ended.last_lines, (Lines{"first", "", "third\r", "error"}));
}

TEST_F(SupervisorTest, PutsALineTogetherThatComesInParts) {
  const std::string pipe = dir_.path() + "/pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  add("one", "printf 'first\\nbegin'; read go <" + pipe + "; echo ' end'");
  while (recorder_.lines.empty()) must(supervisor_.step());
  EXPECT_EQ(recorder_.lines, Lines{"one: first"});
  test::put_file(dir_.fd(), "pipe", "go\n");
  run_all();
  EXPECT_EQ(recorder_.lines, (Lines{"one: first", "one: begin end"}));
}

TEST_F(SupervisorTest, ALastLineNeedsNoEnd) {
  run("printf 'complete\\nhalf'");
  EXPECT_EQ(recorder_.lines, (Lines{"one: complete", "one: half"}));
  EXPECT_EQ(log("one"), "complete\nhalf");
}

TEST_F(SupervisorTest, PassesAnyBytes) {
  run("printf '\\377\\000\\033[31m\\n'");
  EXPECT_EQ(recorder_.lines, Lines{std::string("one: \377\0\033[31m", 12)});
}

TEST_F(SupervisorTest, ShowsAVeryLongLineInPieces) {
  run("head -c 300000 /dev/zero | tr '\\0' x; echo");
  size_t bytes = 0;
  for (const std::string& line : recorder_.lines) {
    EXPECT_LT(line.size(), 200000U);
    bytes += line.size() - 5;
  }
  EXPECT_EQ(bytes, 300000U);
  EXPECT_EQ(log("one").size(), 300001U);
}

TEST_F(SupervisorTest, LosesNothingOfALargeOutput) {
  run("seq 1 100000");
  ASSERT_EQ(recorder_.lines.size(), 100000U);
  EXPECT_EQ(recorder_.lines.back(), "one: 100000");
}

TEST_F(SupervisorTest, RemembersTheLastLines) {
  const Ended ended = run("seq 1 100");
  ASSERT_EQ(ended.last_lines.size(), 20U);
  EXPECT_EQ(ended.last_lines.front(), "81");
  EXPECT_EQ(ended.last_lines.back(), "100");
}

TEST_F(SupervisorTest, KeepsSeveralApart) {
  const std::string pipe = dir_.path() + "/pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  add("one", "echo a; read go <" + pipe + "; echo c; exit 1");
  add("two", "echo b; echo go >" + pipe + "; exit 2");
  std::vector<Ended> all = run_all();
  std::sort(all.begin(), all.end(), [](const Ended& a, const Ended& b) { return a.name < b.name; });
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].ending.exit_code, 1);
  EXPECT_EQ(all[1].ending.exit_code, 2);
  EXPECT_EQ(all[0].last_lines, (Lines{"a", "c"}));
  EXPECT_EQ(log("one"), "a\nc\n");
  EXPECT_EQ(log("two"), "b\n");
}

TEST_F(SupervisorTest, ASignalAsksAllToStop) {
  for (const char* name : {"one", "two"}) add(name, "trap 'echo stopping; exit 7' INT; echo ready; sleep 1000 & wait");
  recorder_.on_line = [ready = 0](const std::string&, const std::string& text) mutable {
    if (text == "ready" && ++ready == 2) ::raise(SIGINT);
  };
  for (const Ended& ended : run_all()) {
    EXPECT_TRUE(ended.interrupted);
    EXPECT_FALSE(ended.killed);
    EXPECT_EQ(ended.ending.exit_code, 7);
    EXPECT_EQ(ended.last_lines, (Lines{"ready", "stopping"}));
  }
  EXPECT_TRUE(supervisor_.interrupted());
}

TEST_F(SupervisorTest, TheSecondSignalKills) {
  add("one", "trap 'echo again' INT; echo ready; while :; do sleep 1000 & wait; done");
  recorder_.on_line = [](const std::string&, const std::string&) { ::raise(SIGINT); };
  const Ended ended = run_all().at(0);
  EXPECT_TRUE(ended.interrupted);
  EXPECT_TRUE(ended.killed);
  EXPECT_EQ(ended.ending.exit_code, 128 + SIGKILL);
}

TEST_F(SupervisorTest, WhatStartsAfterASignalIsInterruptedToo) {
  ::raise(SIGTERM);
  EXPECT_TRUE(must(supervisor_.step()).empty());
  EXPECT_TRUE(supervisor_.interrupted());
  EXPECT_TRUE(run("trap 'exit 7' INT; sleep 1000 & wait").interrupted);
}

TEST_F(SupervisorTest, AFullDiskForTheLogDoesNotEndTheBuild) {
  if (::access("/dev/full", W_OK) != 0) GTEST_SKIP() << "there is no /dev/full";
  supervisor_.add("one",
                  std::make_unique<ScriptProcess>(std::vector<std::string>{"echo", "hello"},
                                                  std::vector<std::string>{"PATH=/usr/bin:/bin"}, std::vector<int>{}),
                  Log(must(os_.open(AT_FDCWD, "/dev/full", O_WRONLY))));
  EXPECT_EQ(run_all().at(0).ending.exit_code, 0);
  EXPECT_EQ(recorder_.lines, Lines{"one: hello"});
}

TEST_F(SupervisorTest, MessagesAreTakenOutOfTheOutput) {
  Lines taken;
  supervisor_.add(
      "one",
      std::make_unique<ScriptProcess>(
          std::vector<std::string>{"sh", "-c",
                                   "echo a; echo {x}; printf 'b'; printf '%0100000d' 7 >&2; echo; printf '{'; "
                                   "printf '%070000d' 7; echo '}'; printf 'end'"},
          std::vector<std::string>{"PATH=/usr/bin:/bin"}, std::vector<int>{}),
      must(Log::open(os_, dir_.path() + "/one.log")),
      {[](std::string_view line) { return line.starts_with("{"); },
       [&](const std::string& line) {
         const bool message = line.starts_with("{") && line.ends_with("}");
         if (message) taken.push_back(line);
         return message;
       },
       100'000});
  const Ended ended = run_all().at(0);
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(taken[0], "{x}");
  EXPECT_EQ(taken[1].size(), 70'002U);
  std::string shown;
  for (const std::string& line : recorder_.lines) shown += line.substr(5);
  EXPECT_EQ(shown.size(), 1 + 1 + 100'000 + 3U);
  EXPECT_EQ(log("one").size(), 2 + 1 + 100'000 + 1 + 3U);
  EXPECT_EQ(ended.last_lines.back(), "end");
}

TEST_F(SupervisorTest, WithNothingToDoAStepEnds) {
  EXPECT_TRUE(must(supervisor_.step()).empty());
  EXPECT_TRUE(supervisor_.idle());
  EXPECT_FALSE(supervisor_.interrupted());
}

}  // namespace
}  // namespace larder::builds
