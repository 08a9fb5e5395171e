#include "builds/run/failure_hint.hpp"

#include <gtest/gtest.h>

#include "config/tables.hpp"

namespace larder::builds {
namespace {

config::Target target(const std::string& name) { return *config::load_targets("")->find(name); }

constexpr const char* arm64_cc_hint =
    "the image has no aarch64-linux-gnu-gcc; `cc = \"…\"` in [target.arm64] of larder.toml tells what it is called "
    "there";

TEST(FailureHint, NamesTheToolThatIsNotThere) {
  EXPECT_EQ(failure_hint(target("arm64"), {"make: aarch64-linux-gnu-gcc: No such file or directory"}), arm64_cc_hint);
  EXPECT_EQ(failure_hint(target("arm64"), {"sh: 1: aarch64-linux-gnu-gcc: not found", "make: *** [all] Error 127"}),
            arm64_cc_hint);
  EXPECT_EQ(
      failure_hint(target("x64"), {"error: linker `x86_64-linux-gnu-gcc` not found"}),
      "the image has no x86_64-linux-gnu-gcc; `cc = \"…\"` in [target.x64] of larder.toml tells what it is called "
      "there");
  EXPECT_EQ(
      failure_hint(target("arm64"),
                   {"  aarch64-linux-gnu-g++", "", "is not a full path and was not found in the PATH."}),
      "the image has no aarch64-linux-gnu-g++; `cxx = \"…\"` in [target.arm64] of larder.toml tells what it is called "
      "there");
}

TEST(FailureHint, DebianHasNoCxxForMusl) {
  const config::Target musl = target("musl-x64");
  ASSERT_NE(musl.no_cxx, "");
  EXPECT_EQ(failure_hint(musl, {"Failed to find tool. Is `musl-g++` installed?"}), musl.no_cxx);
  EXPECT_NE(musl.no_cxx.find("[target.musl-x64]"), std::string::npos);
}

TEST(FailureHint, SaysNothingOfOtherFailures) {
  EXPECT_EQ(failure_hint(target("x64"), {}), "");
  EXPECT_EQ(failure_hint(target("x64"), {"main.c:3: fatal error: sqlite3.h: No such file or directory"}), "");
  EXPECT_EQ(failure_hint(target("x64"), {"x86_64-linux-gnu-gcc: error: app.c: No such file or directory"}), "");
  EXPECT_EQ(failure_hint(target("x64"), {"x86_64-linux-gnu-gcc -o app main.c", "main.c:1: error: expected ';'"}), "");
}

}  // namespace
}  // namespace larder::builds
