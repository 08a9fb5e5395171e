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
  std::string key() {
    ProjectWatch project(kit_.plan, kit_.store());
    return fetch_key(kit_.plan, kit_.store(), *must(project.state()));
  }

  Kit kit_;
};

TEST_F(FetchKey, IsTheSameWhileNothingChanges) {
  EXPECT_EQ(key(), key());
  EXPECT_EQ(key().size(), 64U);
}

TEST_F(FetchKey, ChangesWithAnInputsContentThoughSizeAndTimeStay) {
  const std::string before = key();
  put("lock", "2");
  EXPECT_NE(key(), before);
  put("lock", "1");
  EXPECT_EQ(key(), before);
}

TEST_F(FetchKey, StaysWhereOnlyTimesChangeOrTheFileIsAnother) {
  const std::string before = key();
  test::set_mtime(kit_.dir().fd(), "project/lock", 1000, 6);
  EXPECT_EQ(key(), before);
  put("lock.new");
  must(kit_.os().rename(kit_.dir().fd(), "project/lock.new", kit_.dir().fd(), "project/lock"));
  EXPECT_EQ(key(), before);
}

TEST_F(FetchKey, ChangesWithWhatALinkLeadsTo) {
  put("shared/lock-of-all");
  must(kit_.os().unlink(kit_.dir().fd(), "project/lock"));
  test::put_link(kit_.dir().fd(), "project/lock", "shared/lock-of-all");
  const std::string before = key();
  put("shared/lock-of-all", "2");
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

TEST_F(FetchKey, IsNotOfWhatLiesInTheOutputFolderOrIsGits) {
  const std::string before = key();
  for (const std::string& folder : {kit_.plan.recipe.output, std::string(".git")}) put(folder + "/deep/Cargo.toml");
  test::put_link(kit_.dir().fd(), "project/loop", ".");
  EXPECT_EQ(key(), before);
}

TEST_F(FetchKey, FindsInputsInFoldersOfAnyName) {
  for (const char* folder : {".hidden", "src/target", "node_modules/deep", "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o"}) {
    const std::string before = key();
    put(std::string(folder) + "/Cargo.toml");
    EXPECT_NE(key(), before) << folder;
  }
}

class NeedsFetch : public FetchKey {
 protected:
  bool needs() { return needs_fetch_now(kit_); }
  /// What a successful fetch does.
  void fetch() {
    for (const TargetPlan& target : kit_.plan.targets)
      test::commit(kit_.store(), target.downloads[0], {{"crate", target.target.name}});
    note_fetched_now(kit_);
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

TEST_F(NeedsFetch, AgainWhenAnInputWasEditedDuringTheFetch) {
  kit_.plan.recipe.fetch->inputs = {"lock", "**/manifest"};
  kit_.plan.recipe.fetch->brings_back = {"lock"};
  put("sub/manifest", "1");
  const auto note = [this](const std::string& path) {
    const auto before = must(look_at_project(kit_.plan, kit_.store()));
    put(path, "edited");
    must(note_fetched(kit_.plan, kit_.store(), *before, *must(look_at_project(kit_.plan, kit_.store()))));
  };
  note("lock");
  EXPECT_FALSE(needs()) << "the fetch has written it";
  note("sub/manifest");
  EXPECT_TRUE(needs());
  note("unrelated");
  EXPECT_FALSE(needs());
}

TEST_F(NeedsFetch, NotAgainWhereThereWasNothingToBring) {
  note_fetched_now(kit_);
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
  note_fetched_now(kit);
  EXPECT_FALSE(needs_fetch_now(kit));
  must(forget_fetched(kit.target(1), kit.store()));
  EXPECT_TRUE(needs_fetch_now(kit));
  kit.plan.targets.pop_back();
  EXPECT_FALSE(needs_fetch_now(kit));
}

}  // namespace
}  // namespace larder::builds
