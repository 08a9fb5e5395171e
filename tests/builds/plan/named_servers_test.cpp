#include "builds/plan/named_servers.hpp"

#include <gtest/gtest.h>

#include "builds/plan/take_consent.hpp"
#include "config/tables.hpp"
#include "support/files.hpp"
#include "support/scoped_variable.hpp"
#include "support/temp_dir.hpp"

namespace larder::builds {
namespace {

using test::must;
using test::ScopedVariable;
using Tables = std::vector<std::string>;

/// A cargo project, whose user has a token for `ours`.
class NamedServers : public ::testing::Test {
 protected:
  NamedServers() {
    plan_.recipe = must(must(config::load_recipes("")).find("cargo"));
    plan_.workspace.settings = dir_.path();
    test::put_file(dir_.fd(), ".cargo/credentials.toml", "[registries.ours]\ntoken = 'secret'\n");
  }

  /// Whose secrets would go to what the project names.
  Tables tables() const {
    Tables all;
    for (const NamedServer& server : named_servers(plan_)) all.push_back(server.table);
    return all;
  }
  void project_says(const std::string& text) { plan_.settings.project = {text}; }

  test::TempDir dir_;
  ScopedVariable home_{"HOME", dir_.path()};
  ScopedVariable cargo_home_{"CARGO_HOME", std::nullopt};
  ScopedVariable config_{"XDG_CONFIG_HOME", dir_.path() + "/config"};
  ScopedVariable git_{"GIT_CONFIG_GLOBAL", "/dev/null"};
  ScopedVariable ci_{"CI", std::nullopt};
  Plan plan_;
};

TEST_F(NamedServers, OfARegistryWithAToken) {
  project_says("[registries.ours]\nindex = 'sparse+https://evil.example/'\n[registries.others]\nindex = 'x'\n");
  ASSERT_EQ(tables(), Tables{"REGISTRIES_OURS"});
  const std::string text = named_servers(plan_).front().text;
  EXPECT_NE(text.find("registries.ours.index = \"sparse+https://evil.example/\""), std::string::npos) << text;
  plan_.settings.above = std::move(plan_.settings.project);
  plan_.settings.project.clear();
  EXPECT_EQ(tables(), Tables{"REGISTRIES_OURS"}) << "anybody may have written what lies above";
}

TEST_F(NamedServers, WhereNoSecretIsInReachNobodyIsAsked) {
  project_says("[registries.company]\nindex = 'sparse+https://company.example/'\n");
  EXPECT_TRUE(tables().empty());
  test::put_file(dir_.fd(), ".cargo/credentials.toml", "[registry]\ntoken = 'of-crates-io'\n");
  project_says("[registries.ours]\nindex = 'i'\n[source.crates-io]\nreplace-with = 'x'\n[source.x]\nregistry = 'y'\n");
  EXPECT_TRUE(tables().empty());
  test::put_file(dir_.fd(), ".cargo/credentials.toml", "");
  project_says("[http]\nproxy = 'http://evil.example'\n");
  EXPECT_TRUE(tables().empty());
}

TEST_F(NamedServers, WhatTheUserSaysIsTheUsersWord) {
  project_says("[registries.ours]\nindex = 'i'\n[http]\nproxy = 'p'\n");
  plan_.settings.user = {"[registries.ours]\nindex = 'i'\n[http]\nproxy = 'p'\n"};
  EXPECT_TRUE(tables().empty());
  plan_.settings.user = {"[registries.ours]\nindex = 'other'\n"};
  EXPECT_EQ(tables(), (Tables{"REGISTRIES_OURS", ""}));
  const ScopedVariable index("CARGO_REGISTRIES_OURS_INDEX", "mine");
  const ScopedVariable proxy("CARGO_HTTP_PROXY", "mine");
  EXPECT_TRUE(tables().empty()) << "cargo ranks variables first";
}

TEST_F(NamedServers, TokensInVariablesAndServersInThoseOfLarderToml) {
  test::put_file(dir_.fd(), ".cargo/credentials.toml", "");
  const ScopedVariable token("CARGO_REGISTRIES_OUR_OWN_TOKEN", "secret");
  project_says("[registries.our-own]\nindex = 'i'\n");
  EXPECT_EQ(tables(), Tables{"REGISTRIES_OUR_OWN"});
  project_says("");
  plan_.project.env = {{"CARGO_REGISTRIES_OUR_OWN_INDEX", "i"}, {"CARGO_REGISTRIES_B_INDEX", "i"}, {"OTHER", "x"}};
  EXPECT_EQ(tables(), Tables{"REGISTRIES_OUR_OWN"});
  plan_.project.env = {{"HTTPS_PROXY", "http://evil"}, {"CARGO_HTTP_CAINFO", "ca"}, {"ALL_PROXY", "does not reach it"}};
  EXPECT_EQ(tables(), (Tables{"", ""}));
  const ScopedVariable same("HTTPS_PROXY", "http://evil");
  EXPECT_EQ(tables(), Tables{""});
}

TEST_F(NamedServers, AProxyOrAnAuthorityCouldReadAll) {
  for (const char* key : {"proxy", "cainfo", "proxy-cainfo"}) {
    project_says("[http]\n" + std::string(key) + " = 'x'\n");
    EXPECT_EQ(tables(), Tables{""}) << key;
  }
  test::put_file(dir_.fd(), ".cargo/credentials.toml", "");
  EXPECT_TRUE(tables().empty());
  test::put_file(dir_.fd(), ".netrc", "machine x password y");
  EXPECT_EQ(tables(), Tables{""});
}

TEST_F(NamedServers, WhatCannotBeReadMaySayAnything) {
  plan_.settings.unread = {"/p/.cargo/config.toml (why)"};
  EXPECT_EQ(tables(), Tables{""});
}

TEST_F(NamedServers, WithoutConsentTheirSecretsAreKeptBack) {
  project_says("[registries.ours]\nindex = 'i'\n");
  plan_.consent = must(find_consent(plan_, {}, {}));
  EXPECT_EQ(plan_.consent.by, ConsentBy::nobody);
  withhold(plan_);
  EXPECT_FALSE(plan_.kept_back.all);
  EXPECT_TRUE(plan_.users_keys);
  EXPECT_TRUE(is_kept_back(plan_, "CARGO_REGISTRIES_OURS_TOKEN"));
  EXPECT_FALSE(is_kept_back(plan_, "CARGO_REGISTRIES_OTHERS_TOKEN"));
  EXPECT_FALSE(is_kept_back(plan_, "CARGO_REGISTRIES_OURS_INDEX"));
  project_says("[http]\nproxy = 'x'\n");
  withhold(plan_);
  EXPECT_TRUE(plan_.kept_back.all);
  EXPECT_FALSE(plan_.users_keys);
  EXPECT_TRUE(is_kept_back(plan_, "CARGO_REGISTRIES_OTHERS_TOKEN"));
}

TEST_F(NamedServers, WithConsentNothingIsKeptBack) {
  project_says("[http]\nproxy = 'x'\n");
  plan_.consent = must(find_consent(plan_, {}, {true, {}}));
  EXPECT_EQ(plan_.consent.by, ConsentBy::option);
  EXPECT_FALSE(withhold(plan_));
  EXPECT_TRUE(plan_.kept_back.empty());
  ASSERT_TRUE(keep_consent(plan_.consent));
  EXPECT_EQ(must(find_consent(plan_, {}, {})).by, ConsentBy::record);
  project_says("[http]\nproxy = 'y'\n");
  EXPECT_EQ(must(find_consent(plan_, {}, {})).by, ConsentBy::nobody) << "another server is another line";
}

}  // namespace
}  // namespace larder::builds
