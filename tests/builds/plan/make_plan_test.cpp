#include "builds/plan/make_plan.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "base/text.hpp"
#include "builds/image/provide.hpp"
#include "builds/run/project_state.hpp"
#include "builds/support.hpp"
#include "share/native_code.hpp"

namespace larder::builds {
namespace {

using Names = std::vector<std::string>;

/// A recipe that needs nothing but /bin/sh.
constexpr const char* script_recipe = R"(
name = "script"
title = "Shell scripts"
version = 3
detect = ["script.sh"]
output = "target"
other_output = "elsewhere"
toolchains = ["/usr"]

[[needs]]
what = "a shell"
program = "sh"

[content]

[volumes]
compiled = "script-{project}-{target}"

[[volumes.download]]
name = "script-cache-{target}"
path = "/var/cache/script"

[env]
TRIPLE = "{triple}"
CXX = "{cxx}"
COLOUR = "never"

[fetch]
command = ["sh", "fetch.sh"]
per_target = ["--target", "{triple}"]
inputs = ["script.sh"]

[build]
commands = [["sh", "configure", "a b"], ["sh", "script.sh", "--profile={profile}", "CXX={cxx}"]]
profile_option = "--mode"
profile_flags = {"--quick" = "bench"}

[build.env]
OFFLINE = "yes"

[profiles]
release = {tool = "opt", dir = "out"}

[artifacts]
include = ["{output}/{profile_dir}/*"]
exclude = ["**/*.tmp"]
)";

constexpr const char* own_targets = R"(
[alpha]
triple = "alpha-unknown-linux-gnu"
debian_arch = "alpha"
libc = "glibc"
system = "Linux"
processor = "alpha"
cc = "alpha-gcc"
cxx = "alpha-g++"
linker = "alpha-gcc"

[beta]
triple = "beta-unknown-linux-musl"
libc = "musl"
system = "Linux"
processor = "beta"
cc = "beta-gcc"
linker = "beta-gcc"
)";

/// Has every image that is asked for.
class KnownImages final : public Images {
 public:
  Result<std::vector<image::Image>> provide(const std::vector<WantedImage>& wanted, const std::string& machine,
                                            const std::string& folder) override {
    std::vector<image::Image> images;
    for (const auto& [name, chain] : wanted) {
      asked.push_back(name);
      image::StepRecord record{"", "", machine, chain.steps.back(), {folder}};
      images.push_back({chain.reference.text, image::digest_of(record), {}, {}, "/usr", "/image/bin"});
      images.back().loader = loader;
    }
    return images;
  }

  Result<std::string> hand_over(const engine::Client& client, const image::Image& image, const std::string& name,
                                const std::string& processor) override {
    handed.push_back(fmt::format("{} {} {} {}", client.name(), name, image.name, processor));
    return std::string("sha256:handed-") + name;
  }
  bool looks_only() const override { return only_looks; }

  Names handed;
  std::string loader;
  Names asked;
  bool only_looks = false;
};

class PlanTest : public ::testing::Test {
 protected:
  PlanTest() {
    put("config/larder/targets.toml", own_targets);
    put("config/larder/recipes/script.toml", script_recipe);
    put("app/script.sh", "");
    folder_ = std::filesystem::canonical(dir_.path() + "/app").string();
  }

  void put(const std::string& path, const std::string& content) { test::put_file(dir_.fd(), path, content); }
  void configure(const std::string& larder_toml) {
    put("app/larder.toml", "[project]\nname = \"app\"\n" + larder_toml);
  }

  Result<Plan> try_plan(const Names& targets = {}, bool all = false, const std::string& profile = "",
                        const Names& tool_args = {}) {
    return decide_and_provide({targets, all, profile, tool_args});
  }
  Result<Plan> decide_and_provide(const Request& request) {
    TRY_ASSIGN(Plan plan, make_plan(folder_, request));
    return provide(std::move(plan), images_);
  }
  Plan plan(const Names& targets = {"alpha"}) { return must(try_plan(targets)); }

  static Names names(const Plan& plan) {
    Names all;
    for (const TargetPlan& target : plan.targets) all.push_back(target.target.name);
    return all;
  }

  test::TempDir dir_;
  std::string folder_;
  KnownImages images_;
  ScopedVariable image_{"LARDER_IMAGE", "host"};
  ScopedVariable config_{"XDG_CONFIG_HOME", dir_.path() + "/config"};
  ScopedVariable rustup_{"RUSTUP_HOME", dir_.path() + "/no-rustup"};
};

TEST_F(PlanTest, AnImageOfTheTargetsOwnHasPlainTools) {
  const config::Target own = must(must(config::load_targets("")).native());
  configure("[build]\nimage = \"example.org/tools:1\"\n");
  images_.loader = own.elf_interpreter;
  EXPECT_EQ(plan({own.name}).targets.front().target.cc, "cc");
  configure("[build]\nimage = \"example.org/tools:1\"\n[target." + own.name + "]\ncc = \"clang\"\n");
  EXPECT_EQ(plan({own.name}).targets.front().target.cc, "clang");
  EXPECT_EQ(plan({own.name}).targets.front().target.cxx, "c++");
  images_.loader = "/lib/ld-other.so.1";
  EXPECT_EQ(plan({own.name}).targets.front().target.cxx, own.cxx);
  images_.loader = "";
  EXPECT_EQ(plan({"beta"}).targets.front().target.cc, "beta-gcc") << "no program of beta's has a loader";
}

