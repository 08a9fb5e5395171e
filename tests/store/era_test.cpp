#include "store/era.hpp"

#include <gtest/gtest.h>

#include "support/store_kit.hpp"

namespace larder::store {
namespace {

using namespace test;

TEST(Era, IsTheBootWhereNoSyncHasFailed) {
  const TempStore temp;
  EXPECT_EQ(must(era(temp.store)), must(boot_id(temp.store.os())));
}

TEST(Era, EachFailedSyncBeginsANewOne) {
  const TempStore temp;
  const std::string boot = must(boot_id(temp.store.os()));
  must(begin_era(temp.store));
  const std::string first = must(era(temp.store));
  EXPECT_TRUE(first.starts_with(boot + "/"));
  EXPECT_EQ(get_file(temp.store.dir(), "era"), first + "\n");
  must(begin_era(temp.store));
  EXPECT_NE(must(era(temp.store)), first);
}

TEST(Era, OfAnotherBootCountsForNothing) {
  const TempStore temp;
  const std::string boot = must(boot_id(temp.store.os()));
  for (const std::string& text : {std::string("00000000-0000-0000-0000-000000000000/0123456789abcdef\n"), std::string(),
                                  boot, boot + "\n", boot + "/0123", std::string(50, '\0')}) {
    put_file(temp.store.dir(), "era", text);
    EXPECT_EQ(must(era(temp.store)), boot) << text;
  }
}

TEST(Era, WhatIsNotSettledInAnEarlierOneIsNotUsed) {
  const TempStore temp;
  const VolumeSpec spec = compiled("pantry-x64");
  commit(temp.store, spec, {{"a", "1"}});
  must(settle(temp.store, spec.key));
  commit(temp.store, spec, {{"a", "22"}});
  must(begin_era(temp.store));
  EXPECT_EQ(files_of(temp.store, must(current_generation(temp.store, spec.key))->layers), Files({{"a", "1"}}));
}

}  // namespace
}  // namespace larder::store
