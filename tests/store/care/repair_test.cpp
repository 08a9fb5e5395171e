#include "store/care/repair.hpp"

#include <gtest/gtest.h>

#include <ctime>

#include "store/layer/manifest.hpp"
#include "support/store_kit.hpp"

namespace larder::store {
namespace {

using namespace test;

class RepairTest : public ::testing::Test {
 protected:
  RepairTest() {
    for (const char* text : {"1", "22", "333", "4444"}) commit(store(), spec_, {{"a", text}});
    must(settle(store(), spec_.key));
    before_ = must(history(store(), spec_.key));
  }

  const Store& store() const { return temp_.store; }
  Verification verified() { return must(verify(store(), {{}, "larder cache verify"})); }
  Result<std::vector<Restored>> try_repair() { return repair(store(), verified(), "larder cache verify"); }

  /// Afterwards there is no damage any more, and a build works.
  std::vector<Restored> repaired() {
    auto restored = must(try_repair());
    EXPECT_TRUE(verified().damage.empty());
    must(settle_all(store()));
    must(collect(store()));
    EXPECT_TRUE(verified().damage.empty());
    EXPECT_EQ(must(try_repair()).size(), 0U);
    commit(store(), spec_, {{"next", "x"}});
    EXPECT_EQ(files_of(store(), spec_.key).at("next"), "x");
    return restored;
  }

  /// Of the commit of that number, the first being 0.
  std::string layer(size_t number) const { return before_[0].layers[number]; }
  const Generation& generation(size_t number) const { return before_[before_.size() - 1 - number]; }
  void flip(size_t number) { put_file(store().dir(), "layers/" + layer(number) + "/tree/a", "!"); }
  void tear(const std::string& file) { put_file(store().dir(), file, "torn"); }
  std::string ref(const char* name) const { return ref_dir(spec_.key) + "/" + name; }

  std::vector<std::string> contents() {
    std::vector<std::string> texts;
    for (const Generation& one : must(history(store(), spec_.key))) texts.push_back(files_of(store(), one.layers)["a"]);
    return texts;
  }

