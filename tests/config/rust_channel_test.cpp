#include "config/rust_channel.hpp"

#include <gtest/gtest.h>

namespace larder::config {
namespace {

TEST(RustChannel, InItsParts) {
  struct Case {
    const char* text;
    const char* name;
    const char* date;
    const char* host;
  };
  for (const Case& known :
       {Case{"stable", "stable", "", ""}, Case{"1.85", "1.85", "", ""}, Case{"1.85.0-beta.2", "1.85.0-beta.2", "", ""},
        Case{"beta-2025-01-09", "beta", "2025-01-09", ""},
        Case{"nightly-2026-01-15-x86_64-unknown-linux-gnu", "nightly", "2026-01-15", "x86_64-unknown-linux-gnu"},
        Case{"1.75.0-aarch64-unknown-linux-gnu", "1.75.0", "", "aarch64-unknown-linux-gnu"}}) {
    const auto channel = parse_rust_channel(known.text);
    ASSERT_TRUE(channel) << known.text;
    EXPECT_EQ(channel->name, known.name);
    EXPECT_EQ(channel->date, known.date);
    EXPECT_EQ(channel->host, known.host);
  }
}

TEST(RustChannel, OtherNamesAreNone) {
  for (const char* text :
       {"", "own", "1", "1.85.0.1", "nightly-2026", "stable-", "../stable", "stable beta", "v1.85", "/opt/rust"})
    EXPECT_FALSE(parse_rust_channel(text)) << text;
}

}  // namespace
}  // namespace larder::config
