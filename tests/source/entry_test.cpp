#include "source/entry.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "source/kit.hpp"

namespace larder::source {
namespace {

using namespace test;

Entry file(const std::string& path, const std::string& content, int64_t time = 0) {
  return {path, Kind::file, 0644, digest(content), time};
}

TEST(Entry, ContentIsTheSameWhateverTheTime) {
  EXPECT_TRUE(same_content(file("a", "x", 1), file("a", "x", 2)));
  EXPECT_FALSE(same_content(file("a", "x"), file("a", "y")));
}

TEST(Entry, AnotherModeOrKindIsOtherContent) {
  Entry script = file("a", "x");
  script.mode = 0755;
  EXPECT_FALSE(same_content(file("a", "x"), script));
  Entry link = file("a", "x");
  link.kind = Kind::link;
  EXPECT_FALSE(same_content(file("a", "x"), link));
}

TEST(Entry, UnknownContentIsNotEvenTheSameAsItself) {
  const Entry unknown{"a", Kind::file, 0644, {}, 0};
  EXPECT_FALSE(same_content(unknown, unknown));
}

TEST(Entry, AFolderComesBeforeWhatIsInItAndThatBeforeItsNextSibling) {
  std::vector<std::string> paths = {"a.b", "a/b", "a", "", "a-b", "a/b/c", "b", "a\xff", "a\x01"};
  std::sort(paths.begin(), paths.end(), [](const auto& a, const auto& b) { return path_before(a, b); });
  EXPECT_EQ(paths, (std::vector<std::string>{"", "a", "a/b", "a/b/c", "a\x01", "a-b", "a.b", "a\xff", "b"}));
}

TEST(Entry, OnlyWholeNamesLieBelowAFolder) {
  EXPECT_TRUE(is_below("a/b", "a"));
  EXPECT_TRUE(is_below("a/b/c", "a"));
  EXPECT_TRUE(is_below("a", ""));
  EXPECT_FALSE(is_below("a", "a"));
  EXPECT_FALSE(is_below("ab", "a"));
  EXPECT_FALSE(is_below("", ""));
}

TEST(Entry, GitsOwnIsKnownInAnyFolder) {
  EXPECT_TRUE(is_gits_own(".git"));
  EXPECT_TRUE(is_gits_own(".git/index"));
  EXPECT_TRUE(is_gits_own("vendor/lib/.git"));
  EXPECT_TRUE(is_gits_own("vendor/lib/.git/HEAD"));
  EXPECT_FALSE(is_gits_own(".gitignore"));
  EXPECT_FALSE(is_gits_own("a.git/b"));
  EXPECT_FALSE(is_gits_own(""));
}

TEST(Entry, IsFoundByItsPath) {
  Entries all = {file("", ""), file("a", "1"), file("a/b", "2"), file("a.b", "3")};
  ASSERT_NE(find(all, "a.b"), nullptr);
  EXPECT_EQ(find(all, "a.b")->content, digest("3"));
  EXPECT_EQ(find(all, "a/b")->content, digest("2"));
  EXPECT_EQ(find(all, "b"), nullptr);
  EXPECT_EQ(find(all, "a/"), nullptr);
}

TEST(Entry, TheDigestOfAllIsTheSameForEveryClone) {
  const Entries one = {file(".git/HEAD", "main", 1), file("a", "x", 1)};
  const Entries clone = {file(".git/HEAD", "other", 2), file("a", "x", 2)};
  EXPECT_EQ(digest_of(one), digest_of(clone));
  EXPECT_NE(digest_of(one), digest_of({file("a", "y")}));
  EXPECT_NE(digest_of(one), digest_of({file("b", "x")}));
  EXPECT_NE(digest_of(one), digest_of({}));
}

TEST(Entry, TimesSurviveTheWayToNanosecondsAndBack) {
  for (const int64_t time :
       {int64_t{0}, int64_t{1}, int64_t{-1}, 1'700'000'000 * one_second + 5, -3 * one_second - 7}) {
    const timespec parts = to_timespec(time);
    EXPECT_GE(parts.tv_nsec, 0);
    EXPECT_LT(parts.tv_nsec, one_second);
    EXPECT_EQ(nanoseconds(parts), time);
  }
}

TEST(Entry, TimesThatDoNotFitBecomeTheNearest) {
  EXPECT_GT(nanoseconds({std::numeric_limits<int64_t>::max(), 0}), 9'000'000'000 * one_second);
  EXPECT_LT(nanoseconds({std::numeric_limits<int64_t>::min(), 0}), -9'000'000'000 * one_second);
}

}  // namespace
}  // namespace larder::source
