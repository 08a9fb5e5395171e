#include "config/tool_workspace.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "config/support.hpp"

namespace larder::config {
namespace {

class ToolWorkspace : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const {
    return std::filesystem::canonical(dir_.path()).string() + (name.empty() ? "" : "/" + name);
  }
  void put(const std::string& name, const std::string& text) { dir_.write(name, text); }
  std::string root_of(const std::string& start) { return tool_workspace(path(start), "Cargo.toml"); }

  TempFolder dir_;
};

TEST_F(ToolWorkspace, IsTheNearestRootAbove) {
  put("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\n");
  put("crates/app/Cargo.toml", "[package]\nname = \"app\"\n");
  put("crates/app/src/main.rs", "");
  EXPECT_EQ(root_of("crates/app"), path(""));
  EXPECT_EQ(root_of("crates/app/src"), path(""));
}

TEST_F(ToolWorkspace, AnExcludedPackageIsItsOwn) {
  put("Cargo.toml", "[workspace]\nexclude = [\"other\"]\n");
  put("other/Cargo.toml", "[package]\nname = \"other\"\n");
  EXPECT_EQ(root_of("other"), "");
}

TEST_F(ToolWorkspace, AMemberThatIsNamedIsOneInAnExcludedFolder) {
  put("Cargo.toml", "[workspace]\nmembers = [\"other/in\"]\nexclude = [\"other\"]\n");
  put("other/in/Cargo.toml", "[package]\nname = \"in\"\n");
  EXPECT_EQ(root_of("other/in"), path(""));
}

TEST_F(ToolWorkspace, ThePackageMayNameItsRoot) {
  put("root/Cargo.toml", "[workspace]\nmembers = [\"../app\"]\n");
  put("app/Cargo.toml", "[package]\nname = \"app\"\nworkspace = \"../root\"\n");
  EXPECT_EQ(root_of("app"), path("root"));
}

TEST_F(ToolWorkspace, APackageWithoutOneHasNone) {
  put("app/Cargo.toml", "[package]\nname = \"app\"\n");
  EXPECT_EQ(root_of("app"), "");
  put("app/Cargo.toml", "this is no TOML");
  EXPECT_EQ(root_of("app"), "");
}

/// A library for TOML that frees tables by recursion has no stack for these.
TEST_F(ToolWorkspace, AFileOfDeepKeysOrBrokenTablesIsNone) {
  std::string keys = "a";
  for (int i = 0; i < 200000; ++i) keys += ".a";
  for (const std::string& text : {keys + " = 1\n", std::string("[$x]\n"), std::string("[[\n")}) {
    put("app/Cargo.toml", "[package]\nname = 'app'\n" + text);
    EXPECT_EQ(root_of("app"), "");
  }
}

}  // namespace
}  // namespace larder::config