TEST_F(PlanTest, TargetsOfTheCommandLineGoFirst) {
  configure("targets = [\"beta\"]\n");
  EXPECT_EQ(names(must(try_plan({"alpha"}))), Names{"alpha"});
  EXPECT_EQ(names(must(try_plan())), Names{"beta"});
}

TEST_F(PlanTest, WithoutAnyItIsTheMachinesOwn) {
  EXPECT_EQ(names(must(try_plan())), Names{must(must(config::load_targets("")).native()).name});
}

TEST_F(PlanTest, AllMeansTheProjectsElseTheFour) {
  EXPECT_EQ(names(must(try_plan({}, true))), (Names{"x64", "arm64", "musl-x64", "musl-arm64"}));
  configure("targets = [\"beta\", \"alpha\"]\n");
  EXPECT_EQ(names(must(try_plan({}, true))), (Names{"beta", "alpha"}));
}

TEST_F(PlanTest, TheImagesOfAllTargetsAreAskedForTogether) {
  configure("[build]\nimage = \"example.org/tools:1\"\n[target.beta]\nimage = \"host\"\n");
  const Plan planned = plan({"alpha", "beta", "x64"});
  EXPECT_EQ(images_.asked, (Names{"alpha", "x64"}));
  EXPECT_EQ(planned.targets.at(0).image.name, "example.org/tools:1");
  EXPECT_EQ(planned.targets.at(1).image.name, "host");
  EXPECT_EQ(planned.targets.at(2).image.name, "example.org/tools:1");
}

TEST_F(PlanTest, ATargetNamedTwiceIsBuiltOnce) {
  EXPECT_EQ(names(plan({"beta", "alpha", "beta"})), (Names{"beta", "alpha"}));
}

TEST_F(PlanTest, AnUnknownTargetIsWrongUsage) {
  const auto planned = try_plan({"alhpa"});
  ASSERT_FALSE(planned);
  EXPECT_EQ(planned.error().code, ErrorCode::usage);
  EXPECT_EQ(planned.error().message, "unknown target 'alhpa'");
  EXPECT_EQ(planned.error().hint.substr(0, 21), "did you mean 'alpha'?");
}

TEST_F(PlanTest, AllAsAWordLeadsToTheOption) {
  const auto planned = try_plan({"all"});
  ASSERT_FALSE(planned);
  EXPECT_EQ(planned.error().hint, "every target: `--all`");
}

TEST_F(PlanTest, AnUnknownTargetInTheProjectsTablesToo) {
  configure("[target.gamma.env]\nA = \"1\"\n");
  const auto planned = try_plan();
  ASSERT_FALSE(planned);
  EXPECT_EQ(planned.error().code, ErrorCode::usage);
}

TEST_F(PlanTest, TheNativeEngineRunsARegistrysImage) {
  configure("[build]\nimage = \"debian:13\"\nengine = \"native\"\n");
  const Plan planned = plan();
  EXPECT_EQ(planned.engine.kind, EngineKind::native);
  EXPECT_EQ(planned.targets[0].image.name, "debian:13");
  EXPECT_EQ(planned.targets[0].env.at("PATH"), "/image/bin");
}

TEST_F(PlanTest, WithoutConfigurationTheImageIsLardersOwn) {
  ScopedVariable none{"LARDER_IMAGE", ""};
  const Plan planned = plan();
  EXPECT_EQ(planned.engine.kind, EngineKind::native);
  EXPECT_EQ(planned.targets[0].image.name, "debian:bookworm");
  EXPECT_EQ(planned.targets[0].compiled.image, planned.targets[0].image.digest);
}

TEST_F(PlanTest, DecidingAsksForNoImage) {
  configure("[build]\nimage = \"example.org/tools:1\"\n");
  const Plan decided = must(make_plan(folder_, {{"alpha"}}));
  EXPECT_TRUE(images_.asked.empty());
  EXPECT_EQ(decided.targets[0].image.digest, "");
  EXPECT_EQ(decided.targets[0].env.at("PATH").substr(0, 14), "/usr/local/sbi");
  const Plan provided = must(provide(decided, images_));
  EXPECT_EQ(images_.asked, Names{"alpha"});
  EXPECT_NE(provided.targets[0].image.digest, "");
  EXPECT_EQ(provided.targets[0].env.at("PATH"), "/image/bin");
  EXPECT_NE(provided.targets[0].compiled.key.variant(), decided.targets[0].compiled.key.variant());
  EXPECT_EQ(provided.targets[0].build, decided.targets[0].build);
  EXPECT_EQ(provided.targets[0].downloads.size(), decided.targets[0].downloads.size());
}

TEST_F(PlanTest, SaysWhichRecipesFitToo) {
  EXPECT_EQ(plan().recipe_note, "");
  put("app/Makefile", "");
  put("app/CMakeLists.txt", "");
  EXPECT_EQ(plan().recipe_note,
            "script is taken for this project, and cmake and make would fit, too: `[project] recipe = \"script\"` in "
            "larder.toml decides");
  configure("recipe = \"script\"\n");
  EXPECT_EQ(plan().recipe_note, "");
}

