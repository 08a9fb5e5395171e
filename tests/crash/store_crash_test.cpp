// The process ends before every system call of every operation on the store, as at kill -9.

#include <gtest/gtest.h>

#include "fault/operations.hpp"
#include "support/child.hpp"
#include "support/fault_os.hpp"

namespace larder {
namespace {

using namespace test;

class StoreCrash : public ::testing::TestWithParam<Operation> {
 protected:
  /// False when the operation needs fewer than k calls. Every other time the power goes too.
  bool crash(int k) {
    const TempStore temp(Place::tmpfs);
    make_world(temp.store, GetParam());
    const int code = exit_code_of([&] {
      CrashOs os;
      const Store store = must(Store::open(os, temp.store.path()));
      auto transaction = transaction_for(store, GetParam());
      os.crash_at(k);
      must(GetParam().run(store, transaction));
      ::_exit(0);
    });
    SCOPED_TRACE("crash before call " + std::to_string(k));
    EXPECT_TRUE(code == 0 || code == CrashOs::exit_code) << code;
    if (code != CrashOs::exit_code) return false;
    if (k % 2 == 0) cut_power_and_check(temp.store);
    const World seen = look(temp.store);
    if (k % 2 == 1) expect_old_or_new(seen, before_, after_);
    if (k % 2 == 1) expect_settled_is_sound(temp.store);
    must(store::collect(temp.store));
    EXPECT_EQ(look(temp.store), seen);
    if (k % 2 == 1) expect_no_leak(temp.store);
    must(store::settle_all(temp.store));
    auto transaction = transaction_for(temp.store, GetParam());
    must(GetParam().run(temp.store, transaction));
    return true;
  }

  void cut_power_and_check(const Store& store) {
    expect_settled_is_sound(store);
    const World settled = settled_world(store);
    cut_power(store);
    const World seen = look(store);
    for (const auto& [name, content] : seen)
      EXPECT_TRUE(content == settled.at(name) || content == before_.at(name) || content == after_.at(name)) << name;
  }

  static World settled_world(const Store& store) {
    World world;
    for (const VolumeSpec& spec : {cache, other, target}) {
      const std::string id = settled_id(store, spec.key);
      world[spec.key.name()] =
          id.empty()
              ? Snapshot{{"(none)", ""}}
              : snapshot(store, store::layer_roots(must(store::read_generation(store, id)).layers), DirTimes::ignored);
    }
    return world;
  }

  const World before_ = world_before(GetParam());
  const World after_ = world_after(GetParam());
};

TEST_P(StoreCrash, LeavesTheOldOrTheNewState) {
  int k = 1;
  while (crash(k) && !HasFailure()) ++k;
  EXPECT_GT(k, 8);
}

INSTANTIATE_TEST_SUITE_P(Of, StoreCrash, ::testing::ValuesIn(operations()),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

}  // namespace
}  // namespace larder
