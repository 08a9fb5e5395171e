#include "cli/summary.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace larder::cli {
namespace {

using builds::BuildResult;
using builds::TargetOutcome;
using builds::TargetResult;

TargetResult result(const std::string& target, TargetOutcome outcome, double seconds = 0) {
  TargetResult made;
  made.target = target;
  made.triple = target + "-triple";
  made.outcome = outcome;
  made.seconds = seconds;
  made.log_path = "/store/logs/app-" + target + ".log";
  return made;
}

TargetResult failed(const std::string& target, int exit_code) {
  TargetResult made = result(target, TargetOutcome::failed, 2);
  made.exit_code = exit_code;
  made.last_lines = {"error[E0425]: cannot find value", " --> src/main.rs:1"};
  return made;
}

TargetResult refused(const std::string& target, ErrorCode code) {
  TargetResult made = result(target, TargetOutcome::failed);
  made.error = Error{code, "the sandbox could not be started", "no namespaces", "see `larder doctor`", 0};
  return made;
}

BuildResult report(std::vector<TargetResult> targets) { return {std::move(targets), std::nullopt, false}; }

TEST(Summary, HasALineForEachTargetAndBinary) {
  TargetResult x64 = result("x64", TargetOutcome::success, 12.34);
  x64.artifacts = {{"/home/me/app/target/x64-triple/release/app", "ELF x86_64, dynamic, needs GLIBC 2.34", 1234567},
                   {"/elsewhere/libapp.so", "ELF x86_64, shared library", 812}};
  BuildResult made = report({x64, failed("arm64", 101), result("musl-x64", TargetOutcome::interrupted, 75),
                             result("musl-arm64", TargetOutcome::skipped)});
  made.fetch = result("fetch", TargetOutcome::success, 0.4);
  EXPECT_EQ(format_summary(made, "/home/me/app"),
            "fetch       ok           0.4 s\n"
            "x64         ok           12 s        target/x64-triple/release/app  "
            "ELF x86_64, dynamic, needs GLIBC 2.34  1.2 MB\n"
            "                                     /elsewhere/libapp.so           "
            "ELF x86_64, shared library             812 B\n"
            "arm64       failed       2.0 s\n"
            "musl-x64    interrupted  1 min 15 s\n"
            "musl-arm64  skipped      -\n");
}

TEST(Summary, NamesOfResultsSendNothingToTheTerminal) {
  TargetResult x64 = result("x64", TargetOutcome::success, 1);
  x64.artifacts = {{"/app/new\nline\033]0;x", "ELF\033[2J", 1}};
  EXPECT_EQ(format_summary(report({x64}), "/app"), "x64  ok  1.0 s  newline  ELF  1 B\n");
}

TEST(Summary, OfAFolderWithTheSameBeginningStaysAbsolute) {
  TargetResult x64 = result("x64", TargetOutcome::success, 1);
  x64.artifacts = {{"/home/me/app-two/target/app", "ELF", 1}};
  EXPECT_NE(format_summary(report({x64}), "/home/me/app").find("/home/me/app-two/target/app"), std::string::npos);
}

TEST(Summary, AFailuresLinesSendNothingToTheTerminal) {
  TargetResult made = failed("x64", 2);
  made.last_lines = {"before \x1b]52;c;ZXZpbA==\a\x1b]0;TITLE\aafter"};
  ::testing::internal::CaptureStderr();
  print_failures(report({made}));
  const std::string said = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("before after"), std::string::npos) << said;
  EXPECT_EQ(said.find('\x1b'), std::string::npos);
}

TEST(Summary, OfNothingIsNothing) { EXPECT_EQ(format_summary(report({}), "/"), ""); }

