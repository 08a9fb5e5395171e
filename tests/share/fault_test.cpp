// Imports and exports whose system calls fail, one after another.

#include <gtest/gtest.h>

#include "share/kit.hpp"
#include "support/fault_os.hpp"

namespace larder::share {
namespace {

using namespace test;

constexpr int calls_max = 5000;

TEST(ShareFault, AnImportThatFailsAnywhereLeavesAllOrNothing) {
  TempStore here;
  commit_compiled(here.store, compiled("app"), {{"a", "one"}, {"b/c", "two"}, {"b/d", "one"}, {"e", ""}});
  const std::string archive = export_to_text(here.store, {compiled("app").key});
  const Snapshot good = volume_snapshot(here.store, compiled("app").key);
  int failures = 0;
  for (int k = 1; k < calls_max; ++k) {
    TempDir dir(Place::memory);
    FaultOs os;
    const Store store = must(Store::open(os, dir.path() + "/store"));
    os.fail_at(k, k % 2 == 0 ? ENOSPC : EIO);
    const auto taken = import_text(store, archive);
    const bool failed = os.failed();
    os.fail_at(0, 0);
    if (!taken) ++failures;
    const auto keys = must(store::list_volumes(store));
    ASSERT_LE(keys.size(), 1U);
    ASSERT_TRUE(!taken || keys.size() == 1) << k;
    for (const VolumeKey& key : keys)
      EXPECT_TRUE(current_layers(store, key).empty() || volume_snapshot(store, key) == good) << k;
    const auto again = must(import_text(store, archive));
    EXPECT_EQ(volume_snapshot(store, again[0].key), good) << k;
    if (!failed) break;
  }
  EXPECT_GT(failures, 50);
}

TEST(ShareFault, AnExportThatFailsSaysSo) {
  TempDir dir(Place::memory);
  FaultOs os;
  const Store store = must(Store::open(os, dir.path() + "/store"));
  commit_compiled(store, compiled("app"), {{"a", "one"}, {"b/c", "two"}});
  const std::string good = export_to_text(store, {compiled("app").key});
  int failures = 0;
  for (int k = 1; k < calls_max; ++k) {
    const UniqueFd file = file_of("");
    os.fail_at(k, EIO);
    const auto written = export_volumes(store, {compiled("app").key}, no_recipes(), file.get(), "the test");
    const bool failed = os.failed();
    os.fail_at(0, 0);
    EXPECT_TRUE(!written || bytes_of(file.get()) == good) << k;
    if (!written) ++failures;
    if (!failed) break;
  }
  EXPECT_GT(failures, 50);
}

}  // namespace
}  // namespace larder::share
