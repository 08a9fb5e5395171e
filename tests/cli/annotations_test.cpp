#include "cli/annotations.hpp"

#include <gtest/gtest.h>

namespace larder::cli {
namespace {

class Annotations : public ::testing::Test {
 protected:
  Annotations() {
    workspace_.folder = workspace_.start = "/home/ann/repo/app";
    workspace_.git_top = "/home/ann/repo";
    workspace_.project = "app";
  }
  std::vector<Annotation> found(const std::vector<std::string>& lines) { return find_annotations(lines, workspace_); }

  builds::Workspace workspace_;
};

TEST_F(Annotations, AreWhatGccAndClangSay) {
  EXPECT_EQ(found({"app.c: In function 'main':", "src/app.c:3:7: error: 'x' undeclared", "make: *** [app] Error 1"}),
            (std::vector<Annotation>{{"app/src/app.c", 3, 7, "'x' undeclared"}}));
  EXPECT_EQ(
      found({"/workspace/app.c:1:10: fatal error: no.h: No such file or directory", "app.c:2: error: two"}),
      (std::vector<Annotation>{{"app/app.c", 1, 10, "no.h: No such file or directory"}, {"app/app.c", 2, 0, "two"}}));
  EXPECT_TRUE(found({"app.c:1:2: warning: w", "http://example.org:80/x", "error: no place", ":1:2: error: x"}).empty());
}

TEST_F(Annotations, AreWhatRustcSays) {
  EXPECT_EQ(found({"error[E0425]: cannot find value `x` in this scope", " --> src/main.rs:2:5", "  |",
                   "error: aborting due to 1 previous error"}),
            (std::vector<Annotation>{{"app/src/main.rs", 2, 5, "cannot find value `x` in this scope"}}));
}

TEST_F(Annotations, AreToldOncePerPlaceAndAreNotMany) {
  EXPECT_EQ(found({"a.c:1:2: error: one", "a.c:1:9: error: two"}).size(), 1U);
  std::vector<std::string> lines;
  for (int i = 1; i < 30; ++i) lines.push_back("a.c:" + std::to_string(i) + ":1: error: x");
  EXPECT_EQ(found(lines).size(), 10U);
}

TEST_F(Annotations, OutsideOfTheRepositoryStayAsTheyAre) {
  EXPECT_EQ(found({"/usr/include/x.h:1:2: error: one"}).front().file, "/usr/include/x.h");
}

TEST(WorkflowCommand, CannotBeMadeAnother) {
  EXPECT_EQ(to_workflow_command({"a,b:c.c", 1, 2, "100% wrong: \r\n::warning::x"}).find('\n'), std::string::npos);
  EXPECT_EQ(to_workflow_command({"a,b:c.c", 1, 0, "100% wrong"}), "::error file=a%2Cb%3Ac.c,line=1::100%25 wrong");
}

TEST_F(Annotations, TheJobsSummaryIsATable) {
  builds::BuildResult report;
  report.targets.resize(2);
  report.targets[0].target = "x64";
  report.targets[0].outcome = builds::TargetOutcome::success;
  report.targets[1].target = "arm64";
  report.targets[1].outcome = builds::TargetOutcome::failed;
  const std::string text = format_job_summary(report, workspace_);
  EXPECT_NE(text.find("| x64 | ok |"), std::string::npos) << text;
  EXPECT_NE(text.find("| arm64 | **failed** |"), std::string::npos) << text;
}

}  // namespace
}  // namespace larder::cli
