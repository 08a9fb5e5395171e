// Every system call of every operation on the store fails once, with each errno that a full or failing disk gives.

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "fault/operations.hpp"
#include "store/era.hpp"
#include "support/fault_os.hpp"
#include "support/seed.hpp"

namespace larder {
namespace {

using namespace test;

enum class Then { retry, power_cut };

class StoreFault : public ::testing::TestWithParam<Operation> {
 protected:
  /// False when the operation needs fewer than k calls.
  bool disturb(int k, int number, Then then, FaultOs::Times times = FaultOs::Times::once) {
    const TempStore temp(Place::tmpfs);
    make_world(temp.store, GetParam());
    const std::map<std::string, std::string> settled_before = settled_refs(temp.store);
    const std::string era_before = must(store::era(temp.store));
    FaultOs os;
    os.limit_writes(16);
    const int fds = open_fds();
    Status done;
    std::string call;
    {
      const Store faulty = must(Store::open(os, temp.store.path()));
      auto transaction = transaction_for(faulty, GetParam());
      os.fail_at(k, number, times);
      done = GetParam().run(faulty, transaction);
      if (!os.failed()) return false;
      call = os.failed_call();
      os.fail_at(0, 0);
    }
    SCOPED_TRACE(fmt::format("call {} ({}) fails: {}", k, call, std::strerror(number)));
    EXPECT_EQ(open_fds(), fds);
    const bool gave_up = must(store::era(temp.store)) != era_before;
    EXPECT_TRUE(gave_up || call != "syncfs" || times == FaultOs::Times::for_good);
    check(temp.store, done, gave_up);
    const bool sync_failed = call == "syncfs";
    EXPECT_TRUE(!sync_failed || settled_refs(temp.store) == settled_before || is_settling_all());
    if (then == Then::power_cut)
      check_after_power_cut(temp.store);
    else
      check_retry(temp.store, gave_up);
    return true;
  }

  void check(const Store& store, const Status& done, bool gave_up) {
    if (gave_up) {
      EXPECT_FALSE(done);
      expect_all_settled(store);
      expect_known(look(store));
    } else if (!done) {
      EXPECT_FALSE(done.error().message.empty());
      EXPECT_FALSE(done.error().cause.empty());
      expect_old_or_new(look(store), before_, after_);
    } else {
      EXPECT_EQ(look(store), after_);  // it said that it had succeeded
    }
    expect_settled_is_sound(store);
    const World seen = look(store);
    must(store::collect(store));
    EXPECT_EQ(look(store), seen);
    expect_no_leak(store);
  }

  void check_retry(const Store& store, bool gave_up) {
    auto transaction = transaction_for(store, GetParam());
    must(GetParam().run(store, transaction));
    if (gave_up) {
      must(store::settle_all(store));
      expect_all_settled(store);
    } else {
      EXPECT_EQ(look(store), after_);
    }
  }

  /// After a failed sync: nothing is seen but what is on disk.
  static void expect_all_settled(const Store& store) {
    for (const VolumeSpec& spec : {cache, other, target}) {
      const auto seen = must(store::current_generation(store, spec.key));
      EXPECT_EQ(seen ? seen->id : "", settled_id(store, spec.key)) << spec.key.name();
    }
  }

  void check_after_power_cut(const Store& store) {
    cut_power(store);
    const World seen = look(store);
    expect_known(seen);
    must(store::collect(store));
    EXPECT_EQ(look(store), seen);
  }

  void expect_known(const World& seen) {
    for (const auto& [name, content] : seen)
      EXPECT_TRUE(content == oldest_.at(name) || content == before_.at(name) || content == after_.at(name)) << name;
  }

  /// What was settled before the operation.
  static World oldest_world() {
    const TempStore temp(Place::tmpfs);
    make_world(temp.store, GetParam());
    cut_power(temp.store);
    return look(temp.store);
  }

  /// One volume's failed sync does not stop the others from settling, nor from being removed.
  static bool is_settling_all() { return std::string(GetParam().name) == "settle" || is_repair(GetParam()); }

  static std::map<std::string, std::string> settled_refs(const Store& store) {
    std::map<std::string, std::string> refs;
    for (const VolumeSpec& spec : {cache, other, target}) refs[spec.key.name()] = settled_id(store, spec.key);
    return refs;
  }

  const World before_ = world_before(GetParam());
  const World after_ = world_after(GetParam());
  const World oldest_ = oldest_world();
};

constexpr std::array errnos = {ENOSPC, EIO, EDQUOT, EMFILE};

/// Every call fails once; the errnos, and what follows, take turns. With LARDER_TEST_LONG set, every call fails with
/// every errno and is followed by both, which takes a minute.
TEST_P(StoreFault, LeavesTheOldOrTheNewState) {
  const bool all = long_test();
  for (size_t shift = 0; shift < (all ? 8U : 1U); ++shift) {
    size_t k = 1;
    const auto then = [&] { return (k + shift) / 4 % 2 == 0 ? Then::retry : Then::power_cut; };
    while (disturb(static_cast<int>(k), errnos[(k + shift) % 4], then()) && !HasFailure()) ++k;
    EXPECT_GT(k, 8U);
  }
}

/// From some call on nothing works any more: a full disk that stays full, no descriptor left.
TEST_P(StoreFault, LeavesTheOldOrTheNewStateWhereNothingWorksAnyMore) {
  size_t k = 1;
  const auto then = [&] { return k / 4 % 2 == 0 ? Then::retry : Then::power_cut; };
  while (disturb(static_cast<int>(k), errnos[k % 4], then(), FaultOs::Times::for_good) && !HasFailure()) ++k;
  EXPECT_GT(k, 8U);
}

/// A call that a signal interrupts is made again.
TEST_P(StoreFault, InterruptedCallsAreNoFaults) {
  bool failed = true;
  for (int k = 1; failed && !HasFailure(); ++k) {
    SCOPED_TRACE(k);
    const TempStore temp(Place::tmpfs);
    make_world(temp.store, GetParam());
    FaultOs os;
    const Store store = must(Store::open(os, temp.store.path()));
    auto transaction = transaction_for(store, GetParam());
    os.fail_at(k, EINTR);
    must(GetParam().run(store, transaction));
    failed = os.failed();
    EXPECT_EQ(look(temp.store), after_);
  }
}

TEST_P(StoreFault, ShortWritesAreNoFaults) {
  const TempStore temp(Place::tmpfs);
  make_world(temp.store, GetParam());
  FaultOs os;
  os.limit_writes(1);
  const Store slow = must(Store::open(os, temp.store.path()));
  auto transaction = transaction_for(slow, GetParam());
  must(GetParam().run(slow, transaction));
  EXPECT_EQ(look(temp.store), after_);
}

INSTANTIATE_TEST_SUITE_P(Of, StoreFault, ::testing::ValuesIn(operations()),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

}  // namespace
}  // namespace larder
