#include "builds/plan/rust.hpp"

#include <gtest/gtest.h>

#include "../support.hpp"

namespace larder::builds {
namespace {

using Words = std::vector<std::string>;

/// A plan of a project whose recipe can have rustup's toolchains.
class RustOfAPlan : public ::testing::Test {
 protected:
  RustOfAPlan() { kit_.plan.recipe.toolchains = {"{rustup}", "/usr"}; }

  /// The pin that is chosen, as "name by said_by"; "none".
  std::string chosen() {
    must(choose_rust(kit_.plan));
    const auto& pin = kit_.plan.rust_pin;
    return pin ? pin->name + " by " + pin->said_by : "none";
  }

  void put_pin(const std::string& lines) { kit_.put("rust-toolchain.toml", "[toolchain]\n" + lines + "\n"); }

  Kit kit_;
  ScopedVariable variable_{"RUSTUP_TOOLCHAIN", std::nullopt};
};

TEST_F(RustOfAPlan, IsNoneWithoutAPin) {
  EXPECT_EQ(chosen(), "none");
  EXPECT_FALSE(kit_.plan.rust_is_asked);
}

TEST_F(RustOfAPlan, OfTheToolchainFile) {
  put_pin("channel = \"1.85\"\ncomponents = [\"rust-src\"]");
  EXPECT_EQ(chosen(), "1.85 by rust-toolchain.toml");
  EXPECT_FALSE(kit_.plan.rust_is_asked) << "an image with a Rust of its own may have it";
  put_pin("components = [\"rust-src\"]");
  EXPECT_EQ(chosen(), "stable by rust-toolchain.toml");
  put_pin("");
  EXPECT_FALSE(choose_rust(kit_.plan));
}

TEST_F(RustOfAPlan, IsSaidWhereTheImageHasIt) {
  image::Image image;
  image.toolchain = "/usr/local/rust";
  EXPECT_EQ(pinned_rust(kit_.plan, image), "") << "nothing is pinned";
  put_pin("channel = \"1.85\"");
  must(choose_rust(kit_.plan));
  EXPECT_EQ(pinned_rust(kit_.plan, image), "Rust 1.85, by rust-toolchain.toml");
  image.toolchain = "/usr";
  EXPECT_EQ(pinned_rust(kit_.plan, image), "") << "another image";
}

TEST_F(RustOfAPlan, OfTheVariableBeforeTheFile) {
  put_pin("channel = \"1.85\"");
  const ScopedVariable variable("RUSTUP_TOOLCHAIN", "beta");
  EXPECT_EQ(chosen(), "beta by RUSTUP_TOOLCHAIN");
  kit_.plan.passed["RUSTUP_TOOLCHAIN"] = "nightly";
  EXPECT_EQ(chosen(), "nightly by RUSTUP_TOOLCHAIN");
}

TEST_F(RustOfAPlan, OfLarderTomlWithWhatTheFileSaysBeside) {
  put_pin("channel = \"1.85\"\ncomponents = [\"rust-src\"]");
  const ScopedVariable variable("RUSTUP_TOOLCHAIN", "beta");
  kit_.plan.project.rust = "1.90";
  EXPECT_EQ(chosen(), "1.90 by `[build] rust` in larder.toml");
  EXPECT_EQ(kit_.plan.rust_pin->components, Words{"rust-src"});
  EXPECT_TRUE(kit_.plan.rust_is_asked);
}

TEST_F(RustOfAPlan, DebiansWhateverIsPinned) {
  put_pin("channel = \"1.85\"");
  kit_.plan.project.rust = "debian";
  EXPECT_EQ(chosen(), "none");
  EXPECT_FALSE(kit_.plan.rust_is_asked);
}

TEST_F(RustOfAPlan, OfTheFirstArgumentBeforeAll) {
  kit_.plan.project.rust = "1.90";
  kit_.plan.project.args = {"+1.80", "--locked"};
  kit_.plan.tool_args = {"+nightly", "--features", "tls"};
  EXPECT_EQ(chosen(), "nightly by `+nightly`");
  EXPECT_EQ(kit_.plan.tool_args, (Words{"--features", "tls"}));
  EXPECT_EQ(kit_.plan.project.args, Words{"--locked"});
  EXPECT_TRUE(kit_.plan.rust_is_asked);
}

TEST_F(RustOfAPlan, MeansNothingToOtherTools) {
  put_pin("channel = \"1.85\"");
  kit_.plan.recipe.toolchains = {"/usr"};
  kit_.plan.tool_args = {"+x"};
  EXPECT_EQ(chosen(), "none");
  EXPECT_EQ(kit_.plan.tool_args, Words{"+x"});
}

TEST_F(RustOfAPlan, AnImageWithARustOfItsOwnRefusesWhatIsAskedOfLarder) {
  put_pin("channel = \"1.85\"");
  must(choose_rust(kit_.plan));
  EXPECT_TRUE(refuse_rust(kit_.plan, "rust:1"));
  kit_.plan.project.rust = "1.90";
  must(choose_rust(kit_.plan));
  const Status refused = refuse_rust(kit_.plan, "rust:1");
  ASSERT_FALSE(refused);
  for (const char* word : {"1.90", "rust:1", "[build] rust"})
    EXPECT_NE(refused.error().message.find(word), std::string::npos) << word;
}

}  // namespace
}  // namespace larder::builds
