#include "base/user_name.hpp"

#include <gtest/gtest.h>
#include <pwd.h>
#include <unistd.h>

namespace larder {
namespace {

TEST(UserName, OfAPasswdFile) {
  constexpr const char* text =
      "root:x:0:0:root:/root:/bin/sh\n\n:x:7:7::/:\nann:x:1000:100:Ann:/home/ann:/bin/sh\nx:y\n";
  EXPECT_EQ(name_in_passwd(text, 0), "root");
  EXPECT_EQ(name_in_passwd(text, 1000), "ann");
  EXPECT_EQ(name_in_passwd(text, 100), "");
  EXPECT_EQ(name_in_passwd(text, 7), "");
  EXPECT_EQ(name_in_passwd("", 0), "");
}

TEST(UserName, IsWhatTheSystemSays) {
  const passwd* user = ::getpwuid(::getuid());
  EXPECT_EQ(user_name(::getuid()), user == nullptr ? "" : user->pw_name);
  EXPECT_EQ(user_name(4'000'000'000), "");
}

}  // namespace
}  // namespace larder
