#include "store/branch/flatten.hpp"

#include <gtest/gtest.h>

#include <ctime>

#include "support/store_kit.hpp"

namespace larder::store {
namespace {

using namespace test;

class FlattenTest : public ::testing::Test {
 protected:
  const Store& store() const { return temp_.store; }

  /// Nine layers: files that change, go and come again, a directory that is replaced, links, times, attributes.
  void commit_layers(const VolumeSpec& spec) {
    for (int i = 0; i < 9; ++i) {
      Transaction transaction = begin(store(), spec);
      const std::string root = upper(transaction) + "/";
      fill(store(), transaction, {{"all", std::to_string(i)}, {"own/" + std::to_string(i), "x"}});
      if (i == 2) put_file(store().dir(), root + "gone/file", "x");
      if (i == 3) put_whiteout(store().dir(), root + "gone");
      if (i == 4) put_opaque_dir(store().dir(), root + "own");
      if (i == 5) put_link(store().dir(), root + "link", "all");
      if (i == 6) put_dir(store().dir(), root + "empty", 0555);
      if (i == 7) put_file(store().dir(), root + "script", "#!", 0755);
      for (const char* path : {"own", "all"})
        put_attribute(store().dir(), root + path, "user.layer", std::to_string(i));
      if (i == 6) put_attribute(store().dir(), root + "empty", "user.a", "");
      set_mtime(store().dir(), root + "own", 1000 + i, 123'456'789);
      must(transaction.seal(Outcome::success));
    }
  }

