#include "cli/plan_text.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/store_kit.hpp"

namespace larder::cli {
namespace {

builds::TargetPlan target(const std::string& name, const std::string& triple, const config::Command& last) {
  builds::TargetPlan target;
  target.target.name = name;
  target.target.triple = triple;
  target.image = {"host", "sha256:0123456789abcdef0123456789abcdef", {}, {}, "/usr", "/usr/bin"};
  target.downloads.emplace_back();
  target.downloads[0].key = test::volume_key("script-cache-" + name);
  target.downloads[0].mount_path = "/var/cache/script";
  target.compiled.key = test::volume_key("script-app-" + name);
  target.compiled.mount_path = "/workspace/target";
  target.compiled.volume_class = store::VolumeClass::compiled;
  target.build_env = {{"OFFLINE", "yes"}};
  target.build = {{"sh", "configure", "a b"}, last};
  target.output_folder = "/home/ann/app/target/" + triple + "/out";
  return target;
}

builds::Plan plan() {
  builds::Plan plan;
  plan.workspace = {"/home/ann/app", "app", ""};
  plan.recipe.name = "script";
  plan.recipe.title = "Shell scripts";
  plan.profile = "release";
  plan.engine.reason = "`auto`, for this machine's own root";
  plan.fetch = {"sh", "fetch.sh", "--target", "alpha-unknown-linux-gnu", "--target", "beta-unknown-linux-musl"};
  plan.targets = {target("alpha", "alpha-unknown-linux-gnu", {"sh", "script.sh", "--profile=opt", "CXX=alpha-g++"}),
                  target("beta", "beta-unknown-linux-musl", {"sh", "script.sh", "--profile=opt"})};
  return plan;
}

TEST(PlanText, IsATableForPeople) {
  EXPECT_EQ(describe(plan()),
            "project      app\n"
            "folder       /home/ann/app\n"
            "recipe       Shell scripts\n"
            "profile      release\n"
            "engine       native: `auto`, for this machine's own root\n"
            "fetch        sh fetch.sh --target alpha-unknown-linux-gnu --target beta-unknown-linux-musl   "
            "(network on, once for all targets)\n"
            "\n"
            "alpha        alpha-unknown-linux-gnu\n"
            "  image      host sha256:0123456789ab\n"
            "  toolchain  /usr\n"
            "  volume     script-cache-alpha at /var/cache/script\n"
            "  volume     script-app-alpha at /workspace/target\n"
            "  build      sh configure 'a b'   (network off)\n"
            "  build      sh script.sh --profile=opt CXX=alpha-g++   (network off)\n"
            "  result     /home/ann/app/target/alpha-unknown-linux-gnu/out\n"
            "\n"
            "beta         beta-unknown-linux-musl\n"
            "  image      host sha256:0123456789ab\n"
            "  toolchain  /usr\n"
            "  volume     script-cache-beta at /var/cache/script\n"
            "  volume     script-app-beta at /workspace/target\n"
            "  build      sh configure 'a b'   (network off)\n"
            "  build      sh script.sh --profile=opt   (network off)\n"
            "  result     /home/ann/app/target/beta-unknown-linux-musl/out\n");
}

TEST(PlanText, SaysWhoHasDecidedForZig) {
  builds::Plan zigs = plan();
  zigs.cxx = "src/main.cpp";
  EXPECT_EQ(describe(zigs).find("compilers"), std::string::npos);
  zigs.targets[1].target.toolchain = config::Toolchain::zig;
  EXPECT_NE(describe(zigs).find("zig's: Debian has none of C++ for it, and the project has C++ (src/main.cpp)"),
            std::string::npos);
  zigs.project.of_target["beta"].toolchain = "zig";
  EXPECT_NE(describe(zigs).find("zig's, by [target.beta] of larder.toml"), std::string::npos);
}

TEST(PlanText, NamesTheCallersVariablesWithoutTheirValues) {
  builds::Plan planned = plan();
  planned.passed = {{"TOKEN", "secret"}};
  planned.targets[0].build_env["TOKEN"] = "secret";
  EXPECT_NE(describe(planned).find("TOKEN"), std::string::npos);
  EXPECT_EQ(describe(planned).find("secret"), std::string::npos);
  EXPECT_EQ(to_json(planned).dump().find("secret"), std::string::npos);
  EXPECT_EQ(to_json(planned)["passed"], nlohmann::json({"TOKEN"}));
}

TEST(PlanText, SaysWhatIsNotHereYetAndWhatHasTheNetwork) {
  builds::Plan planned = plan();
  planned.targets.resize(1);
  planned.targets[0].image.digest.clear();
  planned.project.network = true;
  planned.engine.note = "the image is for arm64";
  const std::string text = describe(planned);
  EXPECT_NE(text.find("  image      host not here yet\n"), std::string::npos) << text;
  EXPECT_NE(text.find("sh configure 'a b'   (network on)\n"), std::string::npos) << text;
  EXPECT_NE(text.find("note         the image is for arm64\n"), std::string::npos) << text;
}

TEST(PlanText, SaysWhatIsAskedForAndWhatCounts) {
  builds::Plan planned = plan();
  planned.consent.lines = {{"[build] network = true", builds::Reach::network}, {"[[build.mount]] /x at /y"}};
  planned.consent.by = builds::ConsentBy::nobody;
  const auto says = [&](const std::string& text) { return describe(planned).find(text) != std::string::npos; };
  EXPECT_TRUE(says("asked        [build] network = true   (a build asks, and without a terminal it counts)\n"));
  EXPECT_TRUE(says("asked        [[build.mount]] /x at /y   (does not count until you agree: "));
  planned.consent.by = builds::ConsentBy::ci;
  EXPECT_TRUE(says("asked        [[build.mount]] /x at /y   (counts: CI is set)\n"));
  EXPECT_EQ(to_json(planned)["consent"], nlohmann::json::parse(R"({"by": "ci", "lines": [
    {"text": "[build] network = true", "reach": "network", "counts": true},
    {"text": "[[build.mount]] /x at /y", "reach": "machine", "counts": true}]})"));
}

TEST(PlanText, NamesFilesAndAFetchInTheBuildTree) {
  builds::Plan planned = plan();
  planned.targets[0].files = {{"/home/larder/x.ini", "x = 1"}};
  planned.targets[0].fetch = {"sh", "get.sh"};
  const std::string text = describe(planned);
  EXPECT_NE(text.find("  file       /home/larder/x.ini\n"), std::string::npos) << text;
  EXPECT_NE(text.find("  fetch      sh get.sh   (network on, where"), std::string::npos) << text;
}

TEST(PlanText, AsJson) {
  builds::Plan planned = plan();
  planned.targets.resize(1);
  planned.targets[0].files = {{"/home/larder/x.ini", "x = 1"}};
  EXPECT_EQ(to_json(planned), nlohmann::json::parse(R"({
    "project": "app",
    "folder": "/home/ann/app",
    "recipe": "script",
    "profile": "release",
    "engine": "native",
    "fetch": ["sh", "fetch.sh", "--target", "alpha-unknown-linux-gnu", "--target", "beta-unknown-linux-musl"],
    "passed": [],
    "consent": {"by": "none", "lines": []},
    "targets": [{
      "target": "alpha",
      "triple": "alpha-unknown-linux-gnu",
      "image": "host",
      "digest": "sha256:0123456789abcdef0123456789abcdef",
      "volumes": [
        {"name": "script-cache-alpha", "path": "/var/cache/script", "class": "download"},
        {"name": "script-app-alpha", "path": "/workspace/target", "class": "compiled"}
      ],
      "files": ["/home/larder/x.ini"],
      "fetch": [],
      "build": [["sh", "configure", "a b"], ["sh", "script.sh", "--profile=opt", "CXX=alpha-g++"]],
      "env": {"OFFLINE": "yes"},
      "output": "/home/ann/app/target/alpha-unknown-linux-gnu/out"
    }]
  })"));
}

}  // namespace
}  // namespace larder::cli