TEST_F(PlanTest, CxxOnMuslIsBuiltByZig) {
  const ScopedVariable image("LARDER_IMAGE", std::nullopt);
  const auto compiler = [&](const std::string& target) {
    const TargetPlan planned = must(make_plan(folder_, {{target}})).targets.front();
    return planned.target.cxx;
  };
  std::filesystem::remove(folder_ + "/script.sh");
  put("app/Makefile", "hello: hello.cc\n\t$(CXX) hello.cc\n");
  EXPECT_EQ(compiler("musl-x64"), "") << "there is no C++ in it";
  put("app/hello.cc", "");
  EXPECT_EQ(compiler("musl-x64"), "x86_64-linux-musl-zig-c++");
  EXPECT_EQ(compiler("x64"), "x86_64-linux-gnu-g++");
  configure("[target.musl-x64]\ntoolchain = \"debian\"\n");
  EXPECT_EQ(compiler("musl-x64"), "");
  configure("[target.musl-x64]\ncxx = \"my-g++\"\n");
  EXPECT_EQ(compiler("musl-x64"), "my-g++") << "it has one";
  std::filesystem::remove(folder_ + "/hello.cc");
  configure("[target.musl-x64]\ntoolchain = \"zig\"\ncc = \"my-gcc\"\n");
  EXPECT_EQ(compiler("musl-x64"), "x86_64-linux-musl-zig-c++");
  EXPECT_EQ(must(make_plan(folder_, {{"musl-x64"}})).targets.front().target.cc, "my-gcc");
  configure("[target.armhf]\ntoolchain = \"zig\"\n");
  EXPECT_EQ(make_plan(folder_, {{"armhf"}}).error().cause, "Larder has them for Linux on x86_64 and aarch64");
  configure("[build]\nimage = \"example.org/tools:1\"\n[target.musl-x64]\ntoolchain = \"zig\"\n");
  EXPECT_NE(make_plan(folder_, {{"musl-x64"}}).error().cause.find("built on example.org/tools:1"), std::string::npos);
}

TEST_F(PlanTest, AnOldGlibcIsZigs) {
  const ScopedVariable image("LARDER_IMAGE", std::nullopt);
  std::filesystem::remove(folder_ + "/script.sh");
  put("app/Makefile", "hello: hello.c\n");
  configure("[target.arm64]\nglibc = \"2.17\"\n");
  EXPECT_EQ(must(make_plan(folder_, {{"arm64"}})).targets.front().target.cc, "aarch64-linux-gnu.2.17-zig-cc");
  EXPECT_EQ(must(make_plan(folder_, {{"x64"}})).targets.front().target.cc, "x86_64-linux-gnu-gcc");
  configure("[target.arm64]\nglibc = \"2.17\"\npackages = [\"libssl-dev:target\"]\n");
  EXPECT_EQ(make_plan(folder_, {{"arm64"}}).error().message, "libssl-dev cannot be had for arm64 with glibc 2.17");
  configure("[target.arm64]\nglibc = \"2.17\"\ntoolchain = \"debian\"\n");
  const config::Target gated = must(make_plan(folder_, {{"arm64"}})).targets.front().target;
  EXPECT_EQ(gated.cc + " " + gated.glibc, "aarch64-linux-gnu-gcc 2.17") << "what is newer is refused at the end";
  configure("[target.musl-x64]\nglibc = \"2.17\"\n");
  EXPECT_EQ(make_plan(folder_, {{"musl-x64"}}).error().message, "`glibc` means nothing to musl-x64");
}

TEST_F(PlanTest, ATargetMayHaveItsOwnImage) {
  configure("[build]\nimage = \"host\"\n[target.beta]\nimage = \"alpine:3\"\nprepare = [\"apk add gcc\"]\n");
  const Plan planned = plan({"alpha", "beta"});
  EXPECT_EQ(planned.targets[0].image.name, "host");
  EXPECT_EQ(planned.targets[1].image.name, "alpine:3");
  ASSERT_TRUE(planned.targets[1].chain);
  EXPECT_EQ(planned.targets[1].chain->steps.back().request, Names{"apk add gcc"});
}

TEST_F(PlanTest, AContainerEngineDoesNotBuildOnThisMachinesRoot) {
  configure("[build]\nengine = \"podman\"\n");
  const auto planned = try_plan();
  ASSERT_FALSE(planned);
  EXPECT_EQ(planned.error().code, ErrorCode::usage);
  EXPECT_EQ(planned.error().message, "the engine podman needs an image");
}

/// A `docker` and a `podman` that know what they are told to.
class PlanOnImages : public PlanTest {
 protected:
  void client(const std::string& name, const std::string& script) {
    put("bin/" + name, "#!/bin/sh\n" + script);
    std::filesystem::permissions(dir_.path() + "/bin/" + name, std::filesystem::perms::owner_all);
  }
  /// Leaves the file `pulled` where it is asked for anything but what it has.
  void docker_without_the_image() {
    client("docker", "[ \"$1\" = image ] && { echo 'Error: No such image: rust:1' >&2; exit 1; }; touch " +
                         dir_.path() + "/pulled; exit 1\n");
  }
  static std::string knows(const std::string& id, const std::string& architecture) {
    return "echo '[{\"Id\":\"" + id + "\",\"Architecture\":\"" + architecture +
           "\",\"Os\":\"linux\",\"Config\":{\"Env\":[\"PATH=/image/bin\"]}}]'\n";
  }
  static std::string own_architecture() {
    return must(must(config::load_targets("")).native()).processor == "x86_64" ? "amd64" : "arm64";
  }

