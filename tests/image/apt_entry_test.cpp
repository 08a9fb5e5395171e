#include "image/apt_entry.hpp"

#include <gtest/gtest.h>

namespace larder::image {
namespace {

std::string shown(const std::vector<AptEntry>& entries) {
  std::string text;
  for (const AptEntry& entry : entries) text += entry.uri + " " + entry.suite + " " + entry.components + "\n";
  return text;
}

TEST(AptList, ALineIsASource) {
  const auto entries = parse_apt_list(
      "# deb http://old.example/debian bookworm main\n"
      "deb http://a.example/debian bookworm main contrib # the usual\n"
      "deb-src http://a.example/debian bookworm main\n"
      "deb\t[ arch=amd64 check-valid-until=no signed-by=/etc/apt/keyrings/b.gpg ]  https://b.example bookworm  main\n"
      "deb cdrom:[Debian GNU/Linux 12.1 _Bookworm_]/ bookworm main\n"
      "deb http://flat.example/ ./\ndeb http://short.example\n",
      "sources.list");
  EXPECT_EQ(shown(entries), "http://a.example/debian bookworm main contrib\nhttps://b.example bookworm main\n");
  EXPECT_EQ(entries[1].options,
            (std::map<std::string, std::string>{{"Architectures", "amd64"}, {"Check-Valid-Until", "no"}}));
  EXPECT_FALSE(entries[0].has_strangers_key());
  EXPECT_TRUE(entries[1].has_strangers_key());
}

TEST(AptList, AParagraphIsASourceForEachAddressAndSuite) {
  const auto entries = parse_apt_list(
      "Types: deb deb-src\nuris: http://a.example http://b.example\n# Suites: jessie\nSuites: bookworm\n  "
      "bookworm-updates\n"
      "Components: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n"
      "Types: deb-src\nURIs: http://c.example\nSuites: bookworm\nComponents: main\n\n\n"
      "Enabled: no\nTypes: deb\nURIs: http://d.example\nSuites: bookworm\nComponents: main\n\n"
      "Types: deb\nURIs: http://e.example\nSuites: bookworm\nComponents: main\nCheck-Date: no\nSigned-By:\n"
      " -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQ\n",
      "debian.sources");
  EXPECT_EQ(shown(entries),
            "http://a.example bookworm main\nhttp://a.example bookworm-updates main\n"
            "http://b.example bookworm main\nhttp://b.example bookworm-updates main\nhttp://e.example bookworm main\n");
  EXPECT_FALSE(entries[0].has_strangers_key());
  EXPECT_TRUE(entries.back().has_strangers_key());
  EXPECT_EQ(to_deb822(entries.back(), "/k.gpg"),
            "Types: deb\nURIs: http://e.example\nSuites: bookworm\nComponents: main\nSigned-By: /k.gpg\nCheck-Date: "
            "no\n");
}

TEST(AptList, WhatLessensVerificationIsNotTaken) {
  const auto entries = parse_apt_list("deb [trusted=yes allow-insecure=yes] http://a.example bookworm main", "a.list");
  EXPECT_TRUE(entries.at(0).options.empty());
}

TEST(AptList, ASuiteIsKnownByItsNameOrOneThatMoves) {
  const auto may_be = [](const char* suite, const char* wanted) {
    return may_be_of_suite({"http://a.example", suite, "main"}, wanted);
  };
  for (const char* suite : {"bookworm", "bookworm-security", "bookworm-backports", "stable", "oldstable-updates"})
    EXPECT_TRUE(may_be(suite, "bookworm")) << suite;
  for (const char* suite : {"trixie", "bookworm-tools", "nodistro", "bookwormish"})
    EXPECT_FALSE(may_be(suite, "bookworm")) << suite;
  EXPECT_TRUE(may_be("buster/updates", "buster"));
  EXPECT_TRUE(may_be("bookworm", "stable"));
}

TEST(AptCredentials, GoToALineOfAuthConf) {
  AptEntry entry{"https://bob:hunter%402@mirror.example:8443/debian", "bookworm", "main"};
  EXPECT_EQ(*take_credentials(entry), "machine https://mirror.example:8443/debian login bob password hunter@2\n");
  EXPECT_EQ(entry.uri, "https://mirror.example:8443/debian");
  EXPECT_EQ(*take_credentials(entry), "");
  AptEntry list{"mirror+http://bob:pw@mirror.example/list", "bookworm", "main"};
  EXPECT_EQ(*take_credentials(list), "machine http://mirror.example/list login bob password pw\n");
  EXPECT_EQ(list.uri, "mirror+http://mirror.example/list");
  AptEntry user{"http://bob@mirror.example", "bookworm", "main"};
  EXPECT_EQ(*take_credentials(user), "machine http://mirror.example login bob\n");
  for (const char* uri :
       {"http://bob:a%20b@mirror.example", "http://a%09b@mirror.example", "http://:pw@mirror.example"}) {
    AptEntry blank{uri, "bookworm", "main"};
    EXPECT_FALSE(take_credentials(blank)) << uri;
  }
  for (const char* uri : {"file:/srv/a@b", "http://mirror.example/a@b", "mirror+file:/etc/apt/mirrors/x"}) {
    AptEntry plain{uri, "bookworm", "main"};
    EXPECT_EQ(*take_credentials(plain), "") << uri;
    EXPECT_EQ(plain.uri, uri);
  }
}

TEST(AptCredentials, AreTakenOutOfATextWhereverTheyAre) {
  EXPECT_EQ(without_credentials("a http://u:p@h:1/x \"https://u@h\" http://h/a@b //u:p@h"),
            "a http://h:1/x \"https://h\" http://h/a@b //u:p@h");
  EXPECT_EQ(without_credentials("://"), "://");
  EXPECT_EQ(without_credentials("http://a:b@c@h"), "http://h");
}

}  // namespace
}  // namespace larder::image
