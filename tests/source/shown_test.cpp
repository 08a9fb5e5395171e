#include "source/shown.hpp"

#include <gtest/gtest.h>

#include "source/kit.hpp"

namespace larder::source {
namespace {

using namespace test;

using Correct = Correction::What;
constexpr int64_t built = 1'000 * one_second;  ///< when the volume's newest file was made
constexpr int64_t build_time = 2'000 * one_second;

/// A project that is only talked of.
class ShownTest : public ::testing::Test {
 protected:
  ShownTest() { folder(""); }

  void folder(const std::string& path, const std::string& names = "", int64_t time = 1) {
    add({{path, Kind::folder, 0755, digest(names), time}, {}, {}, false});
  }
  void file(const std::string& path, const std::string& content, int64_t time = 1, uint16_t mode = 0644) {
    add({{path, Kind::file, mode, digest(content), time}, {}, {}, false});
  }
  void link(const std::string& path, const std::string& text, int64_t time = 1) {
    add({{path, Kind::link, 0777, digest(text), time}, {}, text, false});
  }

  /// All that has been said so far is what the last build has seen.
  void end_build() {
    record_.entries.clear();
    for (const auto& [path, seen] : seen_) record_.entries.push_back(seen.entry);
    record_.entries = sorted(record_.entries);
    record_.links = links_of(walk());
  }
  void forget(const std::string& path) { seen_.erase(path); }
  Seen& seen(const std::string& path) { return seen_.at(path); }
  /// The next build has what this one was shown.
  void take_over(const Shown& shown) { record_ = {shown.entries, shown.own}; }

  void own(OwnWrite write) {
    record_.own.push_back(std::move(write));
    std::sort(record_.own.begin(), record_.own.end(),
              [](const OwnWrite& a, const OwnWrite& b) { return path_before(a.path, b.path); });
  }
  OwnWrite wrote(const std::string& path, const std::string& replaced) const {
    return {path, Kind::file, 0644, built, {"", Kind::file, 0644, digest(replaced), 0}, false, false};
  }
  static OwnWrite made(const std::string& path, Kind kind = Kind::file) {
    return {path, kind, 0644, built, {}, false, false};
  }

  Walk walk() const {
    Walk walk;
    for (const auto& [path, seen] : seen_) walk.seen.push_back(seen);
    std::sort(walk.seen.begin(), walk.seen.end(),
              [](const Seen& a, const Seen& b) { return path_before(a.entry.path, b.entry.path); });
    return walk;
  }

  Shown decide() {
    asked_ = 0;
    const VolumeFacts facts{[this]() -> Result<int64_t> { return ++asked_, newest_; },
                            [this](const Seen& seen) -> Result<bool> { return same_.count(seen.entry.path) > 0; }};
    Shown shown = must(source::decide(walk(), record_, facts, build_time));
    return shown;
  }

  static int64_t time_of(const Shown& shown, const std::string& path) {
    const Entry* entry = find(shown.entries, path);
    must(entry != nullptr, path + " is not shown");
    return entry->time;
  }
  static std::vector<std::string> corrected(const Shown& shown) {
    std::vector<std::string> all;
    const char* names[] = {"copy", "folder", "gone", "cover"};
    for (const Correction& one : shown.corrections) all.push_back(names[static_cast<int>(one.what)] + (" " + one.path));
    return all;
  }
  using Texts = std::vector<std::string>;

  int asked_ = 0;
  int64_t newest_ = built;
  std::map<std::string, int> same_;  ///< paths at which the volume has the project's content

 private:
  void add(Seen seen) { seen_[seen.entry.path] = std::move(seen); }
  static Entries sorted(Entries entries) {
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return path_before(a.path, b.path); });
    return entries;
  }

  std::map<std::string, Seen> seen_;
  Record record_;
};