  ScopedVariable path_{"PATH", dir_.path() + "/bin:/usr/bin:/bin"};
};

TEST_F(PlanOnImages, TheImageIsNamedByItsDigest) {
  client("docker", knows("sha256:1a", own_architecture()));
  configure("[build]\nengine = \"docker\"\nimage = \"rust:1\"\n");
  const Plan planned = plan();
  EXPECT_EQ(planned.engine.kind, EngineKind::docker);
  EXPECT_EQ(planned.targets[0].image.name, "rust:1");
  EXPECT_EQ(planned.targets[0].image.digest, "sha256:1a");
  EXPECT_EQ(planned.targets[0].compiled.image, "sha256:1a");
  EXPECT_EQ(planned.targets[0].env.count("PATH"), 0U) << "the image's own";
  EXPECT_EQ(planned.engine.platform, "");
}

/// It is made as the native engine's is, and what is compiled on it is the same.
TEST_F(PlanOnImages, WithoutAnImageAContainerEngineGetsLardersOwn) {
  ScopedVariable none{"LARDER_IMAGE", ""};
  client("docker", "echo 'Error: No such image' >&2; exit 1\n");
  configure("[build]\npackages = [\"jq\"]\n");
  const Plan native = plan({"x64", "arm64"});
  EXPECT_EQ(images_.handed, Names());
  configure("[build]\nengine = \"docker\"\npackages = [\"jq\"]\n");
  const Plan planned = plan({"x64", "arm64"});
  EXPECT_EQ(planned.engine.kind, EngineKind::docker);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(planned.targets[i].image.name, config::default_image);
    EXPECT_EQ(planned.targets[i].compiled.key, native.targets[i].compiled.key);
    EXPECT_EQ(planned.targets[i].env, native.targets[i].env);
  }
  EXPECT_NE(planned.targets[0].image.engine_id, "");
  EXPECT_EQ(planned.needed_chains().has_value(), native.needed_chains().has_value());
}

TEST_F(PlanOnImages, ADaemonThatDoesNotAnswerIsToldBeforeImagesAreMade) {
  ScopedVariable none{"LARDER_IMAGE", ""};
  client("docker", "echo 'Cannot connect to the Docker daemon at unix:///x. Is it running?' >&2; exit 1\n");
  configure("[build]\nengine = \"docker\"\n");
  const auto planned = try_plan({"x64"});
  ASSERT_FALSE(planned);
  EXPECT_EQ(planned.error().message, "the docker daemon does not answer");
  EXPECT_EQ(images_.asked, Names());
}

TEST_F(PlanOnImages, ATargetOnThisMachinesRootIsNotForAContainerEngine) {
  ScopedVariable none{"LARDER_IMAGE", ""};
  client("docker", "echo 'Error: No such image' >&2; exit 1\n");
  configure("[build]\nengine = \"docker\"\n[target.x64]\nimage = \"host\"\n");
  const auto planned = try_plan({"x64"});
  ASSERT_FALSE(planned);
  EXPECT_EQ(planned.error().message, "the engine docker cannot build for x64 on `host`");
}

TEST_F(PlanOnImages, EnginesWithTheSameImageShareWhatIsCompiled) {
  client("docker", knows("sha256:1a", own_architecture()));
  client("podman", knows("1a", own_architecture()));
  configure("[build]\nengine = \"docker\"\nimage = \"rust:1\"\n");
  const auto key = plan().targets[0].compiled.key;
  configure("[build]\nengine = \"podman\"\nimage = \"rust:1\"\n");
  EXPECT_EQ(plan().targets[0].compiled.key, key);
  client("podman", knows("1b", own_architecture()));
  EXPECT_NE(plan().targets[0].compiled.key, key);
}

TEST_F(PlanOnImages, AutoTakesTheFirstThatAnswers) {
  client("docker", "echo 'Cannot connect to the Docker daemon at unix:///x. Is it running?' >&2; exit 1\n");
  client("podman", knows("1a", own_architecture()));
  ScopedVariable without_skopeo{"PATH", dir_.path() + "/bin"};
  configure("[build]\nimage = \"rust:1\"\n");
  const Plan planned = plan();
  EXPECT_EQ(planned.engine.kind, EngineKind::podman);
  EXPECT_EQ(planned.engine.reason, "`auto`, for the image rust:1; the docker daemon does not answer");
  client("podman", "echo 'Error: broken' >&2; exit 1\n");
  const auto none = try_plan();
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::environment);
}

TEST_F(PlanOnImages, AnImageThatIsNotThereIsNotPulledToLook) {
  docker_without_the_image();
  configure("[build]\nengine = \"docker\"\nimage = \"rust:1\"\n");
  images_.only_looks = true;
  EXPECT_EQ(plan().engine.image_id, "");
  images_.only_looks = false;
  EXPECT_FALSE(std::filesystem::exists(dir_.path() + "/pulled"));
  EXPECT_FALSE(try_plan());
  EXPECT_TRUE(std::filesystem::exists(dir_.path() + "/pulled"));
}

TEST_F(PlanOnImages, OfflineNothingIsPulled) {
  docker_without_the_image();
  configure("[build]\nengine = \"docker\"\nimage = \"rust:1\"\npull = \"always\"\n");
  Request offline;
  offline.offline = true;
  EXPECT_FALSE(decide_and_provide(offline));
  EXPECT_FALSE(std::filesystem::exists(dir_.path() + "/pulled"));
}

