#include "builds/plan/git_replacements.hpp"

#include <gtest/gtest.h>

#include "support/files.hpp"
#include "support/scoped_variable.hpp"
#include "support/temp_dir.hpp"

namespace larder::builds {
namespace {

using test::ScopedVariable;

TEST(GitReplacements, AreWrittenAsGitReadsThem) {
  const std::string listed = std::string("url.https://near.example/.insteadof\nhttps://far.example/") + '\0' +
                             "url.a\"b.pushinsteadof\nc\\d" + '\0';
  EXPECT_EQ(replacements_in(listed),
            "[url \"https://near.example/\"]\n\tinsteadof = \"https://far.example/\"\n"
            "[url \"a\\\"b\"]\n\tpushinsteadof = \"c\\\\d\"\n");
  EXPECT_EQ(replacements_in("user.name\nann"), "");
  EXPECT_EQ(replacements_in("url.insteadof"), "");
}

TEST(GitReplacements, AreTheUsers) {
  const test::TempDir dir;
  const ScopedVariable home("HOME", dir.path());
  const ScopedVariable xdg("XDG_CONFIG_HOME", std::nullopt);
  test::put_file(dir.fd(), ".gitconfig", "[user]\n\tname = Ann\n[url \"ssh://near/\"]\n\tinsteadOf = ssh://far/\n");
  const std::string text = git_replacements();
  EXPECT_NE(text.find("[url \"ssh://near/\"]\n\tinsteadof = \"ssh://far/\"\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("Ann"), std::string::npos);
}

}  // namespace
}  // namespace larder::builds