  TempStore temp_;
  const VolumeSpec cache_ = download("cargo-cache-x64");
  const VolumeSpec target_ = compiled("pantry-x64");
};

TEST_F(FlattenTest, KeepsTheViewInOneLayer) {
  for (const VolumeSpec& spec : {cache_, target_}) {
    commit_layers(spec);
    const Snapshot before = volume_snapshot(store(), spec.key);
    const std::string old = current_id(store(), spec.key);
    EXPECT_EQ(before.count("own/3"), 0U);
    EXPECT_EQ(before.count("own/8"), 1U);
    EXPECT_NE(before.at("own").find("{user.layer=8}"), std::string::npos);
    EXPECT_NE(before.at("empty").find("{user.a=}"), std::string::npos);
    must(flatten(store(), spec.key));
    EXPECT_EQ(volume_snapshot(store(), spec.key), before);
    const Generation flat = must(current_generation(store(), spec.key)).value();
    EXPECT_EQ(flat.layers.size(), 1U);
    EXPECT_EQ(flat.outcome, Outcome::flattened);
    EXPECT_EQ(flat.same_content_as, old);
    EXPECT_EQ(flat.parent, old);
    must(settle(store(), spec.key));
    must(trim_history(store(), spec.key, {1, 0}, std::time(nullptr) + 1));
    must(collect(store()));
    EXPECT_EQ(volume_snapshot(store(), spec.key), before);
  }
  EXPECT_EQ(names_in(store(), "layers").size(), 2U);
  EXPECT_TRUE(names_in(store(), "transactions").empty());
}

TEST_F(FlattenTest, CopiesNothing) {
  commit_layers(cache_);
  const auto layers = current_layers(store(), cache_.key);
  const ino_t file = must(temp_.os.stat(store().dir(), "layers/" + layers[8] + "/tree/all"))->st_ino;
  must(flatten(store(), cache_.key));
  const std::string flat = current_layers(store(), cache_.key)[0];
  EXPECT_EQ(must(temp_.os.stat(store().dir(), "layers/" + flat + "/tree/all"))->st_ino, file);
}

TEST_F(FlattenTest, LeavesNoMarksBehindInADownloadVolume) {
  commit_layers(cache_);
  must(flatten(store(), cache_.key));
  const std::string tree = "layers/" + current_layers(store(), cache_.key)[0] + "/tree";
  EXPECT_FALSE(exists(store().dir(), tree + "/gone"));
  EXPECT_FALSE(must(is_opaque(temp_.os, store().dir(), tree + "/own")));
}

/// Below a compiled volume lies the project.
TEST_F(FlattenTest, ACompiledVolumeKeepsWhatHidesTheProjects) {
  for (size_t i = 0; i < layers_max + 1; ++i) {
    Transaction transaction = begin(store(), target_);
    const std::string root = upper(transaction) + "/";
    fill(store(), transaction, {{"all", std::to_string(i)}});
    if (i == 1) put_whiteout(store().dir(), root + "deleted");
    if (i == 2) put_opaque_dir(store().dir(), root + "anew");
    if (i == 3) fill(store(), transaction, {{"anew/file", "x"}, {"anew/inner/file", "x"}, {"merged/file", "x"}});
    if (i == 4) put_whiteout(store().dir(), root + "anew/file");
    if (i == 5) put_whiteout(store().dir(), root + "back");
    if (i == 6) fill(store(), transaction, {{"back/file", "x"}});
    if (i == 7) fill(store(), transaction, {{"own/file", "x"}, {"own/other", "x"}});
    if (i == 8) put_whiteout(store().dir(), root + "own/file");
    must(transaction.seal(Outcome::success, 0, NewSource{"record", "content", {"deleted", "back", "\xff"}}));
  }
  const Snapshot before = volume_snapshot(store(), target_.key);
  must(flatten(store(), target_.key));
  EXPECT_EQ(volume_snapshot(store(), target_.key), before);
  const std::string tree = "layers/" + current_layers(store(), target_.key)[0] + "/tree/";
  EXPECT_TRUE(is_whiteout(must(temp_.os.stat(store().dir(), tree + "deleted")).value()));
  EXPECT_TRUE(must(is_opaque(temp_.os, store().dir(), tree + "anew")));
  EXPECT_FALSE(exists(store().dir(), tree + "anew/file")) << "the folder hides it already";
  EXPECT_FALSE(exists(store().dir(), tree + "own/file")) << "it hides nothing: overlayfs would list it";
  EXPECT_FALSE(must(is_opaque(temp_.os, store().dir(), tree + "merged")));
  EXPECT_TRUE(must(is_opaque(temp_.os, store().dir(), tree + "back"))) << "what was deleted and made again";
}

TEST_F(FlattenTest, DoesNothingForFewLayersOrNone) {
  must(flatten(store(), cache_.key));
  for (size_t i = 0; i < layers_max; ++i) commit(store(), cache_, {{std::to_string(i), ""}});
  const std::string id = current_id(store(), cache_.key);
  must(flatten(store(), cache_.key));
  EXPECT_EQ(current_id(store(), cache_.key), id);
}

TEST_F(FlattenTest, ARunningBuildCommitsOnTop) {
  for (const VolumeSpec& spec : {cache_, target_}) {
    commit_layers(spec);
    Transaction running = begin(store(), spec);
    must(flatten(store(), spec.key));
    must(settle(store(), spec.key));
    must(collect(store()));
    EXPECT_EQ(files_of(store(), running.forks()[0].base.layers), files_of(store(), spec.key));
    fill(store(), running, {{"new", "1"}, {"all", "newest"}});
    const auto sealed = must(running.seal(Outcome::success));
    EXPECT_EQ(sealed[0].layers.size(), 2U);
    Files expected = files_of(store(), spec.key);
    EXPECT_EQ(expected["all"], "newest");
    EXPECT_EQ(expected["new"], "1");
    EXPECT_EQ(expected["own/8"], "x");
  }
}

/// The old layers must not come back over what others have committed to the flattened volume.
TEST_F(FlattenTest, ARunningBuildThatChangesNothingChangesNothing) {
  commit_layers(cache_);
  Transaction running = begin(store(), cache_);
  must(flatten(store(), cache_.key));
  commit(store(), cache_, {{"all", "newest"}});
  const std::string id = current_id(store(), cache_.key);
  must(running.seal(Outcome::success));
  EXPECT_EQ(current_id(store(), cache_.key), id);
  EXPECT_EQ(files_of(store(), cache_.key).at("all"), "newest");
}

TEST_F(FlattenTest, ACommitMeanwhileWins) {
  class CommitOs : public Os {
   public:
    std::function<void()> meanwhile;

   protected:
    int before(const char* call) override {
      if (std::string_view(call) == "link" && meanwhile) std::exchange(meanwhile, nullptr)();
      return 0;
    }
  };
  commit_layers(cache_);
  CommitOs os;
  const Store slow = must(Store::open(os, store().path()));
  os.meanwhile = [&] { commit(store(), cache_, {{"all", "newest"}}); };
  must(flatten(slow, cache_.key));
  EXPECT_EQ(current_layers(store(), cache_.key).size(), 10U);
  EXPECT_EQ(files_of(store(), cache_.key).at("all"), "newest");
  must(flatten(slow, cache_.key));
  EXPECT_EQ(current_layers(store(), cache_.key).size(), 1U);
  EXPECT_EQ(files_of(store(), cache_.key).at("all"), "newest");
}

TEST_F(FlattenTest, AFileWithTooManyLinksIsCopied) {
  class FullOs : public Os {
   protected:
    int before(const char* call) override { return std::string_view(call) == "link" ? EMLINK : 0; }
  };
  commit_layers(target_);
  {
    // Links cannot be copied, and need not be: what has thousands of names are files.
    Transaction transaction = begin(store(), target_);
    put_whiteout(store().dir(), upper(transaction) + "/link");
    must(transaction.seal(Outcome::success));
  }
  const Snapshot before = volume_snapshot(store(), target_.key);
  FullOs os;
  const Store full = must(Store::open(os, store().path()));
  must(flatten(full, target_.key));
  EXPECT_EQ(current_layers(store(), target_.key).size(), 1U);
  EXPECT_EQ(volume_snapshot(store(), target_.key), before);
}

}  // namespace
}  // namespace larder::store
