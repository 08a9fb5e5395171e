#include "source/record.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "source/kit.hpp"
#include "support/property.hpp"

namespace larder::source {
namespace {

using namespace test;
using Paths = std::vector<std::string>;

Entry entry_of(const std::string& path, const std::string& content) {
  return {path, Kind::file, 0644, digest(content), 5};
}
Entry folder(const std::string& path, const std::string& names) { return {path, Kind::folder, 0755, digest(names), 5}; }

Record example() {
  Record record;
  record.entries = {folder("", "a"), entry_of("a", "1"), {"l", Kind::link, 0777, digest("a"), -7}};
  record.own.push_back({"a", Kind::none, 0, 0, entry_of("", "1"), false, true});
  record.own.push_back({"new", Kind::folder, 0700, 9, {}, true, false});
  record.own[1].users_mode = true;
  record.links = {{"l", "a"}};
  record.opened = {"a", "gone"};
  return record;
}

void expect_same(const Entry& a, const Entry& b) {
  EXPECT_EQ(a.path, b.path);
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.mode, b.mode);
  EXPECT_EQ(a.content, b.content);
  EXPECT_EQ(a.time, b.time);
}

TEST(Record, SurvivesBeingWrittenDown) {
  const Record record = example();
  const auto read = Record::decode(record.encode());
  ASSERT_TRUE(read);
  ASSERT_EQ(read->entries.size(), record.entries.size());
  for (size_t i = 0; i < record.entries.size(); ++i) expect_same(read->entries[i], record.entries[i]);
  EXPECT_EQ(read->links, record.links);
  EXPECT_EQ(read->opened, Paths{"a"}) << "only what there is";
  ASSERT_EQ(read->own.size(), 2U);
  EXPECT_EQ(read->own[0].path, "a");
  EXPECT_EQ(read->own[0].kind, Kind::none);
  EXPECT_TRUE(read->own[0].overruled);
  EXPECT_FALSE(read->own[0].alone);
  expect_same(read->own[0].replaced, record.own[0].replaced);
  EXPECT_EQ(read->own[1].mode, 0700);
  EXPECT_EQ(read->own[1].time, 9);
  EXPECT_TRUE(read->own[1].alone);
  EXPECT_TRUE(read->own[1].users_mode);
  EXPECT_FALSE(read->own[0].users_mode);
  EXPECT_FALSE(read->own[1].overruled);
}

TEST(Record, ThatIsTornOrAlteredIsNone) {
  const std::string text = example().encode();
  for (size_t size = 0; size < text.size(); ++size) EXPECT_FALSE(Record::decode(text.substr(0, size))) << size;
  for (size_t at = 0; at < text.size(); ++at) {
    std::string altered = text;
    altered[at] = static_cast<char>(altered[at] ^ 0x40);
    EXPECT_FALSE(Record::decode(altered)) << at;
  }
  EXPECT_FALSE(Record::decode(text + "x"));
}

TEST(Record, WithPathsThatLeadOutOrAreNotSortedIsNone) {
  for (const char* path : {"../a", "/a", "a/../../b", "a//b", "a/", "."}) {
    Record of_entry = example();
    of_entry.entries[1].path = path;
    EXPECT_FALSE(Record::decode(of_entry.encode())) << path;
    Record of_write = example();
    of_write.own[1].path = path;
    EXPECT_FALSE(Record::decode(of_write.encode())) << path;
  }
  Record unsorted = example();
  std::swap(unsorted.entries[1], unsorted.entries[2]);
  EXPECT_FALSE(Record::decode(unsorted.encode()));
  Record of_no_kind = example();
  of_no_kind.own[0].kind = static_cast<Kind>(9);
  EXPECT_FALSE(Record::decode(of_no_kind.encode()));
}

TEST(Record, OfNothingIsARecord) {
  const auto read = Record::decode(Record().encode());
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->entries.empty());
  EXPECT_TRUE(read->own.empty());
}

TEST(Record, DifferenceNamesWhatChangedCameAndWent) {
  const Entries before = {folder("", "1"), entry_of("a", "1"), entry_of("b", "1"), folder("d", "1"),
                          entry_of("d/x", "1")};
  const Entries after = {folder("", "2"), entry_of("a", "2"), folder("d", "2"), entry_of("d/x", "1"),
                         entry_of("d/y", "1")};
  const Difference difference = compare(before, after);
  EXPECT_EQ(difference.changed, Paths{"a"});
  EXPECT_EQ(difference.added, Paths{"d/y"});
  EXPECT_EQ(difference.removed, Paths{"b"});
  EXPECT_EQ(difference.same, 1U);
  EXPECT_EQ(difference.count(), 3U);
}

TEST(Record, DifferenceLeavesOutWhatIsGitsOwn) {
  const Entries before = {entry_of(".git/HEAD", "1"), entry_of("a", "1")};
  EXPECT_EQ(compare(before, {entry_of(".git/index", "1"), entry_of("a", "1")}).count(), 0U);
}

TEST(Record, AFileThatBecameAFolderHasChanged) {
  EXPECT_EQ(compare({entry_of("a", "1")}, {folder("a", "x"), entry_of("a/x", "1")}).changed, Paths{"a"});
}

TEST(Record, UnknownContentHasChanged) {
  const Entries unknown = {{"a", Kind::file, 0644, {}, 0}};
  EXPECT_EQ(compare(unknown, unknown).changed, Paths{"a"});
}

TEST(Record, DifferenceCountsEveryEntryOnce) {
  check_property(200, [] {
    const auto some = [] {
      Entries entries;
      for (const char* path : {"a", "a/b", "a.b", "b", "c"})
        if (*rc::gen::arbitrary<bool>()) entries.push_back(entry_of(path, *rc::gen::element<std::string>("1", "2")));
      return entries;
    };
    const Entries before = some();
    const Entries after = some();
    const Difference there = compare(before, after);
    const Difference back = compare(after, before);
    RC_ASSERT(there.added == back.removed);
    RC_ASSERT(there.removed == back.added);
    RC_ASSERT(there.changed == back.changed);
    RC_ASSERT(there.same + there.changed.size() + there.removed.size() == before.size());
    RC_ASSERT(there.same + there.changed.size() + there.added.size() == after.size());
  });
}

}  // namespace
}  // namespace larder::source
