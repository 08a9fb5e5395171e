#include "builds/plan/left_out.hpp"

#include <gtest/gtest.h>

#include "builds/plan/tool_files.hpp"
#include "config/tables.hpp"
#include "support/files.hpp"
#include "support/must.hpp"
#include "support/scoped_variable.hpp"
#include "support/temp_dir.hpp"

namespace larder::builds {
namespace {

using test::must;
using test::ScopedVariable;

class NotFollowed : public ::testing::Test {
 protected:
  NotFollowed() { plan_.recipe = must(must(config::load_recipes("")).find("cargo")); }

  test::TempDir dir_;
  ScopedVariable cargo_home_{"CARGO_HOME", dir_.path()};
  ScopedVariable flags_{"RUSTFLAGS", std::nullopt};
  Plan plan_;
};

TEST_F(NotFollowed, AVariableThatChangesResultsIsTold) {
  EXPECT_EQ(note_on_user_settings(plan_), "");
  const ScopedVariable flags("RUSTFLAGS", "-g");
  EXPECT_EQ(
      note_on_variables(plan_),
      "RUSTFLAGS of your environment has no effect: `--env RUSTFLAGS` takes it, and so does `[build] pass_env` in "
      "larder.toml");
  plan_.project.env["RUSTFLAGS"] = "";
  EXPECT_EQ(note_on_variables(plan_), "");
}

TEST_F(NotFollowed, AVariableThatLarderDecidesIsToldWithWhatSaysIt) {
  const ScopedVariable target("CARGO_BUILD_TARGET", "aarch64-unknown-linux-gnu");
  EXPECT_EQ(note_on_variables(plan_),
            "CARGO_BUILD_TARGET of your environment has no effect: name the target: `larder build arm64`");
  const ScopedVariable flags("RUSTFLAGS", "-g");
  EXPECT_NE(note_on_variables(plan_).find("; RUSTFLAGS of your environment has no effect: `--env"), std::string::npos);
}

TEST_F(NotFollowed, OneThatIsPassedIsNot) {
  const ScopedVariable flags("RUSTFLAGS", "-g");
  const ScopedVariable token("CARGO_REGISTRIES_OURS_TOKEN", "secret");
  plan_.passed["RUSTFLAGS"] = "-g";
  EXPECT_EQ(note_on_variables(plan_), "");
}

TEST_F(NotFollowed, KeysOfTheUsersSettingsAreTold) {
  test::put_file(dir_.fd(), "config.toml", "[build]\njobs = 2\n[http]\nproxy = 'x'\n");
  EXPECT_EQ(note_on_user_settings(plan_), "");
  test::put_file(dir_.fd(), "config.toml", "[build]\nrustflags = ['-g']\n[env]\nA = 'b'\n");
  EXPECT_EQ(note_on_user_settings(plan_),
            "your own settings in " + dir_.path() +
                " say build.rustflags and env, which a build of Larder's does not follow: it goes by the "
                "project's");
}

TEST_F(NotFollowed, VariablesInAFileOfTheToolsAreTold) {
  plan_.recipe = must(must(config::load_recipes("")).find("go"));
  const ScopedVariable settings("XDG_CONFIG_HOME", dir_.path());
  const ScopedVariable flags("GOFLAGS", std::nullopt);
  const ScopedVariable proxy("GOPROXY", std::nullopt);
  test::put_file(dir_.fd(), "go/env", "GOFLAGS=-tags=foo\nGOPROXY=https://goproxy.example\nGOTELEMETRY=off\n");
  EXPECT_EQ(note_on_user_settings(plan_),
            "your own settings in " + dir_.path() +
                "/go say GOFLAGS, which a build of Larder's does not follow: it goes by the "
                "project's");
  EXPECT_EQ(users_variables(plan_.recipe.settings.user).at("GOPROXY"), "https://goproxy.example");
  const ScopedVariable own("GOFLAGS", "-v");
  EXPECT_EQ(note_on_user_settings(plan_), "");
}

}  // namespace
}  // namespace larder::builds
