#include <gtest/gtest.h>

#include <regex>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/init_text.hpp"
#include "config/project.hpp"
#include "image/reference.hpp"
#include "support/files.hpp"
#include "support/temp_dir.hpp"

namespace larder::cli {
namespace {

using test::must;
using test::TempDir;

InitFacts example_facts() {
  InitFacts facts;
  facts.project = "pantry-1a2b3c4d";
  facts.recipe.name = "cargo";
  facts.targets = {"x64", "arm64", "musl-x64", "musl-arm64"};
  return facts;
}

/// As a user would: the `#` before each key and each table goes, explanations stay.
std::string uncommented(const std::string& text) {
  std::string result;
  for (const std::string& line : split(text, '\n')) {
    const bool is_key = std::regex_match(line, std::regex(R"(#(\[[^\]]+\]|[A-Za-z_]+ = .*))"));
    result += (is_key ? line.substr(1) : line) + "\n";
  }
  return result;
}

TEST(InitToml, ParsesAsItIsAndChangesNothing) {
  const config::Project project = must(config::parse_project(larder_toml(example_facts()), "larder.toml"));
  const config::Project defaults;
  EXPECT_EQ(project.name, "");
  EXPECT_EQ(project.recipe, "");
  EXPECT_TRUE(project.targets.empty());
  EXPECT_EQ(project.image, "");
  EXPECT_FALSE(project.jobs);
  EXPECT_EQ(project.cache, defaults.cache);
}

TEST(InitToml, ParsesWithEveryKeySetAndShowsDefaults) {
  const std::string text = uncommented(larder_toml(example_facts()));
  const config::Project project = must(config::parse_project(text, "larder.toml"));
  const config::Project defaults;
  EXPECT_EQ(project.name, "pantry-1a2b3c4d");
  EXPECT_EQ(project.recipe, "cargo");
  EXPECT_EQ(project.targets, example_facts().targets);
  EXPECT_EQ(project.image, image::default_image);
  EXPECT_EQ(project.profile, defaults.profile);
  EXPECT_EQ(project.network, defaults.network);
  EXPECT_EQ(project.args, defaults.args);
  EXPECT_TRUE(project.jobs);
  EXPECT_TRUE(project.skip_unchanged);
  EXPECT_EQ(project.show, defaults.show);
  EXPECT_EQ(project.bring_back, defaults.bring_back);
  EXPECT_EQ(project.env.size(), 1U);
  EXPECT_EQ(project.pass_env, defaults.pass_env);
  EXPECT_EQ(project.ssh_agent, defaults.ssh_agent);
  EXPECT_EQ(project.artifacts, std::vector<std::string>{"target/{triple}/release/pantry-1a2b3c4d"});
  EXPECT_EQ(project.artifacts_not, defaults.artifacts_not);
  EXPECT_TRUE(project.cache.max_bytes && project.cache.max_age_seconds);
  EXPECT_EQ(project.cache.keep, 10);
  EXPECT_EQ(project.cache.keep_for_seconds, 7 * 86400);
  EXPECT_EQ(project.of_target.count("x64"), 1U);
}

TEST(InitToml, EveryKeyHasAnExplanationAboveIt) {
  const auto lines = split(larder_toml(example_facts()), '\n');
  for (size_t i = 1; i < lines.size(); ++i)
    if (std::regex_match(lines[i], std::regex("#[a-z_]+ = .*"))) {
      EXPECT_EQ(lines[i - 1].substr(0, 2), "# ") << lines[i];
    }
}

TEST(InitMake, HasATargetForEachAndForTheCaches) {
  const std::string text = larder_mk({"x64", "musl-x64"});
  for (const char* rule :
       {"\nbuild-x64:\n\t$(LARDER) build x64 $(LARDER_FLAGS)\n", "\nbuild-musl-x64:\n\t$(LARDER) build musl-x64 ",
        "\nbuild-all:\n\t$(LARDER) build --all ", "\nlist-cache:\n\t$(LARDER) cache list\n",
        "\ncache-stats:\n\t$(LARDER) cache stats\n", "\nclean-cache:\n\t$(LARDER) cache clean $(LARDER_CLEAN_FLAGS)",
        "\nLARDER ?= larder\n", "\nLARDER_CLEAN_FLAGS ?= --yes\n",
        "\n.PHONY: build-x64 build-musl-x64 build-all list-cache cache-stats clean-cache "})
    EXPECT_NE(text.find(rule), std::string::npos) << rule;
}

TEST(InitMake, FindsAnInclude) {
  EXPECT_TRUE(includes_larder_mk("all:\n\ninclude larder.mk\n"));
  EXPECT_TRUE(includes_larder_mk("-include config.mk\t./larder.mk # caches"));
  EXPECT_TRUE(includes_larder_mk(new_makefile()));
  EXPECT_FALSE(includes_larder_mk("# include larder.mk\n"));
  EXPECT_FALSE(includes_larder_mk("all:\n\techo include larder.mk\n"));
  EXPECT_FALSE(includes_larder_mk("include notlarder.mk\n"));
}

struct Ran {
  int code;
  std::string output;
  std::string errors;
};

/// `larder init` with these arguments.
Ran run_init(const std::vector<std::string>& arguments) {
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  const int code = run_command_line({"larder", "", "", "", add_init_command}, arguments);
  return {code, ::testing::internal::GetCapturedStdout(), ::testing::internal::GetCapturedStderr()};
}

TEST(InitCommand, WritesThreeFilesWhereThereIsNoMakefile) {
  const TempDir dir;
  test::put_file(dir.fd(), "Cargo.toml", "");
  const Ran ran = run_init({"init", "-C", dir.path()});
  EXPECT_EQ(ran.code, 0);
  EXPECT_NE(ran.output.find("larder.toml, larder.mk and Makefile"), std::string::npos) << ran.output;
  EXPECT_TRUE(includes_larder_mk(test::get_file(dir.fd(), "Makefile")));
  EXPECT_NE(test::get_file(dir.fd(), "larder.toml").find("#recipe = \"cargo\""), std::string::npos);
  EXPECT_NE(test::get_file(dir.fd(), "larder.mk").find("build-musl-arm64:"), std::string::npos);
}

TEST(InitCommand, LeavesAMakefileAloneAndNamesTheLine) {
  const TempDir dir;
  test::put_file(dir.fd(), "Cargo.toml", "");
  test::put_file(dir.fd(), "GNUmakefile", "all:\n");
  const Ran ran = run_init({"init", "-C", dir.path()});
  EXPECT_NE(ran.output.find("Add this line to your GNUmakefile:\n\n    include larder.mk\n"), std::string::npos);
  EXPECT_EQ(test::get_file(dir.fd(), "GNUmakefile"), "all:\n");
  EXPECT_FALSE(test::exists(dir.fd(), "Makefile"));
}

constexpr const char* old_makefile =
    ".PHONY: build-linux-x64 list-cache\n"
    "IMAGE := rust:1\n"
    "all: build-linux-x64\n"
    "build-linux-x64:\n"
    "\tdocker run --rm -v $(PWD):/workspace -v cargo-cache-x64:/usr/local/cargo/registry $(IMAGE) \\\n"
    "\t    sh -c \"apt-get update && apt-get install -y --no-install-recommends libssl-dev pkg-config && cargo "
    "build\"\n"
    "build-linux-musl-arm64: ; docker run x\n"
    "list-cache:\n"
    "\tdocker volume ls\n";

TEST(InitCommand, LeavesNamesToAMakefileThatHasThemAndTellsTheWay) {
  const TempDir dir;
  test::put_file(dir.fd(), "Cargo.toml", "");
  test::put_file(dir.fd(), "Makefile", old_makefile);
  const Ran ran = run_init({"init", "-C", dir.path()});
  for (const char* text :
       {"    build-linux-x64          lines 4 to 6\n", "    list-cache               lines 8 to 9\n",
        "remove those rules, then: larder init --force\nlarder.toml stays as it is", "Then: make build-x64,",
        "larder cache import --from-docker-volume cargo-cache-x64\n", "installs are in larder.toml"})
    EXPECT_NE(ran.output.find(text), std::string::npos) << text << " in " << ran.output;
  std::string made = test::get_file(dir.fd(), "larder.mk");
  for (const char* rule :
       {"\nbuild-x64:\n", "\nlarder-build-linux-x64:\n\t$(LARDER) build x64 ", "\nlarder-list-cache:\n"})
    EXPECT_NE(made.find(rule), std::string::npos) << rule << " in " << made;
  EXPECT_NE(test::get_file(dir.fd(), "larder.toml").find("\n#packages = [\"libssl-dev\", \"pkg-config\"]"),
            std::string::npos);
  test::put_file(dir.fd(), "Makefile", "include larder.mk\n");
  EXPECT_EQ(run_init({"init", "--force", "-C", dir.path()}).code, 0);
  made = test::get_file(dir.fd(), "larder.mk");
  EXPECT_NE(made.find("\nbuild-linux-x64:\n\t$(LARDER) build x64 "), std::string::npos) << made;
  EXPECT_EQ(made.find("larder-build"), std::string::npos);
}

TEST(InitCommand, OverwritesOnlyWithForce) {
  const TempDir dir;
  test::put_file(dir.fd(), "Cargo.toml", "");
  test::put_file(dir.fd(), "larder.mk", "mine");
  const Ran refused = run_init({"init", "-C", dir.path()});
  EXPECT_EQ(refused.code, static_cast<int>(ErrorCode::usage));
  EXPECT_NE(refused.errors.find("error: larder.mk exists already\n"), std::string::npos) << refused.errors;
  EXPECT_NE(refused.errors.find("--force"), std::string::npos);
  EXPECT_FALSE(test::exists(dir.fd(), "larder.toml"));
  EXPECT_FALSE(test::exists(dir.fd(), "Makefile"));
  EXPECT_EQ(test::get_file(dir.fd(), "larder.mk"), "mine");

  const std::string settings = "[project]\ntargets = [\"armhf\"]\n";
  test::put_file(dir.fd(), "larder.toml", settings);
  test::put_file(dir.fd(), "Makefile", "include larder.mk\n");
  EXPECT_EQ(run_init({"init", "--force", "-C", dir.path()}).code, 0);
  EXPECT_NE(test::get_file(dir.fd(), "larder.mk").find("\nbuild-armhf:"), std::string::npos);
  EXPECT_EQ(test::get_file(dir.fd(), "Makefile"), "include larder.mk\n");
  EXPECT_EQ(test::get_file(dir.fd(), "larder.toml"), settings);
}

TEST(InitCommand, WritesForMakeBesideSettingsThatAreThere) {
  const TempDir dir;
  const std::string settings = "[build]\nprofile = \"dev\"\n";
  test::put_file(dir.fd(), "Cargo.toml", "");
  test::put_file(dir.fd(), "larder.toml", settings);
  test::put_file(dir.fd(), "Makefile", old_makefile);
  const Ran ran = run_init({"init", "-C", dir.path()});
  EXPECT_EQ(ran.code, 0) << ran.errors;
  EXPECT_NE(ran.output.find("wrote larder.mk; larder.toml stays as it is.\n"), std::string::npos) << ran.output;
  EXPECT_NE(ran.output.find("    packages = [\"libssl-dev\", \"pkg-config\"]\n"), std::string::npos) << ran.output;
  EXPECT_EQ(test::get_file(dir.fd(), "larder.toml"), settings);
  test::put_file(dir.fd(), "larder.toml", "broken");
  EXPECT_EQ(run_init({"init", "--force", "-C", dir.path()}).code, static_cast<int>(ErrorCode::usage));
  EXPECT_EQ(test::get_file(dir.fd(), "larder.toml"), "broken");
}

TEST(InitCommand, NamesTheVolumeThatOneOfAnEngineBecomes) {
  const TempDir dir;
  test::put_file(dir.fd(), "Cargo.toml", "");
  test::put_file(dir.fd(), "Makefile",
                 "build-alpine-x64:\n\tdocker run -v alpine-cache:/root/.cargo/registry -v data:/srv rust:alpine cargo "
                 "build --locked $(FLAGS)\n\tapt-get install $(PACKAGES)\n");
  const Ran ran = run_init({"init", "-C", dir.path()});
  EXPECT_NE(ran.output.find("import --from-docker-volume alpine-cache --as cargo-cache-musl-x64\n"), std::string::npos)
      << ran.output;
  EXPECT_EQ(ran.output.find("volume data"), std::string::npos);
  EXPECT_NE(ran.output.find("installs, too: $(PACKAGES)"), std::string::npos) << ran.output;
}

TEST(InitCommand, RefusesAFolderWithoutAProject) {
  const TempDir dir;
  const Ran ran = run_init({"init", "-C", dir.path()});
  EXPECT_EQ(ran.code, static_cast<int>(ErrorCode::usage));
  EXPECT_FALSE(test::exists(dir.fd(), "larder.toml"));
}

}  // namespace
}  // namespace larder::cli