TEST_F(PlanTest, AMissingToolIsToldForItsTarget) {
  std::string text = script_recipe;
  text.replace(text.find("program = \"sh\""), 14, "program = \"larder-no-such-tool\"\npackage = \"no-such-package\"");
  put("config/larder/recipes/script.toml", text);
  const auto planned = try_plan({"alpha"});
  ASSERT_FALSE(planned);
  EXPECT_EQ(planned.error().code, ErrorCode::environment);
  EXPECT_EQ(planned.error().message, "this machine cannot build for alpha");
  EXPECT_EQ(planned.error().cause, "missing: a shell");
}

TEST_F(PlanTest, TheProjectMayNameItsRecipe) {
  put("app/Makefile", "");
  configure("recipe = \"script\"\n");
  EXPECT_EQ(plan().recipe.name, "script");
}

TEST_F(PlanTest, VolumesAreNamedAfterTargetAndProject) {
  configure("");
  const TargetPlan target = plan().targets[0];
  ASSERT_EQ(target.downloads.size(), 1U);
  EXPECT_EQ(target.downloads[0].key, must(store::VolumeKey::make("script-cache-alpha")));
  EXPECT_EQ(target.downloads[0].mount_path, "/var/cache/script");
  EXPECT_EQ(target.downloads[0].volume_class, store::VolumeClass::download);
  EXPECT_EQ(target.downloads[0].recipe, "script 3");
  EXPECT_EQ(target.downloads[0].target, "alpha");
  EXPECT_EQ(target.downloads[0].project + target.downloads[0].workspace + target.downloads[0].image, "");
  EXPECT_EQ(target.compiled.key.name(), "script-app-alpha");
  EXPECT_EQ(target.compiled.mount_path, "/workspace");
  EXPECT_EQ(target.compiled.volume_class, store::VolumeClass::compiled);
  EXPECT_EQ(target.compiled.project, "app");
  EXPECT_EQ(target.compiled.workspace, folder_);
  EXPECT_EQ(target.compiled.image, target.image.digest);
}

/// The recipe that Larder comes with, without its needs.
TEST_F(PlanTest, CargosVolumesAreWhereCargoLooksForThem) {
  std::istringstream recipe(test::get_file(AT_FDCWD, LARDER_SOURCE_DIR "/recipes/cargo.toml"));
  std::string text;
  bool in_needs = false;
  for (std::string line; std::getline(recipe, line);) {
    if (line.starts_with('[')) in_needs = line.starts_with("[[needs]]");
    if (!in_needs) text += line + "\n";
  }
  put("config/larder/recipes/cargo.toml", text);
  put("rust/Cargo.toml", "");
  folder_ += "/../rust";
  const Plan planned = plan({"x64", "arm64", "musl-x64", "musl-arm64"});
  ASSERT_EQ(planned.targets.size(), 4U);
  for (const TargetPlan& target : planned.targets) {
    const std::string& name = target.target.name;
    ASSERT_EQ(target.downloads.size(), 2U);
    EXPECT_EQ(target.downloads[0].key, must(store::VolumeKey::make("cargo-cache-" + name)));
    EXPECT_EQ(target.downloads[0].mount_path, "/usr/local/cargo/registry");
    EXPECT_EQ(target.downloads[1].key, must(store::VolumeKey::make("cargo-git-cache-" + name)));
    EXPECT_EQ(target.downloads[1].mount_path, "/usr/local/cargo/git");
    EXPECT_EQ(target.compiled.key.name(), "cargo-target-" + planned.workspace.project + "-" + name);
    EXPECT_EQ(target.env.at("CARGO_HOME"), "/usr/local/cargo");
  }
  EXPECT_EQ(planned.fetch, (config::Command{"cargo", "fetch", "--target", "x86_64-unknown-linux-gnu", "--target",
                                            "aarch64-unknown-linux-gnu", "--target", "x86_64-unknown-linux-musl",
                                            "--target", "aarch64-unknown-linux-musl"}));
}

TEST_F(PlanTest, ACompiledVolumeBelongsToFolderRecipeAndToolchain) {
  configure("");
  const std::string first = plan().targets[0].compiled.key.variant();
  EXPECT_EQ(first.size(), 16U);
  EXPECT_EQ(plan().targets[0].compiled.key.variant(), first);
  EXPECT_EQ(must(try_plan({"alpha"}, false, "dev")).targets[0].compiled.key.variant(), first);

  std::string text = script_recipe;
  text.replace(text.find("version = 3"), 11, "version = 4");
  put("config/larder/recipes/script.toml", text);
  EXPECT_NE(plan().targets[0].compiled.key.variant(), first);

  text = script_recipe;
  text.replace(text.find("program = \"sh\""), 14, "file = \"" + dir_.path() + "/tool\"");
  put("config/larder/recipes/script.toml", text);
  put("tool", "1");
  const std::string with_tool = plan().targets[0].compiled.key.variant();
  put("tool", "22");
  EXPECT_NE(plan().targets[0].compiled.key.variant(), with_tool);

  put("config/larder/recipes/script.toml", script_recipe);
  EXPECT_EQ(plan().targets[0].compiled.key.variant(), first);
  put("other/script.sh", "");
  put("other/larder.toml", "[project]\nname = \"app\"\n");
  folder_ += "/../other";
  const TargetPlan other = plan().targets[0];
  EXPECT_EQ(other.compiled.key.name(), "script-app-alpha");
  EXPECT_NE(other.compiled.key.variant(), first);
}

