#include "store/volume.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace larder::store {
namespace {

TEST(CheckName, TakesPlainNames) {
  for (const char* name : {"a", "cargo-cache-x64", "v1.2_3", "0123456789abcdef", "A"})
    EXPECT_TRUE(check_name(name, "volume"));
  EXPECT_TRUE(check_name(std::string(128, 'x'), "volume"));
}

// The first is CVE-2024-9675: an id of a cache that mounted a directory of the host.
TEST(CheckName, RefusesWhatCouldLeaveTheStore) {
  using namespace std::string_literals;
  const std::vector<std::string> names = {"../../..",  "..",      ".",   "",      "/",   "/etc", "a/b",
                                          "a/../../b", ".hidden", "-rf", "a\0b"s, "\0"s, "a\n",  "a\tb",
                                          "a\x1b[31m", "a\x7f",   "a b", "a:b",   "a,b", "a\\b", "caf\xc3\xa9",
                                          "\xff\xfe",  "a%2fb",   "a*",  "a$b",   "~"};
  for (const std::string& name : names) {
    const Status checked = check_name(name, "volume");
    ASSERT_FALSE(checked) << name;
    EXPECT_EQ(checked.error().code, ErrorCode::usage);
    EXPECT_EQ(checked.error().message, "not a valid name for a volume");
  }
  EXPECT_FALSE(check_name(std::string(129, 'x'), "volume"));
  EXPECT_FALSE(check_name(std::string(10'000, 'x'), "volume"));
}

TEST(CheckName, TellsNoUncheckedBytesToTheTerminal) {
  const std::string name = "\x1b]0;title\x07";
  const Error error = check_name(name, "volume").error();
  EXPECT_EQ((error.message + error.cause + error.hint).find('\x1b'), std::string::npos);
}

TEST(VolumeKey, ChecksEveryPart) {
  EXPECT_TRUE(VolumeKey::make("a", "b"));
  EXPECT_FALSE(VolumeKey::make("..", "b"));
  EXPECT_FALSE(VolumeKey::make("a", ".."));
  EXPECT_TRUE(VolumeKey::parse("a", "b", "trusted"));
  EXPECT_FALSE(VolumeKey::parse("..", "b", "trusted"));
  EXPECT_FALSE(VolumeKey::parse("a", "..", "trusted"));
  for (const char* trust : {"", "..", "Trusted", "others"}) EXPECT_FALSE(VolumeKey::parse("a", "b", trust));
}

TEST(VolumeKey, ReadsTheWordsThatItWrites) {
  for (const Trust trust : {Trust::trusted, Trust::untrusted}) {
    const auto key = VolumeKey::parse("a", "b", to_string(trust));
    ASSERT_TRUE(key);
    EXPECT_EQ(key->trust(), trust);
  }
}

RC_GTEST_PROP(CheckName, AnAcceptedNameIsOnePlainPartOfAPath, (const std::string& name)) {
  if (!check_name(name, "volume")) return;
  RC_ASSERT(name.find('/') == std::string::npos);
  RC_ASSERT(name.front() != '.');
  RC_ASSERT(std::all_of(name.begin(), name.end(), [](unsigned char c) { return c > 0x20 && c < 0x7f; }));
}

}  // namespace
}  // namespace larder::store