TEST(Summary, AsJson) {
  TargetResult x64 = result("x64", TargetOutcome::success, 12.5);
  x64.cache_changed = true;
  x64.notes = {"cargo-target-app-x64: empty, starts from nothing"};
  x64.unchanged = true;
  x64.artifacts = {
      {"/app/target/app", "ELF x86_64, static", 1234, "c0ffee"},
      {"/app/target/libapp.so", "link to libapp.so.1", 12, "cafe", builds::ArtifactKind::link, "libapp.so.1"}};
  BuildResult made = report({x64, refused("arm64", ErrorCode::environment)});
  made.fetch = failed("fetch", 7);
  made.interrupted = true;
  EXPECT_EQ(to_json(made), nlohmann::json::parse(R"({
    "interrupted": true,
    "fetch": {
      "target": "fetch", "triple": "fetch-triple", "outcome": "failed", "duration_seconds": 2.0, "exit_code": 7,
      "cache_changed": false, "unchanged": false, "log": "/store/logs/app-fetch.log", "hint": "", "notes": [], "artifacts": []
    },
    "targets": [
      {
        "target": "x64", "triple": "x64-triple", "outcome": "ok", "duration_seconds": 12.5, "exit_code": 0,
        "cache_changed": true, "unchanged": true, "log": "/store/logs/app-x64.log",
        "hint": "", "notes": ["cargo-target-app-x64: empty, starts from nothing"],
        "artifacts": [
          {"path": "/app/target/app", "kind": "program", "description": "ELF x86_64, static", "size_bytes": 1234,
           "sha256": "c0ffee"},
          {"path": "/app/target/libapp.so", "kind": "link", "description": "link to libapp.so.1", "size_bytes": 12,
           "sha256": "cafe"}
        ]
      },
      {
        "target": "arm64", "triple": "arm64-triple", "outcome": "failed", "duration_seconds": 0.0, "exit_code": 0,
        "cache_changed": false, "unchanged": false, "log": "/store/logs/app-arm64.log", "hint": "", "notes": [], "artifacts": [],
        "error": {
          "message": "the sandbox could not be started", "cause": "no namespaces", "hint": "see `larder doctor`"
        }
      }
    ]
  })"));
}

TEST(Summary, AsJsonWithoutAFetch) { EXPECT_TRUE(to_json(report({})).at("fetch").is_null()); }

std::string failures_of(const BuildResult& made, bool output_shown = false) {
  ::testing::internal::CaptureStderr();
  print_failures(made, output_shown);
  return ::testing::internal::GetCapturedStderr();
}

TEST(Failures, DoNotSayAgainWhatIsOnTheScreen) {
  TargetResult made = failed("x64", 2);
  made.last_lines = {"said before"};
  EXPECT_NE(failures_of(report({made})).find("said before"), std::string::npos);
  const std::string said = failures_of(report({made}), true);
  EXPECT_EQ(said.find("said before"), std::string::npos);
  EXPECT_NE(said.find("failed with exit code 2"), std::string::npos);
}

TEST(Failures, SayWhyWithTheLastLinesAndTheLog) {
  EXPECT_EQ(failures_of(report({result("x64", TargetOutcome::success), failed("arm64", 101),
                                refused("musl-x64", ErrorCode::environment)})),
            "error: the build for arm64 failed with exit code 101\n"
            "  error[E0425]: cannot find value\n"
            "   --> src/main.rs:1\n"
            "hint: the whole output is in /store/logs/app-arm64.log\n"
            "error: musl-x64: the sandbox could not be started\n"
            "  no namespaces\n"
            "hint: see `larder doctor`\n");
}

TEST(Failures, OfTheFetchAreNotABuilds) {
  BuildResult made = report({result("x64", TargetOutcome::skipped)});
  made.fetch = failed("fetch", 7);
  EXPECT_EQ(failures_of(made).substr(0, 48), "error: the fetch phase failed with exit code 7\n ");
}

TEST(Failures, WhereThereIsNoneNothingIsSaid) {
  EXPECT_EQ(failures_of(report({result("x64", TargetOutcome::success), result("arm64", TargetOutcome::interrupted),
                                result("musl-x64", TargetOutcome::skipped)})),
            "");
}

TEST(ExitCode, IsThatOfTheWorst) {
  const TargetResult good = result("x64", TargetOutcome::success);
  EXPECT_EQ(exit_code(report({good})), 0);
  EXPECT_EQ(exit_code(report({})), 0);
  EXPECT_EQ(exit_code(report({good, failed("arm64", 101)})), 1);
  EXPECT_EQ(exit_code(report({failed("arm64", 101), refused("x64", ErrorCode::environment), good})), 3);
  EXPECT_EQ(exit_code(report({refused("x64", ErrorCode::damage), failed("arm64", 101)})), 4);
}

TEST(ExitCode, CountsTheFetch) {
  BuildResult made = report({result("x64", TargetOutcome::skipped)});
  made.fetch = failed("fetch", 7);
  EXPECT_EQ(exit_code(made), 1);
}

TEST(ExitCode, OfAnInterruptedBuildIs130) {
  BuildResult made = report({failed("x64", 1)});
  made.interrupted = true;
  EXPECT_EQ(exit_code(made), 130);
}

}  // namespace
}  // namespace larder::cli
