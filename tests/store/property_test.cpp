// Random histories of a volume against a model of it in memory.

#include "support/property.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <memory>
#include <optional>
#include <set>

#include "store/care/upkeep.hpp"
#include "store/care/verify.hpp"
#include "store/layer/manifest.hpp"
#include "store/space/prune.hpp"
#include "support/overlay.hpp"
#include "support/random_tree.hpp"

namespace larder::store {
namespace {

using namespace test;

enum class Ending { commit, discard };
enum class Afterwards { nothing, settle, flatten, collect, upkeep, power_cut, rollback, fork, prune };

struct Step {
  std::vector<TreeOperation> operations;
  Ending ending;
  Afterwards afterwards;
  size_t pick;  ///< of what there are several
};

std::ostream& operator<<(std::ostream& out, const Step& step) {
  const char* names[] = {"",       ", settle", ", flatten", ", collect", ", upkeep", ", power cut", ", roll back",
                         ", fork", ", prune"};
  for (const TreeOperation& operation : step.operations) out << operation << " ";
  return out << (step.ending == Ending::commit ? "commit" : "discard") << names[static_cast<int>(step.afterwards)]
             << " " << step.pick;
}

rc::Gen<Step> any_step() {
  using namespace rc;
  const auto operations = gen::mapcat(gen::inRange<size_t>(1, 6), [](size_t count) {
    return gen::container<std::vector<TreeOperation>>(count, any_tree_operation());
  });
  return gen::construct<Step>(operations, gen::weightedElement<Ending>({{5, Ending::commit}, {1, Ending::discard}}),
                              gen::weightedElement<Afterwards>({{8, Afterwards::nothing},
                                                                {2, Afterwards::settle},
                                                                {3, Afterwards::flatten},
                                                                {2, Afterwards::collect},
                                                                {1, Afterwards::upkeep},
                                                                {1, Afterwards::power_cut},
                                                                {2, Afterwards::rollback},
                                                                {1, Afterwards::fork},
                                                                {1, Afterwards::prune}}),
                              gen::inRange<size_t>(0, 100));
}

/// One volume and its forks, a model of each, and the models of its generations.
class RandomHistory {
 public:
  void run(const Step& step) {
    build(step);
    note_generation();
    afterwards(step);
    note_generation();
    RC_ASSERT(named_snapshot(store(), spec_.key) == model_.named_snapshot());
    for (const auto& [name, model] : forks_)
      RC_ASSERT(named_snapshot(store(), volume_key(name, spec_.key.variant())) == model.named_snapshot());
    if (!torn_) RC_ASSERT(must(verify(store(), {{}, "the test"})).damage.empty());
  }

 private:
  const Store& store() const { return temp_.store; }

  void build(const Step& step) {
    Transaction transaction = begin(store(), spec_);
    Model next = model_;
    next.begin_build();
    for (const TreeOperation& operation : step.operations) apply(operation, next);
    in_overlay(store(), transaction.forks()[0], [&](int dir) {
      RealTree real(dir);
      for (const TreeOperation& operation : step.operations) apply(operation, real);
      must(directory_snapshot(dir, DirTimes::ignored) == next.snapshot(), "the overlay is not what the model says");
    });
    if (step.ending == Ending::discard) return;
    const NewSource source{"record " + sha256_hex(transaction.forks()[0].dir), "content"};
    const bool changed = must(transaction.seal(Outcome::success, 0, source))[0].changed;
    RC_ASSERT(changed || next.snapshot() == model_.snapshot());
    if (!changed) return;  // what was only copied up is thrown away
    model_ = next;
    torn_ = false;
  }

  void note_generation() {
    const auto current = must(current_generation(store(), spec_.key));
    if (current) known_[current->id] = model_;
    if (current && settled_id(store(), spec_.key) == current->id) settled_ = model_;
  }

  void afterwards(const Step& step) {
    switch (step.afterwards) {
      case Afterwards::nothing:
        return;
      case Afterwards::settle:
        return must(settle(store(), spec_.key));
      case Afterwards::flatten:
        return must(flatten(store(), spec_.key));
      case Afterwards::collect:
        must(collect(store()));
        return;
      case Afterwards::upkeep:
        must(upkeep(store()));
        RC_ASSERT(names_in(store(), "generations") == kept_ids());
        return;
      case Afterwards::power_cut:
        return cut_power();
      case Afterwards::rollback:
        return roll_back(step.pick);
      case Afterwards::fork:
        return fork();
      case Afterwards::prune:
        return prune_all();
    }
  }

  void roll_back(size_t pick) {
    const auto past = must(history(store(), spec_.key));
    if (past.empty()) return;
    const Generation& to = past[pick % past.size()];
    must(rollback(store(), spec_.key, to, "the test"));
    model_ = known_.at(to.id);
    torn_ = false;
  }

  void fork() {
    if (current_layers(store(), spec_.key).empty()) return;
    const std::string name = "fork-" + std::to_string(forks_.size());
    must(fork_volume(store(), spec_.key, name));
    forks_[name] = model_;
  }