TEST_F(PlanTest, InTreeBuildsHaveTheirVolumeAtTheWorkspaceToo) {
  std::string text = script_recipe;
  text.replace(text.find("output = \"target\""), 17, "");
  put("config/larder/recipes/script.toml", text);
  EXPECT_EQ(plan().recipe.output, "");
  EXPECT_EQ(plan().targets[0].compiled.mount_path, "/workspace");
}

TEST_F(PlanTest, KnowsTheTriplesOfAllTargets) {
  const Plan planned = plan();
  for (const char* triple : {"alpha-unknown-linux-gnu", "beta-unknown-linux-musl", "x86_64-unknown-linux-gnu"})
    EXPECT_TRUE(contains(planned.triples, triple)) << triple;
}

/// A recipe whose tool does not notice other settings.
class SettingsTest : public PlanTest {
 protected:
  SettingsTest() {
    std::string text = script_recipe;
    text.replace(text.find("[content]"), std::string("[content]").size(), "[content]\nsettings = true");
    put("config/larder/recipes/script.toml", text);
  }
  store::VolumeSpec volume(const std::string& larder_toml, const Names& tool_args = {},
                           const std::string& profile = "") {
    configure(larder_toml);
    return must(try_plan({"alpha"}, false, profile, tool_args)).targets[0].compiled;
  }
};

TEST_F(SettingsTest, EachSetOfThemHasAVolumeOfItsOwn) {
  const store::VolumeSpec plain = volume("");
  const store::VolumeSpec flags = volume("[build.env]\nCFLAGS = \"-O1\"\n");
  EXPECT_NE(flags.key, plain.key);
  EXPECT_NE(flags.recipe, plain.recipe) << "no sibling's volume with other settings may be started from";
  EXPECT_NE(volume("[build.env]\nCFLAGS = \"-O2\"\n").key, flags.key);
  EXPECT_NE(volume("[target.alpha.env]\nCFLAGS = \"-O2\"\n").key, plain.key);
  EXPECT_NE(volume("[target.alpha]\ncc = \"clang\"\n").key, plain.key);
  EXPECT_NE(volume("[build]\nargs = [\"V=1\"]\n").key, plain.key);
  EXPECT_NE(volume("", {"V=1"}).key, plain.key);
  EXPECT_NE(volume("", {}, "dev").key, plain.key);
  EXPECT_EQ(volume("").key, plain.key) << "going back is warm";
}

TEST_F(SettingsTest, EachSetOfGoalsHasAVolumeOfItsOwn) {
  const store::VolumeSpec plain = volume("");
  const store::VolumeSpec one = volume("", {"one"});
  EXPECT_NE(one.key, plain.key) << "what another goal has left would be taken for a result";
  EXPECT_NE(one.recipe, plain.recipe);
  EXPECT_NE(volume("", {"two"}).key, one.key);
  EXPECT_EQ(volume("[build]\nargs = [\"one\"]\n").key, one.key);
}

TEST_F(SettingsTest, OptionsAndWhatTheFetchIsGivenAreNone) {
  const store::VolumeSpec plain = volume("");
  EXPECT_EQ(volume("", {"-k", "-j2"}).key, plain.key);
  EXPECT_EQ(volume("[fetch]\npass_env = [\"TOKEN\"]\n").key, plain.key);
  EXPECT_EQ(volume("[target.beta.env]\nCFLAGS = \"-O2\"\n").key, plain.key) << "another target's";
}

TEST_F(PlanTest, WhereTheToolNoticesSettingsTheVolumeStays) {
  configure("");
  const store::VolumeKey key = plan().targets[0].compiled.key;
  configure("[build.env]\nCFLAGS = \"-O1\"\n");
  EXPECT_EQ(plan().targets[0].compiled.key, key);
}

TEST_F(PlanTest, ARecipeThatSaysNothingOfItsToolHasAVolumeForEachSettings) {
  std::string text = script_recipe;
  text.erase(text.find("[content]"), std::string("[content]").size());
  put("config/larder/recipes/script.toml", text);
  configure("");
  const store::VolumeKey key = plan().targets[0].compiled.key;
  configure("[build.env]\nCFLAGS = \"-O1\"\n");
  EXPECT_NE(plan().targets[0].compiled.key, key);
}

TEST_F(PlanTest, EnvironmentComesFromRecipeProjectAndTarget) {
  configure(
      "[build.env]\nCOLOUR = \"always\"\nOWN = \"1\"\n[target.alpha.env]\nOWN = \"2\"\n[target.beta.env]\nOWN = "
      "\"3\"\n");
  const Plan planned = plan({"alpha", "beta"});
  const config::Environment wanted = {{"HOME", "/home/larder"},
                                      {"PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"},
                                      {"LANG", "C.UTF-8"},
                                      {"USER", "larder"},
                                      {"TRIPLE", "alpha-unknown-linux-gnu"},
                                      {"CXX", "alpha-g++"},
                                      {"COLOUR", "always"},
                                      {"OWN", "2"}};
  EXPECT_EQ(planned.targets[0].env, wanted);
  config::Environment build = wanted;
  build["OFFLINE"] = "yes";
  EXPECT_EQ(planned.targets[0].build_env, build);
  EXPECT_EQ(planned.targets[1].env.at("OWN"), "3");
  EXPECT_EQ(planned.targets[1].env.count("CXX"), 0U);  // beta has no C++ compiler
}

