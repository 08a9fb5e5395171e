#include "builds/plan/engine_keys.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <tuple>

#include "../support.hpp"

namespace larder::builds {
namespace {

using config::EngineTraits;
using config::Project;

/// Every key of larder.toml that says how builds are run, how it is set, and where it works: n native on an image, h
/// native on this machine's own root, d docker and p podman on an image of theirs, D and P on one of Larder's own.
struct Row {
  std::string key;
  void (*set)(Project&);
  std::string works;
};

const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
      {"cpus", [](Project& project) { project.cpus = "1.5"; }, "dpDP"},
      {"memory", [](Project& project) { project.memory = "4GB"; }, "dpDP"},
      {"pull", [](Project& project) { project.pull = "always"; }, "dp"},
      {"fetch_network", [](Project& project) { project.fetch_network = "host"; }, "dpDP"},
      {"packages", [](Project& project) { project.packages = {"jq"}; }, "nDP"},
      {"prepare", [](Project& project) { project.prepare = {"true"}; }, "nDP"},
      {"packages", [](Project& project) { project.of_target["one"].packages = {"jq"}; }, "nDP"},
      {"prepare", [](Project& project) { project.of_target["one"].prepare = {"true"}; }, "nDP"},
      {"image of a single target", [](Project& project) { project.of_target["one"].image = "alpine:3"; }, "nhDP"},
      {"mount",
       [](Project& project) {
         project.mounts = {{"/opt", "/opt"}};
       },
       "nhdpDP"},
      {"network", [](Project& project) { project.network = true; }, "nhdpDP"},
      {"args", [](Project& project) { project.args = {"-v"}; }, "nhdpDP"},
      {"env",
       [](Project& project) {
         project.env = {{"A", "b"}};
       },
       "nhdpDP"},
      {"pass_env", [](Project& project) { project.build_pass_env = {"A"}; }, "nhdpDP"},
      {"jobs", [](Project& project) { project.jobs = 1; }, "nhdpDP"},
      {"ssh_agent", [](Project& project) { project.ssh_agent = true; }, "nhdpDP"},
      {"user_namespaces", [](Project& project) { project.user_namespaces = true; }, "nh"},
      {"engine", [](Project& project) { project.engine = "auto"; }, "nhdpDP"},
      {"image", [](Project& project) { project.image = "debian:bookworm"; }, "nhdpDP"},
      {"profile", [](Project& project) { project.profile = "dev"; }, "nhdpDP"},
      {"skip_unchanged", [](Project& project) { project.skip_unchanged = true; }, "nhdpDP"},
      {"include", [](Project& project) { project.include = {"../shared"}; }, "nhdpDP"},
      {"include", [](Project& project) { project.artifacts = {"out/*"}; }, "nhdpDP"},
      {"exclude", [](Project& project) { project.artifacts_not = {"*.so"}; }, "nhdpDP"},
      {"install", [](Project& project) { project.install = true; }, "nhdpDP"},
      {"show", [](Project& project) { project.show = {"*.o"}; }, "nhdpDP"},
      {"bring_back", [](Project& project) { project.bring_back = {"src/**"}; }, "nhdpDP"},
      {"cc", [](Project& project) { project.of_target["one"].cc = "gcc"; }, "nhdpDP"},
      {"cxx", [](Project& project) { project.of_target["one"].cxx = "g++"; }, "nhdpDP"},
      {"ar", [](Project& project) { project.of_target["one"].ar = "ar"; }, "nhdpDP"},
      {"linker", [](Project& project) { project.of_target["one"].linker = "gcc"; }, "nhdpDP"}};
  return all;
}

std::string refused(EngineKind kind, const std::string& image, const Row& row) {
  Kit kit;
  kit.plan.engine.kind = kind;
  kit.plan.engine.gets_images = kit.plan.engine.traits().is_container_engine && image == config::default_image;
  kit.plan.targets.front().image.name = image;
  row.set(kit.plan.project);
  const Status status = check_engine_keys(kit.plan);
  return status ? "" : status.error().message;
}

TEST(EngineKeys, EachWorksOrIsAnErrorThatNamesBoth) {
  for (const Row& row : rows()) {
    for (const auto& [letter, kind, image] :
         {std::tuple('n', EngineKind::native, "debian:bookworm"), std::tuple('h', EngineKind::native, "host"),
          std::tuple('d', EngineKind::docker, "rust:1"), std::tuple('p', EngineKind::podman, "rust:1"),
          std::tuple('D', EngineKind::docker, "debian:bookworm"),
          std::tuple('P', EngineKind::podman, "debian:bookworm")}) {
      const std::string message = refused(kind, image, row);
      const bool works = row.works.find(letter) != std::string::npos;
      EXPECT_EQ(message.empty(), works) << row.key << " with " << letter << ": " << message;
      if (works) continue;
      EXPECT_NE(message.find(config::traits_of(kind).name), std::string::npos) << message;
      EXPECT_NE(message.find(row.key), std::string::npos) << message;
    }
  }
}