  TempStore temp_;
  const VolumeSpec spec_ = compiled("pantry-x64");
  std::vector<Generation> before_;
};

using Texts = std::vector<std::string>;

TEST_F(RepairTest, GoesBackToTheNewestSoundState) {
  flip(2);
  const auto restored = repaired();
  ASSERT_EQ(restored.size(), 1U);
  EXPECT_EQ(restored[0].key, spec_.key);
  EXPECT_EQ(restored[0].content->id, generation(1).id);
  EXPECT_EQ(restored[0].builds_lost, 2);
  EXPECT_EQ(contents(), Texts({"22", "22", "22", "1"}));
  const Generation made = must(history(store(), spec_.key))[1];
  EXPECT_EQ(made.outcome, Outcome::repaired);
  EXPECT_EQ(made.parent, generation(1).id);
  EXPECT_EQ(made.last_success, made.id);
}

TEST_F(RepairTest, KeepsWhatWasDamagedOutOfTheWay) {
  flip(2);
  repaired();
  must(collect(store()));
  EXPECT_EQ(names_in(store(), "quarantine"), Texts({layer(2)}));
  EXPECT_EQ(get_file(store().dir(), "quarantine/" + layer(2) + "/tree/a"), "!");
  EXPECT_FALSE(exists(store().dir(), "layers/" + layer(2)));
}

TEST_F(RepairTest, WithNothingSoundLeftTheVolumeIsGone) {
  flip(0);
  const auto restored = must(try_repair());
  ASSERT_EQ(restored.size(), 1U);
  EXPECT_FALSE(restored[0].content);
  EXPECT_EQ(restored[0].builds_lost, 4);
  EXPECT_FALSE(must(current_generation(store(), spec_.key)));
  EXPECT_TRUE(verified().damage.empty());
  commit(store(), spec_, {{"a", "new"}});
  EXPECT_EQ(files_of(store(), spec_.key), Files({{"a", "new"}}));
}

TEST_F(RepairTest, LeavesASoundStateAndCutsItsPast) {
  must(rollback(store(), spec_.key, generation(0), "the test"));
  flip(2);
  const auto restored = repaired();
  EXPECT_EQ(restored.at(0).builds_lost, 0);
  EXPECT_EQ(contents(), Texts({"1", "1", "1"}));
}

TEST_F(RepairTest, ForgetsALastGoodBuildThatIsDamaged) {
  must(clean(store(), {spec_.key}));
  commit(store(), spec_, {{"good", "1"}});
  {
    Transaction transaction = begin(store(), spec_);
    fill(store(), transaction, {{"a", "failed"}});
    must(transaction.seal(Outcome::failed));
  }
  must(settle(store(), spec_.key));
  const Generation good = must(history(store(), spec_.key))[1];
  Generation current = must(history(store(), spec_.key))[0];
  current.layers.erase(current.layers.begin());
  must(write_generation(store(), current));
  put_file(store().dir(), "layers/" + good.layers[0] + "/tree/good", "!");
  repaired();
  EXPECT_EQ(must(history(store(), spec_.key))[1].last_success, "");
}

TEST_F(RepairTest, MendsTornRefs) {
  for (const char* name : {"current", "settled", "oldest"}) {
    SCOPED_TRACE(name);
    tear(ref(name));
    const auto restored = must(try_repair());
    EXPECT_EQ(restored.at(0).builds_lost, 0);
    EXPECT_EQ(files_of(store(), spec_.key), Files({{"a", "4444"}}));
    EXPECT_TRUE(verified().damage.empty());
    EXPECT_EQ(current_id(store(), spec_.key), settled_id(store(), spec_.key));
  }
}

TEST_F(RepairTest, MendsATornSettledRefAfterTheMachineStartedAnew) {
  for (const Generation& one : before_) move_to_another_boot(store(), one.id);
  tear(ref("settled"));
  EXPECT_FALSE(current_generation(store(), spec_.key));
  EXPECT_EQ(repaired().at(0).builds_lost, 0);
  EXPECT_EQ(contents().at(0), "4444");
}

TEST_F(RepairTest, FindsWhatIsLeftWhereNoRefLeadsAnywhere) {
  damage(store(), spec_.key);
  const auto restored = repaired();
  EXPECT_EQ(restored.at(0).content->id, before_[0].id);
  EXPECT_EQ(contents(), Texts({"4444", "4444", "4444", "333", "22", "1"}));
}

TEST_F(RepairTest, WhereEveryRecordIsGoneTheVolumeIsToo) {
  damage(store(), spec_.key);
  must(collect(store()));
  EXPECT_FALSE(must(try_repair()).at(0).content);
  EXPECT_FALSE(must(current_generation(store(), spec_.key)));
}

TEST_F(RepairTest, ATornGenerationEndsTheHistory) {
  tear("generations/" + generation(1).id);
  EXPECT_EQ(repaired().at(0).builds_lost, 0);
  EXPECT_EQ(contents(), Texts({"4444", "4444", "4444", "333"}));
}

TEST_F(RepairTest, ATornNewestGenerationIsLost) {
  commit(store(), spec_, {{"a", "55555"}});
  tear("generations/" + current_id(store(), spec_.key));
  EXPECT_EQ(repaired().at(0).builds_lost, 1);
  EXPECT_EQ(contents().at(0), "4444");
}

TEST_F(RepairTest, RepairsAllThatShareWhatIsDamaged) {
  const Generation fork = must(fork_volume(store(), spec_.key, "copy"));
  flip(3);
  const auto restored = must(repair(store(), must(verify(store(), {{spec_.key}, "larder cache verify"})), "the test"));
  ASSERT_EQ(restored.size(), 2U);
  EXPECT_EQ(restored[0].key, fork.spec.key);
  EXPECT_FALSE(restored[0].content);
  EXPECT_EQ(files_of(store(), spec_.key), Files({{"a", "333"}}));
  EXPECT_TRUE(verified().damage.empty());
}

TEST_F(RepairTest, IsRefusedWhileAVolumeIsInUse) {
  flip(3);
  const Verification found = verified();
  {
    const Transaction build = begin(store(), reading(spec_));
    const auto refused = repair(store(), found, "larder cache verify");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::environment);
    EXPECT_EQ(refused.error().cause, "by the test");
  }
  {
    const auto writer = must(try_writer(store(), spec_.key, "larder build x64"));
    EXPECT_EQ(repair(store(), found, "larder cache verify").error().cause, "by larder build x64");
  }
  EXPECT_EQ(current_id(store(), spec_.key), before_[0].id);
  EXPECT_EQ(must(repair(store(), found, "larder cache verify")).size(), 1U);
}

TEST_F(RepairTest, IsRefusedWhileANewVolumeSeesWhatIsDamaged) {
  flip(3);
  const Transaction build = begin(store(), writing(compiled("young-x64"), {spec_.key}));
  EXPECT_EQ(try_repair().error().cause, "by the test");
}

TEST_F(RepairTest, DoesNothingWhereThereIsNoDamage) {
  EXPECT_TRUE(must(try_repair()).empty());
  EXPECT_EQ(current_id(store(), spec_.key), before_[0].id);
}

}  // namespace
}  // namespace larder::store
