#include "builds/plan/git_folder.hpp"

#include <gtest/gtest.h>

namespace larder::builds {
namespace {

TEST(RepositoryOf, IsTheSameForAllWaysToOne) {
  for (const char* url :
       {"git@example.org:org/app.git", "git@example.org:/org/app.git", "example.org:org/app",
        "https://example.org/org/app.git", "https://example.org/org/app", "https://example.org/org/app/",
        "https://gitlab-ci-token:a@example.org/org/app.git", "https://example.org:443/org/app.git",
        "http://example.org:80/org/app", "ssh://git@example.org/org/app.git", "ssh://git@example.org:22/org/app",
        "git+ssh://git@Example.org/org/app.git", "git://example.org/org/app.git"})
    EXPECT_EQ(repository_of(url), "example.org/org/app") << url;
}

TEST(RepositoryOf, TellsApartWhatMayBeAnother) {
  EXPECT_EQ(repository_of("https://example.org:8443/org/app"), "example.org:8443/org/app");
  EXPECT_EQ(repository_of("https://example.org/Org/App"), "example.org/Org/App");
  EXPECT_EQ(repository_of("https://example.org/org/app.github"), "example.org/org/app.github");
}

TEST(RepositoryOf, APathStaysAsItIs) {
  for (const char* url :
       {"/srv/git/app.git", "../app.git", "app", "./a:b", "file:///srv/app.git", "https://example.org", ":x"})
    EXPECT_EQ(repository_of(url), url);
}

}  // namespace
}  // namespace larder::builds