TEST_F(ShownTest, NothingChangedNeedsNoCorrectionAndNoLookIntoTheVolume) {
  file("a", "1");
  end_build();
  const Shown shown = decide();
  EXPECT_TRUE(shown.corrections.empty());
  EXPECT_EQ(shown.changed, 0U);
  EXPECT_EQ(asked_, 0);
}

TEST_F(ShownTest, TheSameContentHasTheTimeOfThen) {
  file("a", "1", 5);
  end_build();
  file("a", "1", 1'500 * one_second);
  const Shown shown = decide();
  EXPECT_EQ(time_of(shown, "a"), 5);
  EXPECT_EQ(corrected(shown), Texts{"copy a"});
}

TEST_F(ShownTest, ChangedContentWithAnOldTimeIsShownAsOfNow) {
  file("a", "1");
  end_build();
  file("a", "2", 5);
  const Shown shown = decide();
  EXPECT_EQ(time_of(shown, "a"), build_time);
  EXPECT_EQ(shown.changed, 1U);
  EXPECT_EQ(asked_, 1);
}

TEST_F(ShownTest, ChangedContentThatIsNewerThanTheVolumeKeepsItsTime) {
  file("a", "1");
  end_build();
  file("a", "2", 1'500 * one_second);
  const Shown shown = decide();
  EXPECT_EQ(time_of(shown, "a"), 1'500 * one_second);
  EXPECT_TRUE(shown.corrections.empty());
}

TEST_F(ShownTest, ChangedContentOfTheFutureIsShownAsOfNow) {
  file("a", "1");
  end_build();
  file("a", "2", 3'000 * one_second);
  EXPECT_EQ(time_of(decide(), "a"), build_time);
}

TEST_F(ShownTest, ContentOfTheVolumesNewestTimeIsNotNewEnough) {
  file("a", "1");
  end_build();
  file("a", "2", built);
  EXPECT_EQ(time_of(decide(), "a"), build_time);
}

TEST_F(ShownTest, AVolumeFromTheFutureIsStillOlderThanWhatChanged) {
  file("a", "1");
  end_build();
  file("a", "2");
  newest_ = 5'000 * one_second;
  const Shown shown = decide();
  EXPECT_EQ(time_of(shown, "a"), newest_ + 1);
  EXPECT_TRUE(shown.ahead);
}

TEST_F(ShownTest, AVolumeAsNewAsTheClockIsAhead) {
  file("a", "1");
  end_build();
  file("a", "2");
  newest_ = build_time;
  const Shown shown = decide();
  EXPECT_EQ(time_of(shown, "a"), build_time + 1);
  EXPECT_TRUE(shown.ahead);
}

TEST_F(ShownTest, AnotherModeIsAChange) {
  file("a", "1", 5);
  end_build();
  file("a", "1", 5, 0755);
  EXPECT_EQ(time_of(decide(), "a"), build_time);
}

TEST_F(ShownTest, ANewFileIsAChangeAndSoIsItsFolder) {
  folder("d", "x");
  file("d/x", "1");
  end_build();
  folder("d", "x y");
  file("d/y", "1");
  const Shown shown = decide();
  EXPECT_EQ(time_of(shown, "d"), build_time);
  EXPECT_EQ(time_of(shown, "d/x"), 1);
  EXPECT_EQ(time_of(shown, "d/y"), build_time);
  EXPECT_EQ(corrected(shown), (Texts{"folder d", "copy d/y"}));
  EXPECT_EQ(shown.changed, 1U);  // folders are not counted
}

TEST_F(ShownTest, TheFoldersAroundACorrectionAreShownAsTheyLieThere) {
  folder("d", "e", 7);
  folder("d/e", "x", 8);
  file("d/e/x", "1");
  end_build();
  file("d/e/x", "2");
  const Shown shown = decide();
  ASSERT_EQ(corrected(shown), (Texts{"folder d", "folder d/e", "copy d/e/x"}));
  EXPECT_EQ(shown.corrections[0].time, 7);
  EXPECT_EQ(shown.corrections[1].time, 8);
  EXPECT_EQ(shown.corrections[1].mode, 0755);
}

TEST_F(ShownTest, UnknownContentCountsAsChanged) {
  file("a", "1");
  end_build();
  seen("a").entry.content = {};
  EXPECT_EQ(time_of(decide(), "a"), build_time);
}

TEST_F(ShownTest, AllThatATurnedLinkLeadsToHasChanged) {
  for (const char* path : {"one", "two", "three"}) {
    folder(path, "x");
    file(path + std::string("/x"), "1");
  }
  link("current", "one");
  end_build();
  link("current", "two");
  const Shown shown = decide();
  EXPECT_EQ(time_of(shown, "two"), build_time);
  EXPECT_EQ(time_of(shown, "two/x"), build_time);
  EXPECT_EQ(time_of(shown, "three/x"), 1);
}

TEST_F(ShownTest, AllThatALinkLedToHasChanged) {  // who has noted where it came to would find it as it was
  for (const char* path : {"one", "one/deep", "two"}) {
    folder(path, "x");
    file(path + std::string("/x"), "1");
  }
  link("turned", "one/deep");
  link("gone", "two");
  end_build();
  link("turned", "two");
  EXPECT_EQ(time_of(decide(), "one/deep/x"), build_time);
  EXPECT_EQ(time_of(decide(), "one/x"), 1);

  link("turned", "one/deep");
  EXPECT_EQ(time_of(decide(), "two/x"), 1);
  forget("gone");
  EXPECT_EQ(time_of(decide(), "two/x"), build_time);
}

TEST_F(ShownTest, WhereALinkLedIsFollowedThroughTheLinksOfThatTime) {
  folder("v1", "x");
  file("v1/x", "1");
  link("now", "v1");
  link("current", "now");
  end_build();
  forget("now");
  link("current", "elsewhere");
  EXPECT_EQ(time_of(decide(), "v1/x"), build_time);
}

TEST_F(ShownTest, ATurnedLinkIsFollowedThroughOtherLinks) {
  folder("v2.1", "x");
  file("v2.1/x", "1");
  folder("deep", "in");
  link("deep/in", "../v2.1");
  link("v1", "deep");
  link("v2", "v1/in");
  link("current", "elsewhere");
  end_build();
  link("current", "./v2");
  EXPECT_EQ(time_of(decide(), "v2.1/x"), build_time);
}

TEST_F(ShownTest, LinksInACircleAreNotFollowedForEver) {
  link("a", "b");
  link("b", "a");
  link("self", "self/x");
  end_build();
  link("a", "./b");
  link("self", "./self/x");
  EXPECT_EQ(time_of(decide(), "b"), build_time);
}

TEST_F(ShownTest, ALinkInTheUpperFolderLeadsFromThere) {
  folder("d", "l");
  folder("two", "x");
  file("two/x", "1");
  link("d/l", "../one");
  end_build();
  link("d/l", "../two/");
  EXPECT_EQ(time_of(decide(), "two/x"), build_time);
}

TEST_F(ShownTest, ALinkOutOfTheProjectLeadsNowhereInIt) {
  file("a", "1");
  link("l", "/usr");
  link("m", "../x");
  end_build();
  link("l", "/");
  link("m", "..");
  EXPECT_EQ(time_of(decide(), "a"), 1);
}

TEST_F(ShownTest, ALinkThatCameBackElsewhereIsTurned) {
  folder("two", "x");
  file("two/x", "1");
  end_build();  // a build without the link lies between
  link("current", "two");
  EXPECT_EQ(time_of(decide(), "two/x"), build_time);
}

TEST_F(ShownTest, AFolderThatBecameALinkIsTurned) {
  folder("inc", "x");
  file("inc/x", "1");
  folder("other", "x");
  file("other/x", "2");
  end_build();
  forget("inc/x");
  link("inc", "other");
  EXPECT_EQ(time_of(decide(), "other/x"), build_time);
}

TEST_F(ShownTest, AnOwnWriteStandsWhileTheProjectHasWhatItReplaced) {
  file("a", "1");
  own(wrote("a", "1"));
  end_build();
  const Shown shown = decide();
  EXPECT_TRUE(shown.corrections.empty());
  EXPECT_FALSE(shown.own[0].overruled);
}

TEST_F(ShownTest, AnOwnWriteStandsWhereTheProjectHasTheSameNow) {
  file("a", "1");
  own(wrote("a", "1"));
  end_build();
  file("a", "written");
  same_["a"] = 1;
  const Shown shown = decide();
  EXPECT_FALSE(shown.own[0].overruled);
  EXPECT_TRUE(shown.corrections.empty());
}

TEST_F(ShownTest, TheUsersEditWinsOverAnOwnWriteForGood) {
  file("a", "1");
  own(wrote("a", "1"));
  end_build();
  file("a", "2", 1'500 * one_second);
  const Shown shown = decide();
  EXPECT_TRUE(shown.own[0].overruled);
  EXPECT_EQ(corrected(shown), Texts{"copy a"});
  EXPECT_EQ(time_of(shown, "a"), 1'500 * one_second);
  end_build();
  take_over(shown);
  file("a", "1");  // as it was replaced
  const Shown again = decide();
  EXPECT_TRUE(again.own[0].overruled);
  EXPECT_EQ(corrected(again), Texts{"copy a"});
}

TEST_F(ShownTest, WhatABuildHasDeletedComesBackWithTheUsersEdit) {
  file("a", "1");
  own({"a", Kind::none, 0, 0, {"", Kind::file, 0644, digest("1"), 0}, false, false});
  end_build();
  EXPECT_TRUE(decide().corrections.empty());
  file("a", "2");
  EXPECT_EQ(corrected(decide()), Texts{"copy a"});
}

TEST_F(ShownTest, WhatABuildHasMadeStandsUntilTheUserMakesItToo) {
  own(made("a"));
  end_build();
  EXPECT_TRUE(decide().corrections.empty());
  folder("", "a");
  file("a", "1");
  const Shown shown = decide();
  EXPECT_EQ(corrected(shown), Texts{"copy a"});
  take_over(shown);
  forget("a");
  EXPECT_EQ(corrected(decide()), Texts{"gone a"});
}

TEST_F(ShownTest, AFolderThatTheUserHadElseInThePlaceOfGoesWithTheUsers) {
  own(made("d", Kind::folder));
  end_build();
  file("d", "1");
  take_over(decide());
  folder("d");
  take_over(decide());
  forget("d");
  EXPECT_EQ(corrected(decide()), Texts{"gone d"});
}

TEST_F(ShownTest, WhatTheUserHasDeletedIsGoneThoughABuildHasWrittenIt) {
  file("a", "1");
  own(wrote("a", "1"));
  end_build();
  forget("a");
  EXPECT_EQ(corrected(decide()), Texts{"gone a"});
}

TEST_F(ShownTest, WithAFolderOfTheUsersGoesWhatBuildsHaveMadeInIt) {
  folder("d", "");
  own({"d", Kind::folder, 0755, built, {"", Kind::folder, 0755, digest(""), 0}, false, false});
  own(made("d/new"));
  end_build();
  forget("d");
  const Shown shown = decide();
  EXPECT_EQ(corrected(shown), Texts{"gone d"});
  EXPECT_TRUE(shown.own[1].overruled);
}

TEST_F(ShownTest, AFolderThatABuildHasMadeAnewTakesTheUsersNewFilesIn) {
  folder("d", "x");
  file("d/x", "1");
  own({"d", Kind::folder, 0755, 1, {"", Kind::folder, 0755, digest("x"), 0}, true, false});
  own({"d/x", Kind::none, 0, 0, {"", Kind::file, 0644, digest("1"), 0}, false, false});
  end_build();
  EXPECT_TRUE(decide().corrections.empty());
  folder("d", "x y");
  file("d/y", "1", 1'500 * one_second);
  EXPECT_EQ(corrected(decide()), (Texts{"folder d", "copy d/y"}));
}

TEST_F(ShownTest, AFolderThatABuildHasDeletedIsBackOnceTheUserEditsInIt) {
  folder("d", "x y");
  file("d/x", "1");
  file("d/y", "1");
  own({"d", Kind::none, 0, 0, {"", Kind::folder, 0755, digest("x y"), 0}, false, false});
  for (const char* path : {"d/x", "d/y"})
    own({path, Kind::none, 0, 0, {"", Kind::file, 0644, digest("1"), 0}, false, false});
  end_build();
  EXPECT_TRUE(decide().corrections.empty());
  file("d/x", "2");
  const Shown shown = decide();
  EXPECT_EQ(corrected(shown), (Texts{"folder d", "copy d/x"}));
  EXPECT_TRUE(shown.own[0].overruled);
  EXPECT_TRUE(shown.own[1].overruled);
  EXPECT_FALSE(shown.own[2].overruled);
}

TEST_F(ShownTest, AFolderAroundKeepsTheModeThatABuildHasGivenIt) {
  folder("d", "x", 7);
  file("d/x", "1");
  own({"d", Kind::folder, 0700, 7, {"", Kind::folder, 0755, digest("x"), 0}, false, false});
  end_build();
  file("d/x", "2");
  const Shown shown = decide();
  ASSERT_EQ(corrected(shown), (Texts{"folder d", "copy d/x"}));
  EXPECT_EQ(shown.corrections[0].mode, 0700);
}

TEST_F(ShownTest, AFolderKeepsTheModeThatABuildHasGivenItUntilTheUserChangesTheirs) {
  const auto mode = [](const Shown& shown) { return shown.corrections.at(0).mode; };
  folder("d", "x", 7);
  link("l", "e");
  own({"d", Kind::folder, 0700, 7, {"", Kind::folder, 0755, digest("x"), 0}, false, false});
  end_build();
  link("l", "d", 1'500 * one_second);
  Shown shown = decide();
  EXPECT_EQ(corrected(shown), Texts{"folder d"});  // reached anew, so newer
  EXPECT_EQ(mode(shown), 0700);
  take_over(shown);
  folder("d", "x y", 7);
  shown = decide();
  EXPECT_EQ(mode(shown), 0755);
  take_over(shown);
  EXPECT_EQ(mode(decide()), 0755);
}

TEST_F(ShownTest, WhatABuildHasMadeIsBackWhenTheUsersFolderAroundItIsGoneAgain) {
  own(made("d", Kind::folder));
  own(made("d/new"));
  end_build();
  folder("d", "x");
  file("d/x", "1");
  take_over(decide());
  forget("d/x");
  forget("d");
  EXPECT_TRUE(decide().corrections.empty());
}

TEST_F(ShownTest, ForAnEmptyVolumeEverythingIsAsItIsButForTheFuture) {
  Walk walk;
  walk.seen.push_back({{"", Kind::folder, 0755, digest(""), 1}, {}, {}, false});
  walk.seen.push_back({{"a", Kind::file, 0644, digest("1"), 5}, {}, {}, false});
  walk.seen.push_back({{"b", Kind::file, 0644, digest("1"), build_time + 1}, {}, {}, false});
  const Shown shown = show_all(walk, build_time);
  EXPECT_EQ(corrected(shown), Texts{"copy b"});
  EXPECT_EQ(time_of(shown, "a"), 5);
  EXPECT_EQ(time_of(shown, "b"), build_time);
}

}  // namespace
}  // namespace larder::source