TEST_F(PlanTest, WithTheNetworkTheBuildIsNotOffline) {
  configure("[build]\nnetwork = true\n");
  EXPECT_EQ(plan().targets[0].build_env, plan().targets[0].env);
}

TEST_F(PlanTest, TheProjectsEnvironmentGoesBeforeTheBuildPhases) {
  configure("[build.env]\nOFFLINE = \"no\"\n");
  EXPECT_EQ(plan().targets[0].build_env.at("OFFLINE"), "no");
}

TEST_F(PlanTest, ArgumentsGoToTheLastCommand) {
  configure("[build]\nargs = [\"--from-project\", \"{not-a-placeholder}\"]\n");
  const auto planned = must(try_plan({"alpha"}, false, "", {"--from-user", "a b"}));
  EXPECT_EQ(planned.targets[0].build,
            (std::vector<config::Command>{{"sh", "configure", "a b"},
                                          {"sh", "script.sh", "--profile=opt", "CXX=alpha-g++", "--from-project",
                                           "{not-a-placeholder}", "--from-user", "a b"}}));
  EXPECT_EQ(plan({"beta"}).targets[0].build[1][3], "--from-project");
}

TEST_F(PlanTest, TheProfileNamesToolArgumentAndFolder) {
  Plan planned = plan();
  EXPECT_EQ(planned.profile, "release");
  EXPECT_EQ(planned.targets[0].build[1][2], "--profile=opt");
  EXPECT_EQ(planned.targets[0].output_folder, folder_ + "/target/alpha-unknown-linux-gnu/out");
  configure("[build]\nprofile = \"bench\"\n");
  planned = plan();
  EXPECT_EQ(planned.targets[0].build[1][2], "--profile=bench");
  EXPECT_EQ(planned.targets[0].output_folder, folder_ + "/target/alpha-unknown-linux-gnu/bench");
  EXPECT_EQ(must(try_plan({"alpha"}, false, "release")).profile, "release");
}

TEST_F(PlanTest, TheToolsOwnOptionsNameTheProfileToo) {
  configure("[build]\nargs = [\"--mode\", \"bench\", \"-v\"]\n");
  const auto of_project = plan();
  EXPECT_EQ(of_project.profile, "bench");
  EXPECT_EQ(of_project.targets[0].build[1].back(), "-v");
  const auto of_tool = must(try_plan({"alpha"}, false, "", {"--mode=release", "--", "--quick"}));
  EXPECT_EQ(of_tool.profile, "release");
  EXPECT_EQ(of_tool.args, (Names{"-v", "--", "--quick"}));
  EXPECT_EQ(must(try_plan({"alpha"}, false, "", {"--quick"})).profile, "bench");
  EXPECT_EQ(must(try_plan({"alpha"}, false, "release")).profile, "release");
  EXPECT_EQ(must(try_plan({"alpha"}, false, "bench", {"--quick"})).profile, "bench");
  EXPECT_EQ(try_plan({"alpha"}, false, "release", {"--quick"}).error().code, ErrorCode::usage);
}

TEST_F(PlanTest, WhereTheProjectHasSourcesTheToolBuildsElsewhere) {
  const auto built_in = [&] { return plan().targets[0].results.include.front(); };
  put("app/target/alpha-unknown-linux-gnu/out/program", "");
  EXPECT_EQ(built_in(), "target/out/*");
  const auto key = plan().targets[0].compiled;
  put("app/target/src/main.sh", "");
  EXPECT_EQ(built_in(), "elsewhere/out/*");
  EXPECT_NE(plan().targets[0].compiled.recipe, key.recipe);
  EXPECT_EQ(left_out_of(plan()), (Names{"elsewhere", "target/alpha-unknown-linux-gnu"}));
  put("app/target/CACHEDIR.TAG", "");
  EXPECT_EQ(built_in(), "target/out/*");
}

TEST_F(PlanTest, TheProjectMayNameItsArtifacts) {
  EXPECT_EQ(plan().targets[0].results.include, Names{"target/out/*"});
  EXPECT_EQ(plan().targets[0].results.exclude, Names{"**/*.tmp"});
  EXPECT_EQ(plan().targets[0].results.wanted, Names{});
  configure("[artifacts]\ninclude = [\"target/{triple}/*\"]\nexclude = [\"**/*-test\"]\n");
  EXPECT_EQ(plan().targets[0].results.wanted, Names{"target/alpha-unknown-linux-gnu/*"});
  EXPECT_EQ(plan().targets[0].results.exclude, (Names{"**/*.tmp", "**/*-test"}));
}

TEST_F(PlanTest, TheCallersVariablesGoBeforeTheProjects) {
  const ScopedVariable version("LARDER_TEST_VERSION", "9");
  const ScopedVariable unset("LARDER_TEST_UNSET", std::nullopt);
  configure(
      "[build]\npass_env = [\"LARDER_TEST_VERSION\", \"LARDER_TEST_UNSET\"]\n[build.env]\nLARDER_TEST_VERSION = "
      "\"1\"\n");
  const auto env_of = [&](const Names& said) {
    Request request{{"alpha"}};
    request.env = said;
    return must(decide_and_provide(request)).targets[0].build_env;
  };
  EXPECT_EQ(env_of({}).at("LARDER_TEST_VERSION"), "9");
  EXPECT_EQ(env_of({}).count("LARDER_TEST_UNSET"), 0U);
  EXPECT_EQ(env_of({"LARDER_TEST_VERSION=10", "B="}).at("LARDER_TEST_VERSION"), "10");
  EXPECT_EQ(env_of({"B="}).at("B"), "");
  Request request{{"alpha"}};
  request.env = {"=x"};
  EXPECT_EQ(decide_and_provide(request).error().code, ErrorCode::usage);
}

