#include "share/remote_name.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cctype>

#include "support/must.hpp"

namespace larder::share {
namespace {

using test::must;

TEST(RemoteName, IsARepositoryOfARegistry) {
  for (const char* text :
       {"ghcr.io/org/cache", "127.0.0.1:5000/cache", "localhost/a", "registry.example.org:443/a/b_c/d.e-f"})
    EXPECT_EQ(must(parse_remote(text)), text);
  for (const char* text : {"", "cache", "org/cache", "ghcr.io/", "ghcr.io", "ghcr.io/org/cache:tag",
                           "ghcr.io/a@sha256:0", "docker://ghcr.io/org/cache", "ghcr.io/-x", "--authfile/x.y", "-a.b/c",
                           "ghcr.io/a b", "ghcr.io/../x", "ghcr.io/A", "gh\ncr.io/a"}) {
    const auto refused = parse_remote(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code, ErrorCode::usage) << text;
  }
}

TEST(RemoteName, ALoginInItIsNotShown) {
  const auto refused = parse_remote("ann:secret@ghcr.io/org/cache");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "'ghcr.io/org/cache' has a login before it, which does not belong there");
  EXPECT_EQ(refused.error().hint, "`skopeo login ghcr.io` keeps it");
}

store::VolumeSpec volume(const std::string& name, const std::string& image = "sha256:1") {
  store::VolumeSpec spec;
  spec.key = must(store::VolumeKey::make(name));
  spec.image = image;
  spec.recipe = "cargo 2";
  spec.mount_path = "/workspace";
  return spec;
}

TEST(RemoteName, TellsApartWhatLooksAlike) {
  EXPECT_NE(tag_prefix("app", "a/b"), tag_prefix("app", "a-b"));
  EXPECT_NE(tag_prefix("app-1", "main"), tag_prefix("app", "1-main"));
  EXPECT_NE(tag_of("app", "main", volume("v")), tag_of("app", "main", volume("v", "sha256:2")));
  EXPECT_NE(tag_of("app", "main", volume(std::string(60, 'v') + "1")),
            tag_of("app", "main", volume(std::string(60, 'v') + "2")));
  EXPECT_EQ(tag_of("app", "main", volume("v")), tag_of("app", "main", volume("v")));
}

RC_GTEST_PROP(RemoteName, EveryTagIsOne, (const std::string& project, const std::string& branch)) {
  const std::string tag =
      tag_of(project + std::string(200, 'x'), branch + std::string(200, '/'), volume(std::string(128, 'v')));
  RC_ASSERT(tag.size() <= 128U);
  RC_ASSERT(tag.front() == 'p');
  RC_ASSERT(tag.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
            std::string::npos);
  const auto is_sign = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; };
  RC_ASSERT(std::adjacent_find(tag.begin(), tag.end(), [&](char a, char b) { return is_sign(a) && is_sign(b); }) ==
            tag.end());
  const std::string prefix = tag_prefix(project, branch);
  RC_ASSERT(tag_of(project, branch, volume("v")).starts_with(prefix));
}

}  // namespace
}  // namespace larder::share
