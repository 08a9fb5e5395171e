#include "base/glob.hpp"

#include <gtest/gtest.h>

namespace larder {
namespace {

TEST(Glob, MatchesPartsAndFolders) {
  EXPECT_TRUE(glob_matches("target/*", "target/app"));
  EXPECT_FALSE(glob_matches("target/*", "target/debug/app"));
  EXPECT_TRUE(glob_matches("**", "a"));
  EXPECT_TRUE(glob_matches("**", "a/b/c"));
  EXPECT_TRUE(glob_matches("**/*.d", "app.d"));
  EXPECT_TRUE(glob_matches("**/*.d", "x/y/app.d"));
  EXPECT_FALSE(glob_matches("**/*.d", "x/y/app.o"));
  EXPECT_TRUE(glob_matches("a/**/z", "a/z"));
  EXPECT_TRUE(glob_matches("a/**/z", "a/b/c/z"));
  EXPECT_FALSE(glob_matches("a/**/z", "b/z"));
  EXPECT_TRUE(glob_matches("a/**", "a")) << "** may be no folder";
  EXPECT_FALSE(glob_matches("a", "a/b"));
  EXPECT_FALSE(glob_matches("a/b", "a"));
  EXPECT_TRUE(glob_matches("**/b/**/d", "b/x/b/c/d"));
  EXPECT_FALSE(glob_matches("**/b/**/d", "b/x/b/c/e"));
}

TEST(Glob, PartsAreThoseOfFnmatch) {
  EXPECT_TRUE(glob_matches("a/[bc]?.txt", "a/cx.txt"));
  EXPECT_FALSE(glob_matches("a/[bc]?.txt", "a/dx.txt"));
  EXPECT_TRUE(glob_matches("a/\\*", "a/*"));
  EXPECT_FALSE(glob_matches("a/\\*", "a/x"));
  EXPECT_TRUE(glob_matches("a.b", "a.b"));
  EXPECT_FALSE(glob_matches("a.b", "axb"));
  EXPECT_TRUE(glob_matches("**/README*", "doc/README.txt"));
  EXPECT_FALSE(glob_matches("**/README*", "doc/xREADME.txt"));
  EXPECT_TRUE(glob_matches("**/.*.cmd", "a/.x.o.cmd"));
  EXPECT_FALSE(glob_matches("**/.*.cmd", "a/.x.o.cmds"));
  EXPECT_FALSE(glob_matches("a*a", "a")) << "begin and end do not overlap";
  EXPECT_TRUE(glob_matches("a[b]", "ab"));
  EXPECT_TRUE(glob_matches("x/**", "x/y/z"));
}

TEST(Globs, SayTheSameOfManyPaths) {
  const std::vector<std::string> patterns = {"Cargo.toml",  "**/Cargo.toml", "a/**",   "**/*.d", "**/README*",
                                             "x/[bc]?.txt", "y/\\*",         "**/a*a", "b/**/d", ".*.cmd"};
  const std::vector<std::string> paths = {
      "Cargo.toml", "x/Cargo.toml", "xCargo.toml", "a",        "a/b/c", "b/c", "q/r.d", "r.o",
      "README",     "d/README.txt", "x/bx.txt",    "x/dx.txt", "y/*",   "y/x", "a/a",   "aa",
      "c/aba",      "b/x/d",        "b/x/e",       ".o.cmd",   "o.cmd", ""};
  for (const std::string& pattern : patterns) {
    const std::vector<std::string> one = {pattern};
    const Globs globs(one);
    for (const std::string& path : paths) {
      EXPECT_EQ(globs.match(path), glob_matches(pattern, path)) << pattern << " and " << path;
      EXPECT_TRUE(globs.may_match(path) || !glob_matches(pattern, path)) << pattern << " and " << path;
    }
  }
  const Globs all(patterns);
  for (const std::string& path : paths) EXPECT_EQ(all.match(path), matches_any(patterns, path)) << path;
  const std::vector<std::string> by_name = {"**/Cargo.toml", "x/*.d"};
  EXPECT_FALSE(Globs(by_name).may_match("Cargo.toml/main.rs"));
}

TEST(Glob, TellsWhereToLook) {
  EXPECT_TRUE(glob_may_match_below("target/x/release/*", "target"));
  EXPECT_TRUE(glob_may_match_below("target/x/release/*", "target/x/release"));
  EXPECT_FALSE(glob_may_match_below("target/x/release/*", "target/x/release/deps"));
  EXPECT_FALSE(glob_may_match_below("target/x/release/*", "target/release"));
  EXPECT_TRUE(glob_may_match_below("**", "a/b/c"));
  EXPECT_TRUE(glob_may_match_below("build/**/app", "build/x/y"));
  EXPECT_FALSE(glob_may_match_below("build/**", "src"));
}

TEST(Glob, LeadingDotMustBeWritten) {
  EXPECT_FALSE(glob_matches("*", ".hidden"));
  EXPECT_TRUE(glob_matches("**/.cargo-*", "release/.cargo-lock"));
}

}  // namespace
}  // namespace larder
