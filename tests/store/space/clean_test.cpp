#include "store/space/clean.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "support/child.hpp"
#include "support/store_kit.hpp"

namespace larder::store {
namespace {

using namespace test;

class CleanTest : public ::testing::Test {
 protected:
  const Store& store() const { return temp_.store; }
  TempStore temp_;
  const VolumeSpec cache_ = download("cargo-cache-x64");
  const VolumeSpec target_ = compiled("pantry-x64");
};

TEST_F(CleanTest, LeavesADownloadVolumeEmptyWhereItHasASibling) {
  commit(store(), download("cargo-cache-arm64"), {{"a", "1"}});
  commit(store(), cache_, {{"a", "1"}});
  must(clean(store(), {cache_.key}));
  const auto generation = must(current_generation(store(), cache_.key));
  ASSERT_TRUE(generation);
  EXPECT_TRUE(generation->empty());
  EXPECT_EQ(generation->outcome, Outcome::cleaned);
  EXPECT_EQ(settled_id(store(), cache_.key), generation->id);
  const Transaction transaction = begin(store(), writing(cache_, {volume_key("cargo-cache-arm64")}));
  EXPECT_TRUE(transaction.forks()[0].started_from_nothing);
}

/// After a clean of all of them, what the first of them downloads is there for the others.
TEST_F(CleanTest, EmptyDownloadVolumesVanishWithTheirLastSibling) {
  const VolumeSpec arm = download("cargo-cache-arm64");
  VolumeSpec git = download("cargo-git-cache-x64");
  git.mount_path = "/usr/local/cargo/git";
  for (const VolumeSpec& spec : {arm, cache_, git}) commit(store(), spec, {{"a", "1"}});
  must(clean(store(), {cache_.key}));
  EXPECT_TRUE(must(current_generation(store(), cache_.key)));
  must(clean(store(), {arm.key}));
  EXPECT_EQ(must(list_volumes(store())), std::vector({git.key}));
  commit(store(), cache_, {{"b", "1"}});
  const Transaction transaction = begin(store(), writing(arm, {cache_.key}));
  EXPECT_FALSE(transaction.forks()[0].started_from_nothing);
}

TEST_F(CleanTest, MakesACompiledVolumeVanish) {
  commit(store(), target_, {{"a", "1"}});
  must(settle(store(), target_.key));
  must(clean(store(), {target_.key}));
  EXPECT_TRUE(must(list_volumes(store())).empty());
  EXPECT_EQ(must(current_generation(store(), target_.key)), std::nullopt);
  commit(store(), target_, {{"b", "1"}});
  EXPECT_EQ(files_of(store(), target_.key), Files({{"b", "1"}}));
}

/// A missing one would start from what the other folder has.
TEST_F(CleanTest, LeavesACompiledVolumeEmptyWhereAnotherFolderHasOne) {
  const VolumeSpec sibling = compiled("pantry-x64", "v2");
  commit(store(), sibling, {{"a", "1"}});
  commit(store(), target_, {{"a", "1"}});
  must(settle(store(), target_.key));
  must(clean(store(), {target_.key}));
  const Generation empty = must(current_generation(store(), target_.key)).value();
  EXPECT_TRUE(empty.empty());
  EXPECT_EQ(empty.outcome, Outcome::cleaned);
  EXPECT_EQ(settled_id(store(), target_.key), empty.id);
  must(clean(store(), {target_.key}));
  EXPECT_EQ(current_id(store(), target_.key), empty.id);
  must(clean(store(), {target_.key, sibling.key}));
  EXPECT_TRUE(must(list_volumes(store())).empty());
}

TEST_F(CleanTest, WorksOnADamagedVolume) {
  for (const VolumeSpec& spec : {cache_, target_}) {
    commit(store(), spec, {{"a", "1"}});
    damage(store(), spec.key);
    EXPECT_FALSE(current_generation(store(), spec.key));
    must(clean(store(), {spec.key}));
    commit(store(), spec, {{"b", "1"}});
    EXPECT_EQ(files_of(store(), spec.key), Files({{"b", "1"}}));
  }
}

TEST_F(CleanTest, RefusesAllWhenOneIsInUse) {
  commit(store(), cache_, {{"a", "1"}});
  commit(store(), target_, {{"a", "1"}});
  auto running = std::optional(begin(store(), reading(target_)));
  const Status cleaned = clean(store(), {cache_.key, target_.key});
  ASSERT_FALSE(cleaned);
  EXPECT_EQ(cleaned.error().message, "the volume pantry-x64 is in use");
  EXPECT_EQ(cleaned.error().cause, "by the test");
  EXPECT_EQ(files_of(store(), cache_.key), Files({{"a", "1"}}));
  EXPECT_EQ(files_of(store(), target_.key), Files({{"a", "1"}}));
  running.reset();
  must(clean(store(), {cache_.key, target_.key}));
  EXPECT_EQ(files_of(store(), cache_.key), Files());
}

TEST_F(CleanTest, IgnoresTheDead) {
  commit(store(), target_, {{"a", "1"}});
  exit_code_of([&] {
    const Transaction transaction = begin(store(), target_);
    ::_exit(0);
  });
  must(clean(store(), {target_.key}));
}

TEST_F(CleanTest, OfNothingOrOfAnotherVariantTouchesNothing) {
  commit(store(), target_, {{"a", "1"}});
  must(clean(store(), {}));
  must(clean(store(), {volume_key("pantry-x64", "v2"), volume_key("nothing")}));
  EXPECT_EQ(files_of(store(), target_.key), Files({{"a", "1"}}));
}

/// What `settled` names must be on disk before it names it.
TEST_F(CleanTest, SyncsTheEmptyGenerationBeforeTheRefs) {
  class OrderOs : public Os {
   public:
    std::string order;

   protected:
    int before(const char* call) override {
      if (std::string_view(call) == "fsync" || std::string_view(call) == "rename") order += call[0];
      return 0;
    }
  };
  for (const VolumeSpec& spec : {cache_, download("cargo-cache-arm64")}) commit(store(), spec, {{"a", "1"}});
  OrderOs os;
  const Store ordered = must(Store::open(os, store().path()));
  os.order.clear();
  must(clean(ordered, {cache_.key}));
  EXPECT_EQ(os.order, "frffrffrf");  // file, name, folder: of the generation, of `current`, of `settled`
}

}  // namespace
}  // namespace larder::store
