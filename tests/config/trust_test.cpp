#include "config/trust.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "support/files.hpp"
#include "support/must.hpp"
#include "support/scoped_variable.hpp"
#include "support/temp_dir.hpp"

namespace larder::config {
namespace {

using test::must;

class Trust : public ::testing::Test {
 protected:
  test::TempDir dir_;
  test::ScopedVariable config_{"XDG_CONFIG_HOME", dir_.path()};
  Os os_;
};

TEST_F(Trust, IsFoundByItsFolderAlone) {
  EXPECT_FALSE(must(find_trust(os_, "/a")));
  ASSERT_TRUE(save_trust(os_, {"/a", {"one", "two"}}));
  EXPECT_EQ(must(find_trust(os_, "/a"))->lines, (std::vector<std::string>{"one", "two"}));
  EXPECT_FALSE(must(find_trust(os_, "/a/b")));
  ASSERT_TRUE(save_trust(os_, {"/a", {"three"}, {"four"}}));
  EXPECT_EQ(must(find_trust(os_, "/a"))->lines, std::vector<std::string>{"three"});
  EXPECT_EQ(must(find_trust(os_, "/a"))->refused, std::vector<std::string>{"four"});
}

TEST_F(Trust, IsListedAndDropped) {
  EXPECT_TRUE(must(list_trust(os_)).empty());
  ASSERT_TRUE(save_trust(os_, {"/b\xff", {"x"}}));
  ASSERT_TRUE(save_trust(os_, {"/a", {}}));
  const auto records = must(list_trust(os_));
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].folder, "/a");
  EXPECT_TRUE(must(drop_trust(os_, "/b\xff")));
  EXPECT_FALSE(must(drop_trust(os_, "/b\xff")));
  EXPECT_EQ(must(list_trust(os_)).size(), 1U);
}

TEST_F(Trust, IsForTheUserAlone) {
  ASSERT_TRUE(save_trust(os_, {"/a", {"x"}}));
  const auto mode = [&](const std::string& path) { return must(os_.stat(AT_FDCWD, path))->st_mode & 07777U; };
  EXPECT_EQ(mode(trust_folder()), 0700U);
  for (const DirEntry& entry : must(os_.list(AT_FDCWD, trust_folder())))
    EXPECT_EQ(mode(trust_folder() + "/" + entry.name), 0600U) << entry.name;
}

TEST_F(Trust, WhatIsNoRecordSaysNothing) {
  ASSERT_TRUE(save_trust(os_, {"/a", {"x"}}));
  const std::string name = must(os_.list(AT_FDCWD, trust_folder())).front().name;
  for (const char* text : {"", "{", "[]", "{\"folder\": 1}", "{\"folder\": \"/a\", \"lines\": {}}"}) {
    test::put_file(dir_.fd(), "larder/trusted/" + name, text);
    const auto found = must(find_trust(os_, "/a"));
    EXPECT_TRUE(!found || found->lines.empty()) << text;
  }
}

TEST_F(Trust, NeedsAPlace) {
  const test::ScopedVariable config("XDG_CONFIG_HOME", std::nullopt);
  const test::ScopedVariable home("HOME", std::nullopt);
  EXPECT_EQ(save_trust(os_, {"/a", {}}).error().code, ErrorCode::environment);
  EXPECT_FALSE(must(find_trust(os_, "/a")));
}

}  // namespace
}  // namespace larder::config
