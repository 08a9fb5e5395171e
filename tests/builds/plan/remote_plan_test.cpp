#include "builds/plan/remote_plan.hpp"

#include <gtest/gtest.h>

#include <list>

#include "share/signing.hpp"
#include "support/files.hpp"
#include "support/must.hpp"
#include "support/scoped_variable.hpp"
#include "support/temp_dir.hpp"

namespace larder::builds {
namespace {

using namespace test;

class RemotePlanTest : public ::testing::Test {
 protected:
  RemotePlanTest() {
    for (const char* name : {"CI", "LARDER_REMOTE", "LARDER_TRUST", "GITHUB_EVENT_NAME", "GITHUB_REF_PROTECTED",
                             "CI_PIPELINE_SOURCE", "CI_COMMIT_REF_PROTECTED"})
      set(name, std::nullopt);
  }

  void set(const char* name, const std::optional<std::string>& value) { variables_.emplace_back(name, value); }
  RemotePlan plan(const RemoteRequest& request = {}) const { return must(plan_remote(request, project_, dir_.path())); }
  std::string distrust() const { return plan().distrust; }

  std::list<ScopedVariable> variables_;
  TempDir dir_;
  config::RemoteSettings project_;
};

TEST_F(RemotePlanTest, WithoutAnySettingsBuildsAskNobody) {
  const RemotePlan made = plan();
  EXPECT_EQ(made.repository, "");
  EXPECT_EQ(made.pull, PullPolicy::missing);
  EXPECT_EQ(made.push, PushPolicy::never);
  EXPECT_EQ(made.max_age_seconds, share::Signing::default_max_age_seconds);
  EXPECT_EQ(made.distrust, "");
}

TEST_F(RemotePlanTest, AnOptionForARegistryThatNobodyKnowsIsRefused) {
  for (const RemoteRequest& request : {RemoteRequest{"newer", "", false}, RemoteRequest{"", "success", false}}) {
    const auto refused = plan_remote(request, project_, dir_.path());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::usage);
  }
  EXPECT_TRUE(plan_remote({"never", "never", false}, project_, dir_.path()));
}

TEST_F(RemotePlanTest, TheCallerGoesBeforeTheProjectAndThatBeforeTheUser) {
  const std::string a = "ed25519:" + std::string(64, 'a');
  const std::string b = "ed25519:" + std::string(64, 'b');
  put_file(dir_.fd(), "config.toml",
           "[cache]\nremote = 'users.example/cache'\npull = 'never'\npush = 'success'\n[remote]\npublic_keys = ['" + a +
               "']\nkey = '~/signing.key'\nmax_age = '1d'\n");
  EXPECT_EQ(plan().repository, "users.example/cache");
  EXPECT_EQ(plan().pull, PullPolicy::never);
  EXPECT_EQ(plan().push, PushPolicy::success);
  EXPECT_EQ(plan().max_age_seconds, 86400);
  const ScopedVariable home("HOME", "/home/ann");
  EXPECT_EQ(plan().key_file, "/home/ann/signing.key");
  project_ = {"projects.example/cache", "newer", "default-branch", {b, a}, "", {}};
  EXPECT_EQ(plan().repository, "projects.example/cache");
  EXPECT_EQ(plan().pull, PullPolicy::newer);
  EXPECT_EQ(plan().push, PushPolicy::default_branch);
  EXPECT_EQ(plan().public_keys, (std::vector<std::string>{a, b}));
  set("LARDER_REMOTE", "callers.example/cache");
  EXPECT_EQ(plan().repository, "callers.example/cache");
  EXPECT_EQ(plan({"missing", "never", false}).pull, PullPolicy::missing);
  EXPECT_EQ(plan({"missing", "never", false}).push, PushPolicy::never);
}

TEST_F(RemotePlanTest, TheCallerSaysWhoseCodeItIs) {
  EXPECT_EQ(plan({"", "", true}).distrust, "--untrusted");
  EXPECT_TRUE(plan({"", "", true}).apart);
  set("LARDER_TRUST", "untrusted");
  EXPECT_EQ(distrust(), "LARDER_TRUST is untrusted");
  EXPECT_TRUE(plan().apart);
  set("LARDER_TRUST", "trusted");
  set("CI", "true");
  EXPECT_EQ(distrust(), "");
  EXPECT_EQ(plan({"", "", true}).distrust, "--untrusted");
  set("LARDER_TRUST", "yes");
  EXPECT_EQ(plan_remote({}, project_, dir_.path()).error().code, ErrorCode::usage);
}

TEST_F(RemotePlanTest, OfGitHubOnlyAProtectedBranchsOwnEventsAreTrusted) {
  set("GITHUB_REF_PROTECTED", "true");
  set("GITHUB_EVENT_NAME", "pull_request_target");
  EXPECT_EQ(distrust(), "") << "not in CI";
  set("CI", "true");
  for (const char* event : {"pull_request", "pull_request_target", "workflow_run", "issue_comment", "release", "x"}) {
    set("GITHUB_EVENT_NAME", event);
    EXPECT_EQ(distrust(), std::string("the event ") + event + " may be a stranger's");
    EXPECT_TRUE(plan().apart);
  }
  for (const char* event : {"push", "schedule", "workflow_dispatch"}) {
    set("GITHUB_EVENT_NAME", event);
    EXPECT_EQ(distrust(), "") << event;
    EXPECT_FALSE(plan().apart);
  }
  set("GITHUB_REF_PROTECTED", "false");
  EXPECT_EQ(distrust(), "GITHUB_REF_PROTECTED is not true");
  set("GITHUB_REF_PROTECTED", std::nullopt);
  EXPECT_EQ(distrust(), "GITHUB_REF_PROTECTED is not true");
}

TEST_F(RemotePlanTest, OfGitLabLikewise) {
  set("CI", "true");
  set("CI_PIPELINE_SOURCE", "merge_request_event");
  set("CI_COMMIT_REF_PROTECTED", "true");
  EXPECT_EQ(distrust(), "the event merge_request_event may be a stranger's");
  set("CI_PIPELINE_SOURCE", "push");
  EXPECT_EQ(distrust(), "");
  set("CI_COMMIT_REF_PROTECTED", "");
  EXPECT_EQ(distrust(), "CI_COMMIT_REF_PROTECTED is not true");
}

TEST_F(RemotePlanTest, OfAnUnknownSystemNothingIsPushed) {
  set("CI", "true");
  EXPECT_NE(distrust().find("LARDER_TRUST=trusted"), std::string::npos);
  EXPECT_FALSE(plan().apart);
}

}  // namespace
}  // namespace larder::builds
