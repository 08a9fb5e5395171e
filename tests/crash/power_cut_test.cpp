// The power goes at any moment of a store's life, and the disk keeps what it likes of all that was not synced (the
// rules stand in support/disk_model.hpp). Then every settled generation must be there and whole, and one that is not
// settled must be used whole or not at all.
//
// LARDER_POWER_CUTS is how many states are tried (2,000); LARDER_SEED chooses them.

#include <fcntl.h>
#include <gtest/gtest.h>

#include <ctime>
#include <random>
#include <set>

#include "store/layer/manifest.hpp"
#include "support/disk_model.hpp"
#include "support/seed.hpp"
#include "support/store_kit.hpp"

namespace larder {
namespace {

using namespace test;

using Content = std::optional<Files>;  ///< none: there is no such volume

struct Known {
  std::string volume;
  Files content;
  size_t step;  ///< that made it
};

/// What holds from one call of the history on.
struct Promise {
  size_t call;
  std::string step;
  std::map<std::string, std::string> settled;  ///< by volume
  std::set<std::string> cleaned;               ///< may be empty or absent
};

/// A store's life, watched.
class Life {
 public:
  Life() : history_(temp_.dir.path()) {
    os_.watch(&history_);
    const Store store = must(Store::open(os_, temp_.store.path()));
    finish_step("open");
    for (int round = 0; round < 2; ++round) {
      live(store, round);
      go_back(store);
    }
    step("clean", [&] { must(store::clean(store, {cache.key})); }, {cache.key.name()});
    step("collect", [&] { must(store::collect(store)); });
    os_.watch(nullptr);
  }

  const DiskHistory& history() const { return history_; }
  const std::vector<Promise>& promises() const { return promises_; }
  const std::map<std::string, Known>& known() const { return known_; }
  const std::vector<VolumeSpec>& volumes() const { return volumes_; }

 private:
  void live(const Store& store, int round) {
    for (int i = 0; i < 3; ++i) {
      const std::string number = std::to_string(10 * round + i);
      step("commit", [&] {
        Transaction transaction = must(Transaction::begin(store, {writing(cache, {}, {other}), writing(target)}, "it"));
        for (size_t fork = 0; fork < 2; ++fork)
          fill(store, transaction, {{"all", "content " + number}, {"d/" + number, std::string(40, 'x')}}, fork);
        if (i == 2) put_whiteout(store.dir(), upper(transaction, 1) + "/d/" + std::to_string(10 * round));
        must(transaction.seal(i == 1 ? Outcome::failed : Outcome::success));
      });
      if (i != 1) step("settle", [&] { must(store::settle_all(store)); });
    }
    for (int i = 0; i < 9 && round == 0; ++i) commit(store, target, {{"more", std::to_string(i)}});
    step("flatten", [&] { must(store::flatten(store, target.key)); });
    step("settle", [&] { must(store::settle_all(store)); });
    step("trim", [&] { must(store::trim_history(store, target.key, {3, 0}, std::time(nullptr) + 1)); });
    step("collect", [&] { must(store::collect(store)); });
  }

  void go_back(const Store& store) {
    const auto past = must(store::history(store, cache.key));
    step("rollback", [&] { must(store::rollback(store, cache.key, past.at(1), "it")); });
    const std::string name = "fork-" + std::to_string(volumes_.size());
    VolumeSpec fork = target;
    fork.key = volume_key(name, fork.key.variant());
    volumes_.push_back(fork);
    step("fork", [&] { must(store::fork_volume(store, target.key, name)); });
  }

  void step(const std::string& name, const std::function<void()>& body, const std::set<std::string>& cleaned = {}) {
    promises_.push_back({history_.calls() + 1, name, promises_.back().settled, cleaned});
    body();
    finish_step(name, cleaned);
  }

  /// From here on, what is settled now is promised.
  void finish_step(const std::string& name, const std::set<std::string>& cleaned = {}) {
    history_.look();
    Promise promise{history_.calls() + 1, "after " + name, {}, cleaned};
    for (const VolumeSpec& spec : volumes_) {
      const std::string id = settled_id(temp_.store, spec.key);
      if (!id.empty()) promise.settled[spec.key.name()] = id;
    }
    for (const std::string& id : names_in(temp_.store, "generations")) {
      if (known_.count(id) > 0) continue;
      const Generation generation = must(store::read_generation(temp_.store, id));
      known_[id] = {generation.spec.key.name(), files_of(temp_.store, generation.layers), promises_.size()};
    }
    promises_.push_back(std::move(promise));
  }

