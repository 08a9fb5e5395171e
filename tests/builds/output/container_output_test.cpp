#include "builds/output/container_output.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/subprocess.hpp"
#include "support/files.hpp"
#include "support/must.hpp"
#include "support/temp_dir.hpp"

namespace larder::builds {
namespace {

using test::must;

TargetPlan target_with(std::vector<std::string> patterns) {
  TargetPlan target;
  target.compiled.mount_path = workspace_path;
  target.results.include = std::move(patterns);
  return target;
}

std::string replace(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

/// Runs the command with folders of the test for those in a container. Gives its exit code.
int run(const TargetPlan& target, const test::TempDir& dir, const config::Command& command,
        const std::string& output = "target") {
  config::Command whole = with_output(output, target, command);
  if (whole.size() > 2) {
    whole[0] = "/bin/sh";
    whole[2] = replace(replace(whole[2], "/workspace/" + output, dir.path() + "/volume"), engine::output_path,
                       dir.path() + "/output");
  }
  return must(run_program(whole, 60)).exit_code;
}

void put_program(const test::TempDir& dir, const std::string& path) {
  test::put_file(dir.fd(), path, path);
  must(::chmod((dir.path() + "/" + path).c_str(), 0755) == 0, "cannot make a program");
}

bool has(const test::TempDir& dir, const std::string& path) {
  return ::access((dir.path() + "/" + path).c_str(), F_OK) == 0;
}

TEST(ContainerOutput, CopiesTheProgramsThatAPatternMeans) {
  const test::TempDir dir;
  put_program(dir, "volume/x/release/app");
  put_program(dir, "volume/x/release/deps/app-1");
  put_program(dir, "volume/x/debug/app");
  test::put_file(dir.fd(), "volume/x/release/app.d", "no program");
  EXPECT_EQ(run(target_with({"target/x/release/*", "elsewhere/*"}), dir, {"/bin/true"}), 0);
  EXPECT_EQ(test::get_file(dir.fd(), "output/target/x/release/app"), "volume/x/release/app");
  EXPECT_FALSE(has(dir, "output/target/x/release/deps/app-1"));
  EXPECT_FALSE(has(dir, "output/target/x/debug/app"));
  EXPECT_FALSE(has(dir, "output/target/x/release/app.d"));
}

TEST(ContainerOutput, PatternsMayReachToAnyDepth) {
  const test::TempDir dir;
  put_program(dir, "volume/cmake/a b/c/app");
  put_program(dir, "volume/cmake/app");
  EXPECT_EQ(run(target_with({"target/cmake/**"}), dir, {"/bin/true"}), 0);
  EXPECT_TRUE(has(dir, "output/target/cmake/a b/c/app"));
  EXPECT_TRUE(has(dir, "output/target/cmake/app"));
}

TEST(ContainerOutput, ARecipesOwnFolderOfResultsIsSearched) {
  const test::TempDir dir;
  put_program(dir, "volume/bin/app");
  EXPECT_EQ(run(target_with({"out put/bin/*"}), dir, {"/bin/true"}, "out put"), 0);
  EXPECT_TRUE(has(dir, "output/out put/bin/app"));
}

TEST(ContainerOutput, AFailedBuildKeepsItsExitCode) {
  const test::TempDir dir;
  put_program(dir, "volume/x/app");
  EXPECT_EQ(run(target_with({"target/x/*"}), dir, {"/bin/sh", "-c", "exit 101"}), 101);
  EXPECT_FALSE(has(dir, "output/target/x/app"));
}

TEST(ContainerOutput, WithoutPatternsTheCommandIsAsItWas) {
  EXPECT_EQ(with_output("target", target_with({"none"}), {"make", "all"}), (config::Command{"make", "all"}));
}

}  // namespace
}  // namespace larder::builds
