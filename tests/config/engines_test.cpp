#include "config/engines.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/os.hpp"
#include "base/text.hpp"
#include "config/project.hpp"
#include "support/must.hpp"

namespace larder::config {
namespace {

TEST(Engines, AreFoundByKindAndName) {
  for (const EngineTraits& engine : engines) {
    EXPECT_EQ(&traits_of(engine.kind), &engine);
    EXPECT_EQ(find_engine(engine.name), &engine);
  }
  EXPECT_EQ(find_engine("auto"), nullptr);
  EXPECT_EQ(find_engine(""), nullptr);
}

TEST(Engines, AreWhatAProjectMayName) {
  for (const std::string& name : engine_choices())
    EXPECT_TRUE(parse_project("[build]\nengine = \"" + name + "\"\n", "larder.toml")) << name;
  EXPECT_FALSE(parse_project("[build]\nengine = \"other\"\n", "larder.toml"));
}

/// A row of the table in docs/commands/engines.md: what is said of each engine, in the table's order.
std::string row(const std::string& title, const std::function<std::string(const EngineTraits&)>& cell) {
  std::string text = title.empty() ? "| |" : "| " + title + " |";
  for (const EngineTraits& engine : engines) text += " " + cell(engine) + " |";
  return text;
}

TEST(Engines, AreDocumentedAsTheyAre) {
  Os os;
  const std::string page =
      test::must(read_file(os, AT_FDCWD, LARDER_SOURCE_DIR "/docs/commands/engines.md", size_t{1} << 20));
  const auto yes_if = [](bool EngineTraits::*field) {
    return [field](const EngineTraits& engine) { return std::string(engine.*field ? "yes" : "no"); };
  };
  const std::vector<std::string> rows = {
      row("", [](const EngineTraits& engine) { return "`" + std::string(engine.name) + "`"; }),
      row("runs each build in a container", yes_if(&EngineTraits::is_container_engine)),
      row("shows a build nothing else of the machine", yes_if(&EngineTraits::isolates)),
      row("volumes are transactional",
          [](const EngineTraits& engine) {
            return engine.always_transactional ? "always" : "where it can mount the store";
          }),
      row("network in the fetch phase only", yes_if(&EngineTraits::has_network_phases)),
      row("images for other processors, emulated", yes_if(&EngineTraits::runs_foreign_images)),
      row("builds on this machine's own root (`host`)", yes_if(&EngineTraits::runs_host)),
      row("obeys `--cpus` and `--memory`", yes_if(&EngineTraits::limits_resources))};
  for (const std::string& line : rows) EXPECT_NE(page.find(line + "\n"), std::string::npos) << line;
}

}  // namespace
}  // namespace larder::config