TEST_F(PlanTest, TargetsOfTheProjectByOtherWords) {
  configure("[target.alpha-unknown-linux-gnu.env]\nOWN = \"1\"\n");
  EXPECT_EQ(plan().targets[0].env.at("OWN"), "1");
  configure("[target.alpha.env]\nA = \"1\"\n[target.alpha-unknown-linux-gnu.env]\nB = \"1\"\n");
  EXPECT_EQ(try_plan({"alpha"}).error().message, "larder.toml: two tables are for the target alpha");
}

TEST_F(PlanTest, AKeyOfRustIsForRust) {
  configure("[build]\nrust = \"debian\"\n");
  EXPECT_EQ(try_plan({"alpha"}).error().message, "`[build] rust` means nothing to the recipe script");
}

TEST_F(PlanTest, SettingsForThisProcessorAloneAreInTheRecipesName) {
  EXPECT_EQ(plan().targets[0].compiled.recipe.find(share::native_suffix), std::string::npos);
  configure("[build.env]\nCFLAGS = \"-O2 -march=native\"\n");
  EXPECT_NE(plan().targets[0].compiled.recipe.find(share::native_suffix), std::string::npos);
  configure("[build]\nargs = [\"CFLAGS=-mcpu=native\"]\n");
  EXPECT_NE(plan().targets[0].compiled.recipe.find(share::native_suffix), std::string::npos);
}

TEST_F(PlanTest, AProfileIsANameWhoeverSaysIt) {
  for (const char* bad : {"../../outside", "a/b", ".hidden", "a\nb", "\x1b[31m"}) {
    EXPECT_EQ(try_plan({"alpha"}, false, bad).error().code, ErrorCode::usage) << bad;
    EXPECT_EQ(try_plan({"alpha"}, false, "", {"--mode", bad}).error().code, ErrorCode::usage) << bad;
  }
  std::string text = script_recipe;
  text.replace(text.find("\"bench\""), 7, "\"../../../..\"");
  put("config/larder/recipes/script.toml", text);
  EXPECT_EQ(try_plan({"alpha"}, false, "", {"--quick"}).error().code, ErrorCode::usage);
}

TEST_F(PlanTest, AToolWithoutProfilesSaysSo) {
  EXPECT_TRUE(must(try_plan({"alpha"}, false, "bench")).notes.empty());
  std::string text = script_recipe;
  for (const std::string words : {"--profile={profile}", "[profiles]\nrelease = {tool = \"opt\", dir = \"out\"}\n"})
    text.erase(text.find(words), words.size());
  put("config/larder/recipes/script.toml", text);
  EXPECT_TRUE(plan().notes.empty());
  EXPECT_EQ(must(try_plan({"alpha"}, false, "bench")).notes,
            Names{"script has no profiles: 'bench' only names the folder that results go to"});
}

TEST_F(PlanTest, JobsAreNoMoreThanAContainersProcessors) {
  Plan planned = plan();
  planned.project.cpus = "0.5";
  EXPECT_EQ(job_count(planned), 1);
  planned.project.jobs = 3;
  EXPECT_EQ(job_count(planned), 3);
}

TEST_F(PlanTest, FetchesOnceForAllTargets) {
  EXPECT_EQ(plan({"alpha", "beta"}).fetch, (config::Command{"sh", "fetch.sh", "--target", "alpha-unknown-linux-gnu",
                                                            "--target", "beta-unknown-linux-musl"}));
}

TEST_F(PlanTest, EveryKnownTargetsDownloadIsASibling) {
  const Plan planned = plan();
  ASSERT_EQ(planned.siblings.size(), 1U);
  std::vector<store::VolumeKey> wanted;
  const config::TargetTable table = must(config::load_targets(dir_.path() + "/config/larder"));
  for (const config::Target& target : table.all())
    wanted.push_back(must(store::VolumeKey::make("script-cache-" + target.name)));
  EXPECT_EQ(planned.siblings[0], wanted);
  EXPECT_EQ(wanted.back().name(), "script-cache-beta");
}

TEST_F(PlanTest, AnUnknownPlaceholderIsTold) {
  std::string text = script_recipe;
  text.replace(text.find("{profile_dir}"), 13, "{profile_dri}");
  put("config/larder/recipes/script.toml", text);
  const auto planned = try_plan({"alpha"});
  ASSERT_FALSE(planned);
  EXPECT_EQ(planned.error().code, ErrorCode::usage);
}

TEST_F(PlanTest, ARecipesVolumeNameIsChecked) {
  std::string text = script_recipe;
  text.replace(text.find("script-cache-{target}"), 21, "../{target}");
  put("config/larder/recipes/script.toml", text);
  const auto planned = try_plan({"alpha"});
  ASSERT_FALSE(planned);
  EXPECT_EQ(planned.error().message, "not a valid name for a volume");
}

}  // namespace
}  // namespace larder::builds
