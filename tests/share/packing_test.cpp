#include "share/packing.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "base/sha256.hpp"

namespace larder::share {
namespace {

constexpr uint64_t mb = uint64_t{1} << 20U;

Content content(size_t number, uint64_t bytes) { return {sha256_hex("content " + std::to_string(number)), bytes}; }

std::vector<Content> contents(size_t count, uint64_t bytes) {
  std::vector<Content> all;
  for (size_t i = 0; i < count; ++i) all.push_back(content(i, bytes));
  return all;
}

/// What a registry has after these packs were pushed.
std::vector<Pack> pushed(const Packing& packing) {
  std::vector<Pack> packs = packing.reused;
  for (const auto& made : packing.made)
    packs.push_back({sha256_hex("pack of " + made.front().digest + std::to_string(made.size())), 1, made});
  return packs;
}

/// How many packs two packings have in common.
size_t common(const Packing& a, const Packing& b) {
  size_t count = 0;
  for (const auto& one : a.made)
    for (const auto& other : b.made) count += one == other ? 1 : 0;
  return count;
}

TEST(Packing, PacksHave8To16MB) {
  const Packing packing = plan_packs(contents(1000, mb / 4), {});
  EXPECT_GT(packing.made.size(), 14U);
  EXPECT_LT(packing.made.size(), 32U);
  for (size_t i = 0; i + 1 < packing.made.size(); ++i) {
    uint64_t bytes = 0;
    for (const Content& one : packing.made[i]) bytes += one.bytes;
    EXPECT_GE(bytes, 8 * mb);
    EXPECT_LE(bytes, 16 * mb);
  }
}

TEST(Packing, ALargeContentHasAPackOfItsOwn) {
  const Packing packing = plan_packs({content(1, 1), content(2, 100 * mb), content(3, 1)}, {});
  ASSERT_EQ(packing.made.size(), 3U);
  EXPECT_EQ(packing.made[1].size(), 1U);
}

TEST(Packing, ASecondPushPacksOnlyWhatIsLacking) {
  std::vector<Content> wanted = contents(1000, mb / 4);
  const auto known = pushed(plan_packs(wanted, {}));
  wanted[500] = content(5000, mb / 4);
  const Packing packing = plan_packs(wanted, known);
  EXPECT_EQ(packing.reused, known);
  ASSERT_EQ(packing.made.size(), 1U);
  EXPECT_EQ(packing.made[0], std::vector{wanted[500]});
}

TEST(Packing, TreesWithMuchInCommonHaveMostPacksInCommon) {
  std::vector<Content> wanted = contents(1000, mb / 4);
  const Packing one = plan_packs(wanted, {});
  wanted.erase(wanted.begin() + 300);
  wanted.insert(wanted.begin() + 700, content(7000, mb));
  const Packing other = plan_packs(wanted, {});
  EXPECT_GE(common(one, other) * 3, one.made.size() * 2) << common(one, other) << " of " << one.made.size();
}

TEST(Packing, APackThatIsMostlyWasteIsPackedAnew) {
  const std::vector<Content> old = contents(40, mb / 4);
  const auto known = pushed(plan_packs(old, {}));
  const std::vector<Content> wanted(old.begin(), old.begin() + 10);
  const Packing packing = plan_packs(wanted, known);
  EXPECT_TRUE(packing.reused.empty());
  EXPECT_EQ(packing.made.size(), 1U);
}

TEST(Packing, ManySmallPacksBecomeOne) {
  std::vector<Content> wanted = contents(100, mb);
  std::vector<Pack> known = pushed(plan_packs(wanted, {}));
  const size_t large = known.size();
  size_t most = 0;
  for (size_t push = 0; push < 100; ++push) {
    wanted.push_back(content(9000 + push, 1000));
    known = pushed(plan_packs(wanted, known));
    most = std::max(most, known.size());
  }
  EXPECT_LE(most, large + 20);
}

RC_GTEST_PROP(Packing, HasEveryContentAndNeverMorePacksThanAllowed, ()) {
  const auto sizes = *rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 30));
  std::vector<Pack> known;
  size_t next = 0;
  std::vector<Content> wanted;
  for (int push = 0; push < 3; ++push) {
    for (const int size : sizes) wanted.push_back(content(next++, static_cast<uint64_t>(size) * mb));
    if (!wanted.empty()) wanted.erase(wanted.begin(), wanted.begin() + static_cast<long>(wanted.size() / 3));
    const Packing packing = plan_packs(wanted, known);
    known = pushed(packing);
    RC_ASSERT(known.size() <= packs_max);
    std::map<std::string, int> there;
    for (const Pack& pack : known)
      for (const Content& one : pack.contents) ++there[one.digest];
    for (const Content& one : wanted) RC_ASSERT(there.count(one.digest) > 0);
  }
}

TEST(Packing, AVeryLargeTreeHasLargerPacks) {
  const Packing packing = plan_packs(contents(100'000, mb), {});
  EXPECT_LE(packing.made.size(), 301U);
}

}  // namespace
}  // namespace larder::share
