#include "builds/run/fetch_key.hpp"

#include <gtest/gtest.h>

#include "builds/support.hpp"

namespace larder::builds {
namespace {

class FetchKey : public ::testing::Test {
 protected:
  FetchKey() {
    kit_.fetch_with("true");
    set_inputs({"lock", "**/Cargo.toml"});
    put("lock");
    put("Cargo.toml");
    put("crates/a/Cargo.toml");
  }

  void set_inputs(const std::vector<std::string>& inputs) { kit_.plan.recipe.fetch->inputs = inputs; }
  void put(const std::string& path, const std::string& content = "1") {
    test::put_file(kit_.dir().fd(), "project/" + path, content);
    test::set_mtime(kit_.dir().fd(), "project/" + path, 1000, 5);
  }
  std::string key() { return fetch_key(kit_.plan, kit_.store()); }

  Kit kit_;
};

TEST_F(FetchKey, IsTheSameWhileNothingChanges) {
  EXPECT_EQ(key(), key());
  EXPECT_EQ(key().size(), 64U);
}

TEST_F(FetchKey, ChangesWithAnInputsSize) {
  const std::string before = key();
  put("lock", "12");
  EXPECT_NE(key(), before);
}

TEST_F(FetchKey, ChangesWithAnInputsTimeToTheNanosecond) {
  const std::string before = key();
  test::set_mtime(kit_.dir().fd(), "project/lock", 1000, 6);
  EXPECT_NE(key(), before);
  test::set_mtime(kit_.dir().fd(), "project/lock", 1000, 5);
  EXPECT_EQ(key(), before);
}

TEST_F(FetchKey, ChangesWhenAFileOfTheSameTimeAndSizeTakesItsPlace) {
  const std::string before = key();
  put("lock.new");
  must(kit_.os().rename(kit_.dir().fd(), "project/lock.new", kit_.dir().fd(), "project/lock"));
  EXPECT_NE(key(), before);
}

TEST_F(FetchKey, ChangesWhenAnInputComesOrGoes) {
  const std::string before = key();
  put("crates/b/Cargo.toml");
  const std::string with_another = key();
  EXPECT_NE(with_another, before);
  must(kit_.os().unlink(kit_.dir().fd(), "project/crates/b/Cargo.toml"));
  EXPECT_EQ(key(), before);
  must(kit_.os().unlink(kit_.dir().fd(), "project/lock"));
  EXPECT_NE(key(), before);
}

TEST_F(FetchKey, OtherFilesDoNotMatter) {
  const std::string before = key();
  put("src/main.rs");
  put("crates/lock");  // an input without **/ lies in the folder itself
  put("Cargo.toml.orig");
  put("My-Cargo.toml");
  EXPECT_EQ(key(), before);
}

TEST_F(FetchKey, DoesNotSearchWhereNoInputsLie) {
  const std::string before = key();
  for (const char* folder : {"target", ".git", "node_modules"}) put(std::string(folder) + "/deep/Cargo.toml");
  test::put_link(kit_.dir().fd(), "project/loop", ".");
  EXPECT_EQ(key(), before);
}

TEST_F(FetchKey, FindsInputsInDeepFolders) {
  const std::string before = key();
  put("a/b/c/d/e/f/g/Cargo.toml");
  EXPECT_NE(key(), before);
}

class NeedsFetch : public FetchKey {
 protected:
  bool needs() { return must(needs_fetch(kit_.plan, kit_.store())); }
  /// What a successful fetch does.
  void fetch() {
    for (const TargetPlan& target : kit_.plan.targets)
      test::commit(kit_.store(), target.downloads[0], {{"crate", target.target.name}});
    must(note_fetched(kit_.plan, kit_.store()));
  }
};

TEST_F(NeedsFetch, NotWithoutAFetchPhase) {
  kit_.plan.fetch.clear();
  EXPECT_FALSE(needs());
}

TEST_F(NeedsFetch, OnceAndThenNotAgain) {
  EXPECT_TRUE(needs());
  fetch();
  EXPECT_FALSE(needs());
}

TEST_F(NeedsFetch, AgainWhenAnInputChanges) {
  fetch();
  put("lock", "12");
  EXPECT_TRUE(needs());
  fetch();
  EXPECT_FALSE(needs());
}

TEST_F(NeedsFetch, NotAgainWhereThereWasNothingToBring) {
  must(note_fetched(kit_.plan, kit_.store()));
  EXPECT_FALSE(needs());
}

TEST_F(NeedsFetch, NotWhenTheVolumeHasGrown) {
  fetch();
  test::commit(kit_.store(), kit_.target().downloads[0], {{"more", "1"}});
  EXPECT_FALSE(needs());
}

TEST_F(NeedsFetch, AgainWhenTheVolumeHasLostALayer) {
  fetch();
  const store::VolumeSpec& spec = kit_.target().downloads[0];
  store::Generation emptied = must(store::new_generation(kit_.store(), spec, store::Outcome::cleaned));
  must(store::write_generation(kit_.store(), emptied));
  must(store::write_ref(kit_.store(), spec.key, store::RefName::current, emptied.id, Durability::none));
  EXPECT_TRUE(needs());
}

TEST_F(NeedsFetch, AgainWhenTheVolumeIsGone) {
  fetch();
  must(kit_.os().unlink(kit_.store().dir(), store::ref_dir(kit_.target().downloads[0].key) + "/current"));
  EXPECT_TRUE(needs());
}

TEST_F(NeedsFetch, AgainWhenToldToForget) {
  fetch();
  must(forget_fetched(kit_.target(), kit_.store()));
  EXPECT_TRUE(needs());
  EXPECT_TRUE(forget_fetched(kit_.target(), kit_.store()));  // twice is once
}

TEST_F(NeedsFetch, AgainWhenTheNoteIsTorn) {
  fetch();
  for (const char* text : {"", "{", "[]", "{\"key\": \"x\"}", "{\"key\": 1, \"volumes\": {}}"}) {
    must(store::write_note(kit_.store(), kit_.target().compiled.key, text));
    EXPECT_TRUE(needs()) << text;
  }
}

TEST_F(NeedsFetch, WhenOneTargetOfSeveralDoes) {
  Kit kit({"one", "two"});
  kit.fetch_with("true");
  for (const TargetPlan& target : kit.plan.targets) test::commit(kit.store(), target.downloads[0], {{"crate", "1"}});
  must(note_fetched(kit.plan, kit.store()));
  EXPECT_FALSE(must(needs_fetch(kit.plan, kit.store())));
  must(forget_fetched(kit.target(1), kit.store()));
  EXPECT_TRUE(must(needs_fetch(kit.plan, kit.store())));
  kit.plan.targets.pop_back();
  EXPECT_FALSE(must(needs_fetch(kit.plan, kit.store())));
}

}  // namespace
}  // namespace larder::builds