  /// All but the newest generations go, and a volume that nobody has used for longer than all others.
  void prune_all() {
    const VolumeSpec decoy = compiled("decoy");
    commit(store(), decoy, {{"file", std::string(10'000, 'x')}});
    must(settle(store(), decoy.key));
    const int64_t now_seconds = must(last_used_seconds(store(), decoy.key)) + 60;
    set_mtime(store().dir(), ref_path(decoy.key, RefName::current), now_seconds - 2 * 86400, 0);
    must(enforce(store(), {{1, 0}, std::nullopt, 86400}, now_seconds));
    RC_ASSERT(!must(current_generation(store(), decoy.key)));
    if (settled_id(store(), spec_.key) != current_id(store(), spec_.key)) return;  // the past is still needed
    RC_ASSERT(must(history(store(), spec_.key)).size() <= 1);
    RC_ASSERT(names_in(store(), "generations") == kept_ids());
  }

  /// The histories of all volumes, and what `current` names even where a power cut tore it.
  std::vector<std::string> kept_ids() {
    std::set<std::string> ids;
    for (const VolumeKey& key : must(list_volumes(store()))) {
      for (const Generation& generation : must(history(store(), key))) ids.insert(generation.id);
      ids.insert(current_id(store(), key));
    }
    return {ids.begin(), ids.end()};
  }

  /// Of what is not settled, anything may be torn.
  void cut_power() {
    for (const std::string& id : names_in(store(), "generations"))
      if (read_generation(store(), id)) move_to_another_boot(store(), id);  // the others were torn by an earlier one
    for (const std::string& layer : names_in(store(), "layers"))
      if (!must(has_manifest(store(), layer))) put_file(store().dir(), "layers/" + layer + "/tree/torn", "");
    const std::string current = current_id(store(), spec_.key);
    if (current == settled_id(store(), spec_.key)) return;
    put_file(store().dir(), "generations/" + current, "");
    torn_ = true;
    model_ = settled_;
  }

  TempStore temp_;
  const VolumeSpec spec_ = compiled("pantry-x64");
  Model model_;
  Model settled_;
  std::map<std::string, Model> known_;  ///< by generation
  std::map<std::string, Model> forks_;  ///< by name
  bool torn_ = false;                   ///< `current` leads to a torn record
};

TEST(StoreProperty, AVolumeIsWhatItsBuildsMadeOfIt) {
  {
    const TempStore temp;
    const std::string refusal = overlay_refusal(temp.store);
    if (!refusal.empty()) GTEST_SKIP() << refusal;
  }
  check_property(20, [] {
    const auto steps = *rc::gen::mapcat(rc::gen::inRange<size_t>(1, 40), [](size_t count) {
      return rc::gen::container<std::vector<Step>>(count, any_step());
    });
    RandomHistory history;
    for (const Step& step : steps) history.run(step);
  });
}

/// What concurrent builds may do to a download volume; files of equal names have equal content there.
enum class Event { begin, fill, commit, discard, settle, flatten, collect, upkeep };

class Crowd {
 public:
  void run(int event, size_t build, int file) {
    std::unique_ptr<Build>& slot = builds_[build];
    const Store& store = temp_.store;
    switch (static_cast<Event>(event)) {
      case Event::begin:
        if (!slot)
          slot = std::make_unique<Build>(Build{begin(store, writing(spec_of(build), siblings(), also(build))), {}});
        break;
      case Event::fill:
        if (slot) slot->files["d/" + std::to_string(file)] = "content of " + std::to_string(file);
        if (slot) fill(store, slot->transaction, slot->files);
        break;
      case Event::commit:
        if (slot) commit(build, *slot);
        slot.reset();
        break;
      case Event::discard:
        slot.reset();
        break;
      case Event::settle:
        must(settle(store, spec_of(build).key));
        break;
      case Event::flatten:
        must(flatten(store, spec_of(build).key));
        break;
      case Event::collect:
        must(collect(store));
        break;
      case Event::upkeep:
        must(upkeep(store));
        break;
    }
    check();
  }

 private:
  struct Build {
    Transaction transaction;
    Files files;
  };

  static VolumeSpec spec_of(size_t build) { return download(build % 2 == 0 ? "even" : "odd"); }
  static std::vector<VolumeKey> siblings() { return {volume_key("even"), volume_key("odd")}; }
  /// The first two builds fetch for both volumes.
  static std::vector<VolumeSpec> also(size_t build) {
    return build < 2 ? std::vector<VolumeSpec>{spec_of(build + 1)} : std::vector<VolumeSpec>{};
  }

  void commit(size_t build, Build& done) {
    Files whole = files_of(temp_.store, done.transaction.forks()[0].base.layers);
    whole.insert(done.files.begin(), done.files.end());
    must(done.transaction.seal(Outcome::success));
    expected_[build % 2].insert(whole.begin(), whole.end());
    if (build < 2) expected_[1 - build % 2].insert(whole.begin(), whole.end());
  }

  void check() {
    for (size_t i : {0U, 1U}) RC_ASSERT(files_of(temp_.store, spec_of(i).key) == expected_[i]);
    for (const auto& build : builds_)
      if (build)
        for (const std::string& root : layer_roots(build->transaction.forks()[0].base.layers))
          RC_ASSERT(exists(temp_.store.dir(), root));
  }

  TempStore temp_;
  std::array<Files, 2> expected_;
  std::array<std::unique_ptr<Build>, 4> builds_;
};

TEST(StoreProperty, ConcurrentDownloadsLoseNothing) {
  check_property(30, [] {
    const auto steps = *rc::gen::mapcat(rc::gen::inRange<size_t>(1, 80), [](size_t count) {
      const auto event =
          rc::gen::weightedElement<int>({{4, 0}, {6, 1}, {6, 2}, {1, 3}, {1, 4}, {2, 5}, {1, 6}, {1, 7}});
      return rc::gen::container<std::vector<std::tuple<int, size_t, int>>>(
          count, rc::gen::tuple(event, rc::gen::inRange<size_t>(0, 4), rc::gen::inRange(0, 50)));
    });
    Crowd crowd;
    for (const auto& [event, build, file] : steps) crowd.run(event, build, file);
  });
}

}  // namespace
}  // namespace larder::store
