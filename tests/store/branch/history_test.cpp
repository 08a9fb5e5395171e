#include "store/branch/history.hpp"

#include <gtest/gtest.h>

#include <ctime>

#include "store/care/upkeep.hpp"
#include "store/layer/disk_usage.hpp"
#include "store/layer/manifest.hpp"
#include "support/store_kit.hpp"

namespace larder::store {
namespace {

using namespace test;

class HistoryTest : public ::testing::Test {
 protected:
  const Store& store() const { return temp_.store; }

  void commit_as(Outcome outcome, const Files& files, double seconds = 0) {
    Transaction transaction = begin(store(), target_);
    fill(store(), transaction, files);
    must(transaction.seal(outcome, seconds));
  }

  /// So much that what follows is little beside it.
  void commit_base() { commit(store(), target_, {{"base", std::string(1 << 20, 'x')}}); }

  std::vector<Generation> all() { return must(history(store(), target_.key)); }

  std::vector<std::string> contents() {
    std::vector<std::string> texts;
    for (const Generation& generation : all()) texts.push_back(files_of(store(), generation.layers)["a"]);
    return texts;
  }

  void trim(int generations, int64_t seconds = 0) {
    must(trim_history(store(), target_.key, {generations, seconds}, std::time(nullptr) + 1));
    must(collect(store()));
  }

  TempStore temp_;
  const VolumeSpec target_ = compiled("pantry-x64");
};

using Texts = std::vector<std::string>;

TEST_F(HistoryTest, OfNothingIsEmpty) { EXPECT_TRUE(all().empty()); }

TEST_F(HistoryTest, HasEveryCommitTheNewestFirst) {
  // Of different sizes: two within one tick of the kernel's clock would look like one.
  for (const char* text : {"1", "22", "333"}) commit(store(), target_, {{"a", text}});
  must(collect(store()));
  EXPECT_EQ(contents(), Texts({"333", "22", "1"}));
}

TEST_F(HistoryTest, TellsWhatMadeAGenerationAndHowLongThatTook) {
  commit_as(Outcome::success, {{"a", "1"}}, 60);
  commit_as(Outcome::failed, {{"a", "2"}}, 4);
  const auto generations = all();
  ASSERT_EQ(generations.size(), 2U);
  EXPECT_EQ(generations[0].build, "the test");
  EXPECT_EQ(generations[0].outcome, Outcome::failed);
  EXPECT_EQ(generations[0].seconds, 4);
  EXPECT_EQ(generations[0].rebuild_seconds, 60);
  EXPECT_EQ(generations[0].last_success, generations[1].id);
  EXPECT_EQ(generations[1].last_success, generations[1].id);
}

TEST_F(HistoryTest, KeepsAsManyAsAsked) {
  commit_base();
  for (const char* text : {"1", "22", "333", "4444"}) commit(store(), target_, {{"a", text}});
  trim(2);
  EXPECT_EQ(contents(), Texts({"4444", "333"}));
  EXPECT_EQ(names_in(store(), "generations").size(), 2U);
  trim(10, one_day);
  EXPECT_EQ(contents(), Texts({"4444", "333"}));
}

TEST_F(HistoryTest, KeepsAllThatIsYoung) {
  commit_base();
  for (const char* text : {"1", "22", "333"}) commit(store(), target_, {{"a", text}});
  trim(1, one_day);
  EXPECT_EQ(contents(), Texts({"333", "22", "1", ""}));
}

TEST_F(HistoryTest, AlwaysKeepsTheLastGoodOne) {
  commit_base();
  commit_as(Outcome::success, {{"a", "good"}});
  for (const char* text : {"1", "22", "333"}) commit_as(Outcome::failed, {{"a", text}});
  trim(1);
  EXPECT_EQ(contents(), Texts({"333", "good"}));
  commit_as(Outcome::failed, {{"a", "4444"}});
  trim(2);
  EXPECT_EQ(contents(), Texts({"4444", "333", "good"}));
  commit_as(Outcome::success, {{"a", "55555"}});
  trim(1);
  EXPECT_EQ(contents(), Texts({"55555"}));
}

TEST(History, CostsNoMoreThanTheCurrentContent) {
  const TempStore temp(Place::disk);
  const VolumeSpec spec = compiled("pantry-x64");
  commit(temp.store, spec, {{"base", std::string(10000000, 'x')}});
  size_t longest = 0;
  for (int i = 0; i < 20; ++i) {
    commit(temp.store, spec, {{"edited", std::string(3000000, 'x') + std::to_string(i)}});
    must(upkeep(temp.store));
    const uint64_t content = must(content_bytes(temp.store, current_layers(temp.store, spec.key)));
    EXPECT_LE(must(DiskUsage(temp.store).add("layers")), 2 * content + 3000000) << i;  // with folders and manifests
    longest = std::max(longest, must(history(temp.store, spec.key)).size());
  }
  EXPECT_GE(longest, 4U);
}

TEST_F(HistoryTest, FindsByTheFirstLettersOfAnId) {
  std::vector<Generation> generations(3);
  generations[0].id = "ab11";
  generations[1].id = "ab22";
  generations[2].id = "cd33";
  EXPECT_EQ(must(find_generation(generations, "cd")).id, "cd33");
  EXPECT_EQ(must(find_generation(generations, "ab2")).id, "ab22");
  EXPECT_EQ(find_generation(generations, "ab").error().message, "several generations begin with ab");
  EXPECT_EQ(find_generation(generations, "x").error().message, "no such generation: x");
  EXPECT_FALSE(find_generation(generations, ""));
}

}  // namespace
}  // namespace larder::store
