#include "config/tool_settings.hpp"

#include <gtest/gtest.h>

#include "config/tables.hpp"
#include "support/must.hpp"
#include "support/scoped_variable.hpp"

namespace larder::config {
namespace {

using test::must;

/// Cargo's recipe, for arm64.
class CargoSettings : public ::testing::Test {
 protected:
  ToolSettings settings(SettingsPhase phase = SettingsPhase::build) {
    Placeholders values = target_placeholders(target_);
    values["emulator"] = "qemu-aarch64-static";
    return must(tool_settings(recipe_.settings, texts_, target_, values, phase));
  }
  bool says(const std::string& text, SettingsPhase phase = SettingsPhase::build) {
    return settings(phase).text.find(text) != std::string::npos;
  }

  Recipe recipe_ = must(must(load_recipes("")).find("cargo"));
  Target target_ = must(must(load_targets("")).find("arm64"));
  SettingsTexts texts_;
};

TEST_F(CargoSettings, AreLardersWhereNobodySaysOtherwise) {
  EXPECT_TRUE(says("linker = \"aarch64-linux-gnu-gcc\""));
  EXPECT_TRUE(says("CC_aarch64_unknown_linux_gnu = \"aarch64-linux-gnu-gcc\""));
  EXPECT_FALSE(says("runner"));
  EXPECT_TRUE(says("runner = \"qemu-aarch64-static\"", SettingsPhase::test));
}

TEST_F(CargoSettings, TheProjectsGoBefore) {
  for (const char* text :
       {"[target.aarch64-unknown-linux-gnu]\nlinker = \"tools/ld\"\n", "target.'cfg(unix)'.linker = \"tools/ld\"\n",
        "[target.'cfg(target_feature = \"neon\")']\nlinker = \"tools/ld\"\n"}) {
    texts_.project = {text};
    EXPECT_FALSE(says("linker")) << text;
    EXPECT_TRUE(says("CC_aarch64_unknown_linux_gnu")) << text;
  }
  texts_.project = {"[target.'cfg(windows)']\nlinker = \"x\"\n[target.x86_64-unknown-linux-gnu]\nlinker = \"y\"\n"};
  EXPECT_TRUE(says("linker"));
  texts_.project = {"", "[env]\nCC_aarch64_unknown_linux_gnu = { value = \"cc\", relative = true }\n"};
  EXPECT_FALSE(says("CC_aarch64")) << "cargo refuses a string beside a table";
  texts_.project = {"[env.CC_aarch64_unknown_linux_gnu\n"};
  EXPECT_TRUE(says("CC_aarch64")) << "cargo complains of a text that cannot be parsed";
}

TEST_F(CargoSettings, OfTheUsersWhatLeadsToRegistries) {
  texts_.user = {
      "[source.crates-io]\nreplace-with = \"near\"\n[source.near]\nregistry = \"sparse+https://near.example/\"\n"
      "[registries.ours]\nindex = \"sparse+https://ours.example/\"\ntoken = \"secret\"\n"
      "credential-provider = [\"ours\"]\n[http]\nproxy = \"user:secret@proxy\"\n[build]\nrustflags = [\"-g\"]\n"
      "[target.aarch64-unknown-linux-gnu]\nlinker = \"mine\"\n"};
  const std::string fetch = settings(SettingsPhase::fetch).text;
  const std::string build = settings(SettingsPhase::build).text;
  for (const std::string* text : {&fetch, &build}) {
    EXPECT_NE(text->find("near.example"), std::string::npos);
    EXPECT_NE(text->find("ours.example"), std::string::npos);
    for (const char* never : {"credential-provider", "rustflags", "mine"})
      EXPECT_EQ(text->find(never), std::string::npos) << never;
  }
  EXPECT_NE(fetch.find("token = \"secret\""), std::string::npos);
  EXPECT_NE(fetch.find("user:secret@proxy"), std::string::npos);
  EXPECT_EQ(build.find("secret"), std::string::npos);
}

TEST_F(CargoSettings, AnEarlierTextOfTheUsersGoesBefore) {
  texts_.user = {"[http]\nproxy = \"one\"\n", "[http]\nproxy = \"two\"\ntimeout = 5\n"};
  EXPECT_TRUE(says("proxy = \"one\"", SettingsPhase::fetch));
  EXPECT_TRUE(says("timeout = 5", SettingsPhase::fetch));
}

TEST_F(CargoSettings, PathsOfTheMachineAreShown) {
  texts_.user = {
      "[source.a]\ndirectory = \"/usr\"\n[source.b]\ndirectory = \"/absent\"\n[source.c]\nregistry = \"/usr\"\n"};
  EXPECT_EQ(settings().shown, std::vector<std::string>{"/usr"});
}

TEST(ProjectSetting, AStringOrAList) {
  const SettingsTexts texts{{"[build]\ntarget = \"a\"\n", "build.target = [\"b\"]\nbuild.jobs = 1\n"}};
  EXPECT_EQ(project_setting(texts, "build.target"), std::vector<std::string>{"a"});
  EXPECT_TRUE(project_setting(texts, "build.jobs").empty());
  EXPECT_TRUE(project_setting(texts, "build.absent").empty());
  EXPECT_EQ(project_setting({{"build.target = [\"b\", \"c\"]"}}, "build.target"), (std::vector<std::string>{"b", "c"}));
}

TEST(Overruling, AVariableForEachNameThatTheProjectHas) {
  const SettingsTexts texts{{"[registries.our-own]\ncredential-provider = \"evil\"\n[registries.b]\nindex = \"x\"\n"}};
  const Environment variables =
      overruling({{"registries.*.credential-provider", "cargo:token"}, {"registry.token", "t"}}, texts, "CARGO_");
  EXPECT_EQ(variables, (Environment{{"CARGO_REGISTRIES_OUR_OWN_CREDENTIAL_PROVIDER", "cargo:token"},
                                    {"CARGO_REGISTRIES_B_CREDENTIAL_PROVIDER", "cargo:token"},
                                    {"CARGO_REGISTRY_TOKEN", "t"}}));
}

TEST_F(CargoSettings, WhatIsKeptBackIsInNoText) {
  const std::string text =
      "[registries.our-own]\nindex = \"i\"\ntoken = \"mine\"\n[registries.b]\ntoken = \"other\"\n[registry]\ntoken = "
      "\"io\"\n";
  texts_.user = {text};
  const auto made = [&](const KeptBack& kept_back) {
    return must(tool_settings(recipe_.settings, texts_, target_, target_placeholders(target_), SettingsPhase::fetch,
                              kept_back))
        .text;
  };
  const auto has = [](const std::string& whole, const char* part) { return whole.find(part) != std::string::npos; };
  EXPECT_TRUE(has(made({}), "mine"));
  for (const std::string& some : {made({false, {"REGISTRIES_OUR_OWN"}}),
                                  without_secrets(recipe_.settings.user, text, {false, {"REGISTRIES_OUR_OWN"}})}) {
    EXPECT_FALSE(has(some, "mine"));
    EXPECT_TRUE(has(some, "other") && has(some, "\"io\"") && has(some, "\"i\""));
  }
  EXPECT_FALSE(has(made({true, {}}), "token"));
  EXPECT_EQ(table_of_secret(recipe_.settings, "CARGO_REGISTRIES_OUR_OWN_TOKEN"), "REGISTRIES_OUR_OWN");
  EXPECT_EQ(table_of_secret(recipe_.settings, "CARGO_REGISTRIES_OUR_OWN_SECRET_KEY"), "REGISTRIES_OUR_OWN");
  EXPECT_EQ(table_of_secret(recipe_.settings, "CARGO_HTTP_PROXY"), "");
  EXPECT_EQ(table_of_secret(recipe_.settings, "CARGO_TOKEN"), "");
}

TEST(GivenSettings, EachNameAndEachValue) {
  using Given = std::vector<GivenSetting>;
  const std::vector<std::string> texts = {"registries.b.index = 'x'\n[registries.a]\nindex = 'y'\ntoken = 't'\n",
                                          "[registries]\nb = {index = 'z'}\nc = 1\n", "http.proxy = ''",
                                          "not = toml ="};
  EXPECT_EQ(given_settings(texts, "registries.*.index"),
            (Given{{"registries.a.index", "\"y\""}, {"registries.b.index", "\"x\""}, {"registries.b.index", "\"z\""}}));
  EXPECT_TRUE(given_settings(texts, "http.proxy").empty()) << "an empty one is none";
  EXPECT_EQ(tables_with(texts, {"token"}), std::vector<std::string>{"REGISTRIES_A"});
}

TEST(MatchingVariables, ThoseOfThePatterns) {
  const test::ScopedVariable token("LARDER_TEST_OURS_TOKEN", "x");
  EXPECT_EQ(matching_variables({"LARDER_TEST_*_TOKEN"}), std::vector<std::string>{"LARDER_TEST_OURS_TOKEN"});
  EXPECT_TRUE(matching_variables({"LARDER_TEST_TOKEN"}).empty());
  EXPECT_TRUE(matching_variables({}).empty());
}

}  // namespace
}  // namespace larder::config
