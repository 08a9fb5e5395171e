#include "image/rust_toolchain.hpp"

#include <gtest/gtest.h>

#include "support/must.hpp"
#include "support/scoped_variable.hpp"

namespace larder::image {
namespace {

using test::must;
using test::ScopedVariable;
using Words = std::vector<std::string>;
using Variables = std::map<std::string, std::string>;

constexpr const char* host = "x86_64-unknown-linux-gnu";

TEST(RustStep, HasAllThatThePinSaysAndInOneOrder) {
  const RustPin pin{"nightly-2026-01-15", "", "minimal", {"rust-src", "clippy", "clippy"}, {"wasm32-unknown-unknown"}};
  const Step step = must(rust_step(pin, host));
  EXPECT_EQ(step.request, (Words{"nightly-2026-01-15", "host:x86_64-unknown-linux-gnu", "profile:minimal",
                                 "component:clippy", "component:rust-src", "target:wasm32-unknown-unknown"}));
  EXPECT_EQ(step.describe(), "Rust nightly-2026-01-15");
  EXPECT_EQ(rust_target_step("a-b").describe(), "Rust's library for a-b");
  EXPECT_EQ(must(rust_step({"stable-x86_64-unknown-linux-gnu", ""}, host)).request,
            (Words{"stable", "host:x86_64-unknown-linux-gnu"}));
}

TEST(RustStep, WhatIsNotToBeHad) {
  for (const RustPin& pin :
       {RustPin{"own", "x"}, RustPin{"/opt/rust", "x"}, RustPin{"1.85-aarch64-unknown-linux-gnu", "x"},
        RustPin{"1.85", "x", "", {"a b"}}, RustPin{"1.85", "x", "", {}, {"--x"}}}) {
    const auto step = rust_step(pin, host);
    ASSERT_FALSE(step) << pin.name;
    EXPECT_EQ(step.error().code, ErrorCode::environment);
    EXPECT_TRUE(step.error().message.starts_with("Larder's own image cannot have Rust " + pin.name));
    EXPECT_NE(step.error().hint.find("--image host"), std::string::npos);
  }
}

TEST(RustVariables, OfTheCallerAndTheLock) {
  const ScopedVariable server("RUSTUP_DIST_SERVER", std::nullopt);
  const ScopedVariable older("RUSTUP_DIST_ROOT", "https://mirror.example/rust/dist");
  EXPECT_EQ(rust_variables(nullptr), (Variables{{"RUSTUP_DIST_SERVER", "https://mirror.example/rust"}}));
  const ScopedVariable newer("RUSTUP_DIST_SERVER", "https://other.example");
  StepRecord pinned;
  const std::string digest(64, 'a');
  take_rust(digest + " 2026-01-15 1.94.0-nightly\n", pinned);
  EXPECT_EQ(pinned.packages, Words{"rust=1.94.0-nightly+2026-01-15"});
  EXPECT_EQ(rust_variables(&pinned), (Variables{{"RUSTUP_DIST_SERVER", "https://other.example"},
                                                {"LARDER_MANIFEST", digest},
                                                {"LARDER_MANIFEST_DATE", "2026-01-15"}}));
}

TEST(RustVariables, WhatIsNoFactSaysNothing) {
  StepRecord record;
  take_rust("", record);
  take_rust("a b c", record);
  EXPECT_TRUE(record.packages.empty());
  EXPECT_TRUE(record.source.empty());
}

TEST(RustFailure, IsExplained) {
  for (const auto& [line, cause] :
       {std::pair("server curl: (7) Failed to connect", "curl: (7) Failed to connect"),
        std::pair("channel 1.99", "the server of Rust's distribution has no 1.99"),
        std::pair("component miri x86_64-unknown-linux-gnu", "it has no miri for x86_64-unknown-linux-gnu"),
        std::pair("missing dist/x.tar.xz", "the server does not have dist/x.tar.xz"),
        std::pair("hash dist/x.tar.xz",
                  "dist/x.tar.xz is damaged, or another one than the server says: its SHA-256 is wrong"),
        std::pair("profile most", "it has no profile most"), std::pair("gone 2026-01-15", "")}) {
    Error error{ErrorCode::environment, "an image cannot be prepared: Rust 1.99", "unknown", {}, 0};
    explain_rust(line, error);
    EXPECT_EQ(error.cause, cause) << line;
    EXPECT_FALSE(error.hint.empty()) << line;
  }
}

}  // namespace
}  // namespace larder::image
