#include "builds/plan/engine_keys.hpp"

#include <gtest/gtest.h>

#include <set>
#include <tuple>

#include "../support.hpp"

namespace larder::builds {
namespace {

using config::EngineTraits;
using config::Project;

/// Every key of [build], [fetch] and [target.NAME], how it is set, and where it works: n native on an image, h native
/// on this machine's own root, d docker, p podman.
struct Row {
  std::string key;
  void (*set)(Project&);
  std::string works;
};

const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
      {"cpus", [](Project& project) { project.cpus = "1.5"; }, "dp"},
      {"memory", [](Project& project) { project.memory = "4GB"; }, "dp"},
      {"pull", [](Project& project) { project.pull = "always"; }, "dp"},
      {"fetch_network", [](Project& project) { project.fetch_network = "host"; }, "dp"},
      {"packages", [](Project& project) { project.packages = {"jq"}; }, "n"},
      {"prepare", [](Project& project) { project.prepare = {"true"}; }, "n"},
      {"packages", [](Project& project) { project.of_target["one"].packages = {"jq"}; }, "n"},
      {"prepare", [](Project& project) { project.of_target["one"].prepare = {"true"}; }, "n"},
      {"image of a single target", [](Project& project) { project.of_target["one"].image = "alpine:3"; }, "nh"},
      {"mount",
       [](Project& project) {
         project.mounts = {{"/opt", "/opt"}};
       },
       "nhdp"},
      {"network", [](Project& project) { project.network = true; }, "nhdp"},
      {"args", [](Project& project) { project.args = {"-v"}; }, "nhdp"},
      {"env",
       [](Project& project) {
         project.env = {{"A", "b"}};
       },
       "nhdp"},
      {"pass_env", [](Project& project) { project.build_pass_env = {"A"}; }, "nhdp"},
      {"jobs", [](Project& project) { project.jobs = 1; }, "nhdp"},
      {"ssh_agent", [](Project& project) { project.ssh_agent = true; }, "nhdp"}};
  return all;
}

std::string refused(EngineKind kind, const std::string& image, const Row& row) {
  Kit kit;
  kit.plan.engine.kind = kind;
  kit.plan.targets.front().image.name = image;
  row.set(kit.plan.project);
  const Status status = check_engine_keys(kit.plan);
  return status ? "" : status.error().message;
}

TEST(EngineKeys, EachWorksOrIsAnErrorThatNamesBoth) {
  for (const Row& row : rows()) {
    for (const auto& [letter, kind, image] :
         {std::tuple('n', EngineKind::native, "debian:bookworm"), std::tuple('h', EngineKind::native, "host"),
          std::tuple('d', EngineKind::docker, "rust:1"), std::tuple('p', EngineKind::podman, "rust:1")}) {
      const std::string message = refused(kind, image, row);
      const bool works = row.works.find(letter) != std::string::npos;
      EXPECT_EQ(message.empty(), works) << row.key << " with " << letter << ": " << message;
      if (works) continue;
      EXPECT_NE(message.find(config::traits_of(kind).name), std::string::npos) << message;
      EXPECT_NE(message.find(row.key), std::string::npos) << message;
    }
  }
}

TEST(EngineKeys, AllOfThemAreInTheTable) {
  std::set<std::string> tested;
  for (const Row& row : rows()) tested.insert(row.key);
  for (const EngineKey& key : engine_keys()) EXPECT_EQ(tested.count(key.key), 1U) << key.key;
}

}  // namespace
}  // namespace larder::builds