/// The keys of these sections of docs/configuration.md, which a test of config's compares with the parser.
std::set<std::string> keys_in_docs(const std::set<std::string>& sections) {
  std::ifstream file(LARDER_SOURCE_DIR "/docs/configuration.md");
  std::set<std::string> keys;
  bool of_project = false;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("## ")) of_project = line == "## larder.toml";
    if (line.starts_with("##"))
      inside = of_project && line.starts_with("### `") && sections.contains(line.substr(5, line.size() - 6));
    if (inside && line.starts_with("| `")) keys.insert(line.substr(3, line.find('`', 3) - 3));
  }
  return keys;
}

TEST(EngineKeys, AllOfThemAreInTheTable) {
  std::set<std::string> tested;
  for (const Row& row : rows()) tested.insert(row.key);
  for (const EngineKey& key : engine_keys()) EXPECT_EQ(tested.count(key.key), 1U) << key.key;
  tested.insert({"rust", "toolchain", "glibc"});  // are refused with the image: plan/rust, plan/target_image
  for (const std::string& key : keys_in_docs({"[build]", "[fetch]", "[artifacts]", "[workspace]", "[target.NAME]"}))
    EXPECT_EQ(tested.count(key), 1U) << "docs/configuration.md has " << key << ", and this table does not";
}

/// The options of `larder build` that say what is built, and how, with the engines by their letters that honour them.
/// Others are about what is told, and when the command returns.
const std::map<std::string, std::string>& options() {
  static const std::map<std::string, std::string> all = {
      {"--release", "nhdp"},    {"--profile", "nhdp"},   {"--env", "nhdp"},     {"--trust", "nhdp"},
      {"--force", "nhdp"},      {"--durable", "nhdp"},   {"--wait", "nhdp"},    {"--engine", "nhdp"},
      {"--image", "nhdp"},      {"--pull", "dp"},        {"--cpus", "dp"},      {"--memory", "dp"},
      {"--locked", "nDP"},      {"--offline", "nhdp"},   {"--private", "nhdp"}, {"--cache-pull", "nhdp"},
      {"--cache-push", "nhdp"}, {"--untrusted", "nhdp"}, {"--dry-run", "nhdp"}, {"--verbose", "nhdp"},
      {"--quiet", "nhdp"},      {"--json", "nhdp"},      {"--project", "nhdp"}};
  return all;
}

TEST(EngineKeys, EachOptionIsInTheTableOfOptions) {
  std::ifstream file(LARDER_SOURCE_DIR "/docs/commands/build.md");
  size_t seen = 0;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| `-")) continue;
    const std::string cell = line.substr(0, line.find(" | "));
    for (size_t at = cell.find("--"); at != std::string::npos; at = cell.find("--", at + 2)) {
      const std::string option = cell.substr(at, cell.find_first_of(" `", at) - at);
      EXPECT_EQ(options().count(option), 1U) << option;
      ++seen;
    }
  }
  EXPECT_EQ(seen, options().size());
}

TEST(EngineKeys, LockedIsForWhatLarderLockPins) {
  for (const auto& [letter, kind, image] :
       {std::tuple('n', EngineKind::native, "debian:bookworm"), std::tuple('h', EngineKind::native, "host"),
        std::tuple('d', EngineKind::docker, "rust:1"), std::tuple('p', EngineKind::podman, "rust:1"),
        std::tuple('D', EngineKind::docker, "debian:bookworm")}) {
    Kit kit;
    kit.plan.locked = true;
    kit.plan.engine.kind = kind;
    kit.plan.engine.gets_images = letter == 'D';
    kit.plan.project.image = image;
    kit.plan.targets.front().image.name = image;
    const Status status = check_engine_keys(kit.plan);
    const bool works = options().at("--locked").find(letter) != std::string::npos;
    ASSERT_EQ(status.has_value(), works) << letter;
    if (works) continue;
    EXPECT_NE(status.error().message.find(config::traits_of(kind).name), std::string::npos);
    EXPECT_NE(status.error().message.find("--locked"), std::string::npos);
    kit.plan.project.image += "@sha256:" + std::string(64, 'a');
    EXPECT_EQ(check_engine_keys(kit.plan).has_value(), letter != 'h') << "a digest pins an engine's image";
  }
}

}  // namespace
}  // namespace larder::builds
