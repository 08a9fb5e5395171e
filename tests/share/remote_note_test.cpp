#include "share/remote_note.hpp"

#include <gtest/gtest.h>

#include "share/kit.hpp"

namespace larder::share {
namespace {

using namespace test;

TEST(RemoteNotes, AreKeptForEachBranchAndAction) {
  TempStore temp;
  const RemoteNote pull{"ghcr.io/org/cache", "app", "main", "pull", 7, "nothing", true};
  RemoteNote push = pull;
  push.action = "push";
  push.outcome = "refused: \xff";
  EXPECT_TRUE(must(list_remote_notes(temp.store)).empty());
  must(write_remote_note(temp.store, push));
  must(write_remote_note(temp.store, pull));
  RemoteNote later = pull;
  later.seconds = 9;
  must(write_remote_note(temp.store, later));
  EXPECT_EQ(must(find_remote_note(temp.store, pull)), later);
  const auto all = must(list_remote_notes(temp.store));
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0], later);
  EXPECT_EQ(all[1].action, "push");
}

TEST(RemoteNotes, WhatCannotBeReadSaysNothing) {
  TempStore temp;
  const RemoteNote pull{"ghcr.io/org/cache", "app", "main", "pull", 7, "nothing", true};
  must(write_remote_note(temp.store, pull));
  const std::string name = names_in(temp.store, "remotes/notes").front();
  must(replace_file(temp.store.os(), temp.store.dir(), "remotes/notes/" + name, "{", Durability::none));
  EXPECT_FALSE(must(find_remote_note(temp.store, pull)));
  EXPECT_TRUE(must(list_remote_notes(temp.store)).empty());
}

TEST(RemoteNotes, ARegistryIsAskedAgainAfterTenMinutes) {
  const RemoteNote last{"ghcr.io/org/cache", "app", "main", "pull", 10'000, "refused", false};
  EXPECT_TRUE(may_ask_again({}, 10'000));
  EXPECT_FALSE(may_ask_again(last, 10'000));
  EXPECT_FALSE(may_ask_again(last, 10'599));
  EXPECT_TRUE(may_ask_again(last, 10'600));
  EXPECT_TRUE(may_ask_again(last, 9'999)) << "the clock was ahead";
}

}  // namespace
}  // namespace larder::share
