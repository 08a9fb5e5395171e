#include "builds/plan/take_consent.hpp"

#include <gtest/gtest.h>

#include "support/must.hpp"
#include "support/scoped_variable.hpp"
#include "support/temp_dir.hpp"

namespace larder::builds {
namespace {

using test::must;
using Texts = std::vector<std::string>;

class ConsentTest : public ::testing::Test {
 protected:
  ConsentTest() { plan_.workspace.settings = dir_.path(); }

  void ask_for_all() {
    plan_.project.mounts = {{"/srv/x", "/x"}};
    plan_.project.ssh_agent = true;
    plan_.project.include = {"../shared", "inner"};
    plan_.workspace.included = {{"../shared", "/srv/shared"}};
    plan_.project.network = true;
    plan_.project.build_pass_env = {"WORD"};
    plan_.project.pass_env = {"TOKEN"};
  }
  Texts texts(const Texts& own = {}) const {
    Texts all;
    for (const AskedLine& line : asked_lines(plan_, own)) all.push_back(line.text);
    return all;
  }
  void decide(const ConsentMeans& means = {}) { plan_.consent = must(find_consent(plan_, {}, means)); }

  test::TempDir dir_;
  test::ScopedVariable config_{"XDG_CONFIG_HOME", dir_.path() + "/config"};
  test::ScopedVariable home_{"HOME", dir_.path()};
  test::ScopedVariable ci_{"CI", std::nullopt};
  Plan plan_;
};

TEST_F(ConsentTest, IsForEachLineThatReachesOut) {
  EXPECT_TRUE(texts().empty());
  ask_for_all();
  EXPECT_EQ(texts(), (Texts{"[[build.mount]] /srv/x at /x", "[workspace] include ../shared, which is /srv/shared",
                            "[fetch] ssh_agent = true", "[build] network = true", "[build] pass_env WORD",
                            "[fetch] pass_env TOKEN"}));
}

TEST_F(ConsentTest, WhatTheCallerNamesIsTheCallersWish) {
  plan_.project.build_pass_env = {"WORD", "OTHER"};
  EXPECT_EQ(texts({"WORD"}), Texts{"[build] pass_env OTHER"});
}

TEST_F(ConsentTest, IsForTheRegistryAndWhoseSignaturesCount) {
  plan_.project.remote = {"ghcr.io/org/cache", "newer", "success", {"ed25519:1", "ed25519:2"}, "", {}};
  EXPECT_EQ(texts(), (Texts{"[cache] remote ghcr.io/org/cache", "[cache] push success",
                            "[remote] public_keys ed25519:1", "[remote] public_keys ed25519:2"}));
  decide();
  withhold(plan_);
  EXPECT_EQ(plan_.project.remote, (config::RemoteSettings{"", "newer", "", {}, "", {}}));
}

TEST_F(ConsentTest, LinesStayLines) {
  plan_.recipe.of_project = true;
  plan_.recipe.name = "own";
  plan_.recipe.fetch.emplace().command = {"sh", "-c", "a\nb\\n"};
  EXPECT_EQ(texts(), Texts{"[fetch] of the project's recipe own: sh -c 'a\\x0ab\\\\n'"});
}

TEST_F(ConsentTest, WhereNobodyCanBeAskedNothingOfTheMachineCounts) {
  ask_for_all();
  decide();
  EXPECT_EQ(plan_.consent.by, ConsentBy::nobody);
  EXPECT_TRUE(withhold(plan_));
  EXPECT_TRUE(plan_.project.mounts.empty());
  EXPECT_FALSE(plan_.project.ssh_agent);
  EXPECT_EQ(plan_.project.include, Texts{"inner"});
  EXPECT_TRUE(plan_.project.network);
  EXPECT_EQ(plan_.project.build_pass_env, Texts{"WORD"});
  EXPECT_EQ(plan_.project.pass_env, Texts{"TOKEN"});
}

TEST_F(ConsentTest, OfAnotherUserNothingCountsByItself) {
  ask_for_all();
  decide();
  plan_.consent.others = true;
  withhold(plan_);
  EXPECT_FALSE(plan_.project.network);
  EXPECT_TRUE(plan_.project.build_pass_env.empty());
}

TEST_F(ConsentTest, ANoIsForAll) {
  ask_for_all();
  size_t asked = 0;
  decide({false, [&](const Consent& consent) {
            asked = consent.lines.size();
            return false;
          }});
  EXPECT_EQ(asked, 6U);
  EXPECT_EQ(plan_.consent.by, ConsentBy::refusal);
  withhold(plan_);
  EXPECT_FALSE(plan_.project.network);
  EXPECT_TRUE(plan_.project.pass_env.empty());
}

TEST_F(ConsentTest, IsKeptUntilALineChanges) {
  ask_for_all();
  decide({false, [](const Consent&) { return true; }});
  EXPECT_FALSE(withhold(plan_));
  EXPECT_EQ(plan_.project.mounts.size(), 1U);
  ASSERT_TRUE(keep_consent(plan_.consent));
  const auto by = [&] {
    decide();
    return plan_.consent.by;
  };
  EXPECT_EQ(by(), ConsentBy::record);
  std::swap(plan_.project.build_pass_env, plan_.project.pass_env);
  EXPECT_EQ(by(), ConsentBy::nobody);
  std::swap(plan_.project.build_pass_env, plan_.project.pass_env);
  plan_.project.network = false;
  EXPECT_EQ(by(), ConsentBy::record) << "less is asked for";
  plan_.project.mounts.front().path = "/y";
  EXPECT_EQ(by(), ConsentBy::nobody);
}

TEST_F(ConsentTest, ANoIsKeptUntilALineChanges) {
  ask_for_all();
  const ConsentMeans no{false, [](const Consent&) { return false; }};
  const ConsentMeans yes{false, [](const Consent&) { return true; }};
  plan_.project.network = false;
  decide(yes);
  ASSERT_TRUE(keep_consent(plan_.consent));
  plan_.project.network = true;
  decide(no);
  ASSERT_TRUE(keep_consent(plan_.consent));
  decide(yes);
  EXPECT_EQ(plan_.consent.by, ConsentBy::kept_refusal) << "nobody is asked again";
  withhold(plan_);
  EXPECT_TRUE(plan_.project.build_pass_env.empty()) << "also where nobody could be asked";
  ask_for_all();
  plan_.project.network = false;
  decide(no);
  EXPECT_EQ(plan_.consent.by, ConsentBy::record) << "an earlier yes to less stays";
  ask_for_all();
  plan_.project.pass_env = {"ANOTHER"};
  decide(yes);
  EXPECT_EQ(plan_.consent.by, ConsentBy::answer);
}

TEST_F(ConsentTest, CiAndTheOptionAskNobody) {
  ask_for_all();
  const auto ask = [](const Consent&) {
    ADD_FAILURE();
    return false;
  };
  decide({true, ask});
  EXPECT_EQ(plan_.consent.by, ConsentBy::option);
  const test::ScopedVariable ci("CI", "true");
  decide({false, ask});
  EXPECT_EQ(plan_.consent.by, ConsentBy::ci);
  EXPECT_FALSE(withhold(plan_));
  const test::ScopedVariable off("CI", "false");
  decide();
  EXPECT_EQ(plan_.consent.by, ConsentBy::nobody);
}

TEST_F(ConsentTest, ARecipeOfTheProjectsSeesNothingOfTheUsers) {
  config::Recipe& recipe = plan_.recipe;
  recipe.name = "own";
  recipe.toolchains = {"/usr", "/home/ann"};
  recipe.settings.user.home = ".ssh";
  recipe.settings.user.credentials = {"id"};
  recipe.fetch.emplace().command = {"get"};
  EXPECT_TRUE(texts().empty()) << "Larder's own and the user's are trusted";
  recipe.of_project = true;
  EXPECT_EQ(texts(), (Texts{"toolchains of the project's recipe own: /home/ann",
                            "[settings.user] of the project's recipe own: id in ~/.ssh",
                            "[fetch] of the project's recipe own: get"}));
  decide();
  withhold(plan_);
  EXPECT_EQ(recipe.toolchains, Texts{"/usr"});
  EXPECT_TRUE(recipe.settings.user.credentials.empty());
  EXPECT_FALSE(plan_.users_keys);
  EXPECT_TRUE(recipe.fetch);
  plan_.consent.by = ConsentBy::refusal;
  withhold(plan_);
  EXPECT_FALSE(recipe.fetch);
}

}  // namespace
}  // namespace larder::builds
