#include "builds/run/configured.hpp"

#include <gtest/gtest.h>

#include "builds/run/project_state.hpp"
#include "builds/support.hpp"

namespace larder::builds {
namespace {

class ConfiguredTools : public ::testing::Test {
 protected:
  ConfiguredTools() {
    kit_.plan.recipe.blind.configured = {{"**/CMakeLists.txt"}, {"try_compile"}, {"*/out/cache", "*/out/private/**"}};
    kit_.plan.recipe.blind.documents = {"**/*.md", "**/CMakeLists.txt"};
    kit_.put("CMakeLists.txt", "project(a C)\n");
  }

  bool may(const source::Difference& difference) {
    const auto entries = must(look_at_project(kit_.plan, kit_.store()))->entries;
    return may_configure_otherwise(kit_.os(), kit_.plan, entries, difference);
  }

  Kit kit_;
};

TEST_F(ConfiguredTools, WhatSaysHowAndWhatIsNewOrGoneCounts) {
  EXPECT_TRUE(may({{"lib/CMakeLists.txt"}, {}, {}, 9}));
  EXPECT_TRUE(may({{}, {"config.txt"}, {}, 9}));
  EXPECT_TRUE(may({{}, {}, {"config.txt"}, 9}));
}

TEST_F(ConfiguredTools, AnEditIsNoReason) {
  EXPECT_FALSE(may({{"main.c"}, {}, {}, 9}));
  EXPECT_FALSE(may({{"README.md"}, {"NEWS.md"}, {"OLD.md"}, 9}));
  EXPECT_FALSE(may({{}, {}, {}, 9}));
}

TEST_F(ConfiguredTools, WhatCompilesWhileItConfiguresMayReadAnyFile) {
  kit_.put("CMakeLists.txt", "try_compile(works ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR}/probe.c)\n");
  EXPECT_TRUE(may({{"probe.c"}, {}, {}, 9}));
  EXPECT_FALSE(may({{"README.md"}, {}, {}, 9}));
}

TEST_F(ConfiguredTools, WhatIsNamedThereOrByTheUserMayBeReadUnlessItIsCompiled) {
  kit_.plan.recipe.blind.includes = {"**/*.c"};
  kit_.plan.recipe.blind.configured.reads = {"file(READ"};
  kit_.put("CMakeLists.txt", "file(STRINGS ${DIR}/VERSION v)\nadd_executable(a main.c)\nfile(READ\n probe.c text)\n");
  EXPECT_TRUE(may({{"VERSION"}, {}, {}, 9}));
  EXPECT_FALSE(may({{"main.c"}, {}, {}, 9}));
  EXPECT_TRUE(may({{"probe.c"}, {}, {}, 9}));
  EXPECT_FALSE(may({{"README.md"}, {}, {}, 9}));
  EXPECT_FALSE(may({{"settings.txt"}, {}, {}, 9}));
  kit_.plan.args = {"-C", "settings.txt"};
  EXPECT_TRUE(may({{"settings.txt"}, {}, {}, 9}));
  kit_.put("CMakeLists.txt", "file(READ README.md text)\n");
  EXPECT_TRUE(may({{"README.md"}, {}, {}, 9}));
}

TEST_F(ConfiguredTools, ATableIsNeeded) {
  kit_.plan.recipe.blind.configured = {};
  EXPECT_FALSE(may({{"CMakeLists.txt"}, {"a"}, {"b"}, 9}));
}

}  // namespace
}  // namespace larder::builds