  const VolumeSpec cache = download("cargo-cache-x64");
  const VolumeSpec other = download("cargo-cache-arm64");
  const VolumeSpec target = compiled("pantry-x64");
  std::vector<VolumeSpec> volumes_ = {cache, other, target};
  TempStore temp_{Place::tmpfs};
  DiskHistory history_;
  WatchedOs os_;
  std::vector<Promise> promises_;
  std::map<std::string, Known> known_;
};

class PowerCut : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { life_ = new Life; }
  static void TearDownTestSuite() { delete life_; }

  /// The generations' records are of another boot then.
  static std::string after_reboot(const std::string& content) {
    static const std::string boot = must(store::boot_id(plain_));
    const auto record = without_closing_line(content);
    const size_t at = content.find(boot);
    if (!record || at == std::string::npos) return content;  // no record, or a torn one, which no change makes whole
    std::string text(*record);
    text.replace(at, 8, "00000000");
    return text + closing_line(text);
  }

  static void check(size_t call, const DiskImage& image) {
    const TempDir dir(Place::tmpfs);
    DiskWriter(image, after_reboot).write(dir.path() + "/left");
    must(remove_tree(plain_, AT_FDCWD, dir.path() + "/left/store/stamp"));  // the model keeps no extended attributes
    const auto store = Store::open(plain_, dir.path() + "/left/store");
    ASSERT_TRUE(store) << store.error().message << ": " << store.error().cause;
    const Promise& promise = promise_at(call);
    SCOPED_TRACE("in step " + promise.step);
    for (const VolumeSpec& spec : life_->volumes()) check_volume(*store, spec, promise);
    if (call % 16 != 0) return;
    must(store::collect(*store));
    for (const VolumeSpec& spec : life_->volumes()) check_volume(*store, spec, promise);
    commit(*store, life_->volumes()[2], {{"next", "build"}});
  }

  static const Promise& promise_at(size_t call) {
    const Promise* found = &life_->promises().front();
    for (const Promise& promise : life_->promises())
      if (promise.call <= call) found = &promise;
    return *found;
  }

  static void check_volume(const Store& store, const VolumeSpec& spec, const Promise& promise) {
    const auto promised = promise.settled.find(spec.key.name());
    const auto seen = store::current_generation(store, spec.key);
    ASSERT_TRUE(seen) << spec.key.name() << ": " << seen.error().message << ": " << seen.error().cause;
    const bool may_be_empty = promised == promise.settled.end() || promise.cleaned.count(spec.key.name()) > 0 ||
                              life_->known().at(promised->second).content.empty();
    if (!*seen || (*seen)->empty()) {
      EXPECT_TRUE(may_be_empty) << spec.key.name() << " was settled and is gone";
      return;
    }
    const auto known = life_->known().find((*seen)->id);
    ASSERT_NE(known, life_->known().end()) << spec.key.name() << " shows a generation that never was";
    EXPECT_EQ(known->second.volume, spec.key.name());
    EXPECT_EQ(files_of(store, (*seen)->layers), known->second.content) << spec.key.name();
    for (const std::string& layer : (*seen)->layers) EXPECT_TRUE(must(store::has_manifest(store, layer)));
    if (promised == promise.settled.end()) return;
    EXPECT_GE(known->second.step, life_->known().at(promised->second).step) << spec.key.name() << " went back in time";
  }

  static Os plain_;
  static Life* life_;
};

Os PowerCut::plain_;
Life* PowerCut::life_ = nullptr;

TEST_F(PowerCut, LeavesWhatWasSettledAndNothingTorn) {
  const uint64_t seed = number_from("LARDER_SEED", 1);
  const uint64_t count = number_from("LARDER_POWER_CUTS", 2000);
  std::mt19937_64 random(seed);
  const size_t first = life_->promises().front().call;
  for (uint64_t i = 0; i < count && !HasFailure(); ++i) {
    const size_t call = first + random() % (life_->history().calls() - first + 1);
    SCOPED_TRACE(fmt::format("state {} of seed {}, cut after call {}", i, seed, call));
    check(call, life_->history().cut(call, random));
  }
}

/// The model itself can tear: without the syncs the same checks must fail.
TEST_F(PowerCut, TheModelTearsWhatIsNotSynced) {
  const TempDir dir(Place::tmpfs);
  DiskHistory history(dir.path());
  Os os;
  must(replace_file(os, AT_FDCWD, dir.path() + "/file", "the content", Durability::none));
  history.look();
  std::mt19937_64 random(1);
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const DiskImage image = history.cut(history.calls(), random);
    const auto entry = image.entries.find({image.root, "file"});
    seen.insert(entry == image.entries.end() ? "none" : image.nodes.at(entry->second).data);
  }
  EXPECT_EQ(seen.count("none") + seen.count("") + seen.count("the content"), 3U);
  EXPECT_GT(seen.size(), 5U);
}

}  // namespace
}  // namespace larder
