#include "builds/run/ssh_settings.hpp"

#include <gtest/gtest.h>

#include "support/files.hpp"
#include "support/temp_dir.hpp"

namespace larder::builds {
namespace {

TEST(SshSettings, AreTheUsersWithoutKeysAndSockets) {
  const test::TempDir dir;
  test::put_file(dir.fd(), "config",
                 "Host ours\n  HostName=example.org\n  Port 2222\n  IdentityFile ~/.ssh/key\n\tidentitiesonly yes\n"
                 "  ControlPath /tmp/x\nInclude more/*.conf \"one\"\n");
  test::put_file(dir.fd(), "more/a.conf", "User git\nInclude config\n");
  test::put_file(dir.fd(), "one", "ProxyJump gate\n");
  const std::string text = ssh_settings(dir.path());
  EXPECT_TRUE(text.starts_with("Host ours\n  HostName=example.org\n  Port 2222\n")) << text;
  for (const char* kept : {"User git\n", "ProxyJump gate\n"}) EXPECT_NE(text.find(kept), std::string::npos) << kept;
  for (const char* gone : {"key", "dentities", "Control", "Include"})
    EXPECT_EQ(text.find(gone), std::string::npos) << gone;
}

TEST(SshSettings, WithoutAFileThereAreNone) {
  const test::TempDir dir;
  EXPECT_EQ(ssh_settings(dir.path()), "");
}

}  // namespace
}  // namespace larder::builds
