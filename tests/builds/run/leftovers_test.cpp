#include "builds/run/leftovers.hpp"

#include <gtest/gtest.h>

#include "builds/run/project_state.hpp"
#include "builds/support.hpp"

namespace larder::builds {
namespace {

using Paths = std::vector<std::string>;

constexpr const char* status =
    "#! /bin/sh\n# Files that config.status was made for.\nconfig_files=\" Makefile\n src/Makefile:src/Makefile.in\"\n"
    "config_headers=\" config.h\"\nconfig_links=\"\"\n";

TEST(MadeByStatus, IsWhatItsListsName) {
  EXPECT_EQ(made_by_status(status), (Paths{"Makefile", "src/Makefile", "config.h"}));
  EXPECT_EQ(made_by_status("#!/bin/sh\nconfig_files=\""), Paths{});
  EXPECT_EQ(made_by_status(""), Paths{});
}

TEST(Leftovers, WhatConfigureHasMadeInTheProjectIsNotShown) {
  Kit kit;
  kit.plan.recipe.blind.configured.status = {"**/config.status"};
  for (const char* path : {"lib/config.h", "lib/Makefile", "lib/main.c", "config.h"}) kit.put(path, "1");
  EXPECT_EQ(must(look_at_project(kit.plan, kit.store()))->objects, Paths{});
  kit.put("lib/config.status", status);
  EXPECT_EQ(must(look_at_project(kit.plan, kit.store()))->objects,
            (Paths{"lib/config.status", "lib/Makefile", "lib/config.h"}));
  kit.put("lib/main.o",
          "\x7f"
          "ELF object");
  kit.plan.project.show = {"lib/Makefile"};
  EXPECT_EQ(must(look_at_project(kit.plan, kit.store()))->objects,
            (Paths{"lib/config.status", "lib/config.h", "lib/main.o"}));
}

}  // namespace
}  // namespace larder::builds
