#include "config/rust_cfg.hpp"

#include <gtest/gtest.h>

#include "config/tables.hpp"

namespace larder::config {
namespace {

Target target(const std::string& name) { return *load_targets("")->find(name); }

TEST(RustCfg, WhatATargetIsKnownBy) {
  for (const char* text : {"cfg(unix)", "cfg(target_arch = \"aarch64\")", "cfg(target_os=\"linux\")",
                           "cfg(all(unix, target_env = \"musl\"))", "cfg(any(windows, target_arch = \"aarch64\",))",
                           "cfg(not(windows))", "cfg(all())", "cfg( not ( any ( ) ) )"})
    EXPECT_EQ(fits_cfg(text, target("musl-arm64")), true) << text;
  for (const char* text : {"cfg(windows)", "cfg(target_arch = \"x86_64\")", "cfg(all(unix, target_env = \"gnu\"))",
                           "cfg(not(unix))", "cfg(any())", "cfg(target_pointer_width = \"32\")"})
    EXPECT_EQ(fits_cfg(text, target("musl-arm64")), false) << text;
  EXPECT_EQ(fits_cfg("cfg(all(windows, target_vendor = \"pc\"))", target("windows-x64")), true);
  EXPECT_EQ(fits_cfg("cfg(target_arch = \"arm\")", target("armhf")), true);
}

TEST(RustCfg, WhatIsNotKnownDecidesNothing) {
  EXPECT_EQ(fits_cfg("cfg(target_feature = \"neon\")", target("arm64")), std::nullopt);
  EXPECT_EQ(fits_cfg("cfg(not(tokio_unstable))", target("arm64")), std::nullopt);
  EXPECT_EQ(fits_cfg("cfg(any(tokio_unstable, unix))", target("arm64")), true);
  EXPECT_EQ(fits_cfg("cfg(all(tokio_unstable, windows))", target("arm64")), false);
}

TEST(RustCfg, WhatIsNoExpressionSaysNothing) {
  std::string deep;
  for (int i = 0; i < 10000; ++i) deep += "not(";
  for (const std::string text : {"", "cfg", "cfg(", "cfg()", "cfg(unix", "cfg(unix))", "cfg(all(unix)", "unix",
                                 "cfg(target_os = linux)", "cfg(target_os = \"linux)", "cfg(some(unix))"})
    EXPECT_EQ(fits_cfg(text, target("arm64")), std::nullopt) << text;
  EXPECT_EQ(fits_cfg("cfg(" + deep, target("arm64")), std::nullopt);
}

}  // namespace
}  // namespace larder::config
