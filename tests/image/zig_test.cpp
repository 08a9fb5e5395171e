#include "image/zig.hpp"

#include <gtest/gtest.h>

#include "config/tables.hpp"
#include "support/must.hpp"

namespace larder::image {
namespace {

using test::must;
using Words = std::vector<std::string>;
using Variables = std::map<std::string, std::string>;

TEST(Zig, ItsToolsForATarget) {
  const config::TargetTable targets = must(config::load_targets(""));
  const config::Target target = config::with_zig(must(targets.find("musl-arm64")));
  EXPECT_EQ(target.cc, "aarch64-linux-musl-zig-cc");
  EXPECT_EQ(target.linker, "aarch64-linux-musl-zig-cc");
  EXPECT_EQ(target.cxx, "aarch64-linux-musl-zig-c++");
  EXPECT_EQ(config::target_placeholders(target).at("binutils"), "aarch64-linux-musl-zig-");
  const Step step = zig_target_step(target);
  EXPECT_EQ(step.kind, StepKind::commands);
  EXPECT_TRUE(step.request.front().starts_with("set -- aarch64-linux-musl aarch64-linux-gnu-\n"));
  EXPECT_EQ(step.describe(), "`Make zig's compilers those of a target …`");
  for (const char* other : {"armhf", "windows-x64"})
    EXPECT_EQ(config::zig_target(must(targets.find(other))), "") << other;
  config::Target old = must(targets.find("arm64"));
  EXPECT_EQ(config::zig_target(old), "aarch64-linux-gnu");
  old.glibc = "2.17";
  EXPECT_EQ(config::with_zig(old).cxx, "aarch64-linux-gnu.2.17-zig-c++");
}

TEST(Zig, IsPinnedByItsWheel) {
  EXPECT_EQ(zig_variables(nullptr), Variables());
  StepRecord record;
  const std::string digest(64, 'a');
  take_zig(digest + " 0.17.1\n", record);
  EXPECT_EQ(record.source, "sha256:" + digest);
  EXPECT_EQ(record.packages, Words{"zig=0.17.1"});
  EXPECT_EQ(zig_variables(&record), (Variables{{"LARDER_ZIG_VERSION", "0.17.1"}, {"LARDER_ZIG_SHA256", digest}}));
  StepRecord nothing;
  take_zig("", nothing);
  take_zig("a b", nothing);
  EXPECT_TRUE(nothing.packages.empty());
}

TEST(Zig, AFailureIsExplained) {
  for (const auto& [line, words] :
       {std::pair("index Name or service not known", "Name or service not known"), std::pair("hash 0.17.1", "SHA-256"),
        std::pair("gone 0.17.1", "pins zig 0.17.1"), std::pair("wheel ziglang-1.whl", "ziglang-1.whl")}) {
    Error error{ErrorCode::environment, "an image cannot be prepared", "unknown", {}, 0};
    explain_zig(line, error);
    EXPECT_NE((error.message + error.cause).find(words), std::string::npos) << line;
    EXPECT_FALSE(error.hint.empty()) << line;
  }
}

}  // namespace
}  // namespace larder::image
