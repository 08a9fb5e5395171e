#pragma once

// What the fault tests share: a store in the middle of its life, the operations that are disturbed, and what must hold
// after any disturbance.
//
// Faults: the k-th system call fails with an errno and is not made (FaultOs), or the process ends just before it
// (CrashOs), for every k. Afterwards each volume must show its content from before or from after the operation, and a
// collection must leave nothing but what refs reach. A power cut on top tears all that was not settled.

#include <gtest/gtest.h>

#include <ctime>
#include <functional>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "store/care/repair.hpp"
#include "store/layer/manifest.hpp"
#include "store/space/prune.hpp"
#include "support/store_kit.hpp"

namespace larder::test {

/// What each volume shows; a volume that does not exist has one entry named "(none)".
using World = std::map<std::string, Snapshot>;

inline const VolumeSpec cache = download("cargo-cache-x64");
inline const VolumeSpec other = download("cargo-cache-arm64");
inline const VolumeSpec target = compiled("pantry-x64");

struct Operation {
  const char* name;
  int cache_layers;  ///< how many commits the cache has had
  std::function<Status(const Store&, std::optional<Transaction>&)> run;
};

inline std::ostream& operator<<(std::ostream& out, const Operation& operation) { return out << operation.name; }

inline World look(const Store& store) {
  World world;
  for (const VolumeSpec& spec : {cache, other, target}) {
    const auto generation = must(store::current_generation(store, spec.key));
    world[spec.key.name()] = generation ? snapshot(store, store::layer_roots(generation->layers), DirTimes::ignored)
                                        : Snapshot{{"(none)", ""}};
  }
  return world;
}

inline void commit_entries(const Store& store, const VolumeSpec& spec, int number) {
  Transaction transaction = begin(store, spec);
  const std::string root = upper(transaction) + "/";
  fill(store, transaction, {{"all", std::to_string(number)}, {"d/" + std::to_string(number), "x"}});
  for (const char* path : {"all", "d"}) set_mtime(store.dir(), root + path, 1000 + number, 5);
  set_mtime(store.dir(), root + "d/" + std::to_string(number), 1000 + number, 5);
  must(transaction.seal(Outcome::success));
}

inline bool is_repair(const Operation& operation) { return std::string(operation.name) == "repair"; }

/// Of the cache the first state is sound, and the settled one after it is not; of the target none is.
inline void harm_world(const Store& store) {
  must(store::settle(store, cache.key));
  for (const std::string& layer : {current_layers(store, cache.key).at(1), current_layers(store, target.key).at(0)}) {
    const std::string path = "layers/" + layer + "/tree/all";
    put_file(store.dir(), path, "?");
    set_mtime(store.dir(), path, 3000, 5);
  }
  commit_entries(store, cache, 3);
}

/// Volumes with a settled state and a newer one, a dead transaction, a layer that nothing names, and trash.
inline void make_world(const Store& store, const Operation& operation) {
  for (const VolumeSpec& spec : {cache, target}) {
    commit_entries(store, spec, 1);
    must(store::settle(store, spec.key));
    for (int i = 2; i <= (spec.key == cache.key ? operation.cache_layers : 2); ++i) commit_entries(store, spec, i);
  }
  set_mtime(store.dir(), store::ref_dir(target.key) + "/current", 1000, 0);  // not used for years
  if (is_repair(operation)) harm_world(store);
  put_file(store.dir(), "layers/0123456789abcdef/tree/d/orphan", "x");
  put_file(store.dir(), "generations/0123456789abcdef", "{}");
  put_file(store.dir(), "transactions/0123456789abcdef/lease", "{}");
  put_file(store.dir(), "transactions/0123456789abcdef/0/upper/d/file", "x");
  put_dir(store.dir(), "transactions/0123456789abcdef/0/work/work", 0000);
  put_file(store.dir(), "trash/left/file", "x");
}

inline void change_files(const Store& store, const Transaction& transaction) {
  for (size_t i = 0; i < transaction.forks().size(); ++i) {
    fill(store, transaction, {{"new", "n"}, {"d/new", "n"}}, i);
    for (const char* path : {"/new", "/d/new"}) set_mtime(store.dir(), upper(transaction, i) + path, 2000, 5);
    put_whiteout(store.dir(), upper(transaction, i) + "/all");
  }
}

inline Result<Transaction> begin_both(const Store& store) {
  return Transaction::begin(store, {writing(cache, {}, {other}), writing(target)}, "the test");
}

/// To the second of the cache's states, also when it is done again.
inline Status roll_back(const Store& store) {
  TRY_ASSIGN(const auto all, store::history(store, cache.key));
  if (all.size() < 2) return {};  // a power cut has left the first
  TRY(store::rollback(store, cache.key, all.at(all.size() - 2), "the test"));
  return {};
}

inline Status fork_if_missing(const Store& store) {
  TRY_ASSIGN(const auto fork, store::current_generation(store, other.key));
  if (fork) return store::settle(store, other.key);
  TRY(store::fork_volume(store, cache.key, other.key.name()));
  return {};
}

inline Status verify_and_repair(const Store& store) {
  TRY_ASSIGN(const auto found, store::verify(store, {{}, "the test"}));
  TRY(store::repair(store, found, "the test"));
  return {};
}

inline std::vector<Operation> operations() {
  const auto run = [](auto operation) {
    return [operation](const Store& store, std::optional<Transaction>&) { return operation(store); };
  };
  return {
      {"begin", 2, run([](const Store& store) -> Status {
         TRY_ASSIGN(const Transaction transaction, begin_both(store));
         return {};
       })},
      {"seal", 2,
       [](const Store&, std::optional<Transaction>& transaction) -> Status {
         TRY(transaction->seal(Outcome::success));
         return {};
       }},
      {"merge", 2,
       [](const Store&, std::optional<Transaction>& transaction) -> Status {
         TRY(transaction->seal(Outcome::success));
         return {};
       }},
      {"settle", 2, run([](const Store& store) { return store::settle_all(store); })},
      {"flatten", 9, run([](const Store& store) { return store::flatten(store, cache.key); })},
      {"collect", 2, run([](const Store& store) -> Status {
         TRY(store::collect(store));
         return {};
       })},
      {"clean", 2, run([](const Store& store) {
         return store::clean(store, {cache.key, target.key});
       })},
      {"prune", 3, run([](const Store& store) -> Status {
         store::Limits limits;
         limits.retention = {1, 0};
         limits.max_age_seconds = 86400;
         TRY_ASSIGN(const store::PrunePlan plan, store::plan_prune(store, limits, std::time(nullptr) + 1));
         TRY(store::prune(store, plan));
         return {};
       })},
      {"rollback", 3, run(roll_back)},
      {"trim", 3, run([](const Store& store) {
         return store::trim_history(store, cache.key, {1, 0}, std::time(nullptr) + 1);
       })},
      {"fork", 2, run(fork_if_missing)},
      {"repair", 2, run(verify_and_repair)},
  };
}

inline bool is_seal(const Operation& operation) { return std::string(operation.name) == "seal"; }
inline bool is_merge(const Operation& operation) { return std::string(operation.name) == "merge"; }

/// What somebody else brings into both download volumes.
inline void commit_to_both(const Store& store) {
  Transaction transaction = begin(store, writing(cache, {}, {other}));
  fill(store, transaction, {{"theirs", "t"}, {"d/theirs", "t"}});
  for (const char* path : {"/theirs", "/d/theirs"}) set_mtime(store.dir(), upper(transaction) + path, 2500, 5);
  must(transaction.seal(Outcome::success));
}

/// A seal needs a transaction with changes in it; a merge is the seal of one that others have overtaken.
inline std::optional<Transaction> transaction_for(const Store& store, const Operation& operation) {
  if (!is_seal(operation) && !is_merge(operation)) return std::nullopt;
  std::optional<Transaction> transaction(is_seal(operation) ? must(begin_both(store))
                                                            : begin(store, writing(cache, {}, {other})));
  change_files(store, *transaction);
  if (is_merge(operation)) commit_to_both(store);
  return transaction;
}

/// The world when the operation begins.
inline World world_before(const Operation& operation) {
  const TempStore temp(Place::tmpfs);
  make_world(temp.store, operation);
  const auto transaction = transaction_for(temp.store, operation);
  return look(temp.store);
}

/// What the undisturbed operation makes of the world.
inline World world_after(const Operation& operation) {
  const TempStore temp(Place::tmpfs);
  make_world(temp.store, operation);
  auto transaction = transaction_for(temp.store, operation);
  must(operation.run(temp.store, transaction));
  return look(temp.store);
}

inline void expect_old_or_new(const World& seen, const World& before, const World& after) {
  for (const auto& [name, content] : seen)
    EXPECT_TRUE(content == before.at(name) || content == after.at(name))
        << name << " shows " << ::testing::PrintToString(content);
}

/// What `settled` names is whole and has been hashed.
inline void expect_settled_is_sound(const Store& store) {
  for (const VolumeSpec& spec : {cache, other, target}) {
    const std::string id = settled_id(store, spec.key);
    if (id.empty()) continue;
    for (const std::string& layer : must(store::read_generation(store, id)).layers)
      EXPECT_TRUE(must(store::has_manifest(store, layer))) << spec.key.name() << " " << layer;
  }
}

/// After a collection nothing is left that no ref reaches.
inline void expect_no_leak(const Store& store) {
  std::set<std::string> layers;
  std::set<std::string> generations;
  for (const VolumeSpec& spec : {cache, other, target}) {
    for (const RefName name : {RefName::current, RefName::settled}) {
      const auto id = must(store::read_ref(store, spec.key, name));
      if (!id) continue;
      for (const Generation& generation : must(store::kept_generations(store, spec.key, *id))) {
        generations.insert(generation.id);
        layers.insert(generation.layers.begin(), generation.layers.end());
      }
    }
    if (current_id(store, spec.key).empty()) continue;
    for (const std::string& name : names_in(store, store::ref_dir(spec.key)))
      EXPECT_EQ(name.find(".new-"), std::string::npos) << name;
  }
  EXPECT_EQ(names_in(store, "layers"), std::vector<std::string>(layers.begin(), layers.end()));
  EXPECT_EQ(names_in(store, "generations"), std::vector<std::string>(generations.begin(), generations.end()));
  EXPECT_EQ(names_in(store, "transactions"), std::vector<std::string>());
  EXPECT_EQ(names_in(store, "trash"), std::vector<std::string>());
}

/// Tears everything that nothing promised to be durable: generations that are not settled, layers without a manifest.
inline void cut_power(const Store& store) {
  std::set<std::string> safe;
  for (const VolumeSpec& spec : {cache, other, target}) safe.insert(settled_id(store, spec.key));
  for (const std::string& id : names_in(store, "generations")) {
    if (safe.count(id) == 1)
      move_to_another_boot(store, id);
    else
      put_file(store.dir(), "generations/" + id, "");
  }
  for (const std::string& layer : names_in(store, "layers"))
    if (!must(store::has_manifest(store, layer)))
      must(remove_tree(store.os(), store.dir(), "layers/" + layer + "/tree/d"));
}

}  // namespace larder::test
