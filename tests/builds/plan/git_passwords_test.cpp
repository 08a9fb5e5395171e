#include "builds/plan/git_passwords.hpp"

#include <gtest/gtest.h>

#include "support/files.hpp"
#include "support/scoped_variable.hpp"
#include "support/temp_dir.hpp"

namespace larder::builds {
namespace {

using test::ScopedVariable;

std::string entry(const std::string& key, const std::string& value) { return key + "\n" + value + '\0'; }

TEST(GitPasswords, AreInTheFilesOfTheStoreAlone) {
  const auto found = passwords_in(
      entry("credential.helper", "store") + entry("credential.https://a.example.helper", "store --file ~/a") +
          entry("credential.helper", "store --file=/b") + entry("credential.helper", "!our-program") +
          entry("credential.helper", "cache") + entry("credential.helper", "") + entry("user.name", "store"),
      "/home/ann");
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].url + found[0].path, "/home/ann/.git-credentials");
  EXPECT_EQ(found[1].url + " " + found[1].path, "https://a.example /home/ann/a");
  EXPECT_EQ(found[2].path, "/b");
}

TEST(GitPasswords, AreTheUsers) {
  const test::TempDir dir;
  const ScopedVariable home("HOME", dir.path());
  const ScopedVariable xdg("XDG_CONFIG_HOME", std::nullopt);
  const ScopedVariable global("GIT_CONFIG_GLOBAL", dir.path() + "/.gitconfig");
  test::put_file(dir.fd(), ".gitconfig", "[credential]\n\thelper = store\n");
  EXPECT_TRUE(git_passwords().empty()) << "there is no such file";
  test::put_file(dir.fd(), ".git-credentials", "https://ann:secret@a.example\n");
  ASSERT_EQ(git_passwords().size(), 1U);
  EXPECT_EQ(git_passwords()[0].path, dir.path() + "/.git-credentials");
}

TEST(GitPasswords, GitAsksAndNeverWrites) {
  EXPECT_EQ(asking({"https://a", "/b"}, "/c"),
            "[credential \"https://a\"]\n"
            "\thelper = \"!f() { test \\\"$1\\\" != get || git credential-store --file /c get; }; f\"\n");
}

}  // namespace
}  // namespace larder::builds
