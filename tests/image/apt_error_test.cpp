#include "image/apt_error.hpp"

#include <gtest/gtest.h>

namespace larder::image {
namespace {

Error told(const std::vector<std::string>& lines) { return apt_error("1 package: jq", lines).value(); }

TEST(AptError, ThereIsNoneWhereNothingIsTold) {
  EXPECT_FALSE(apt_error("x", {}));
  EXPECT_FALSE(
      apt_error("x", {"E: Unable to locate package jq", "larder: gone jq 1 2", "larder: no apt", "larder: fetch"}));
}

TEST(AptError, AMirrorThatDoesNotAnswerIsTheNetworks) {
  for (const char* reason : {"Temporary failure resolving 'a.example'", "Could not connect to a.example:80 (1.2.3.4)",
                             "Connection timed out", "Connection failed [IP: 1.2.3.4]"}) {
    const Error error = told({"larder: fetch Failed to fetch http://u:p@a.example/InRelease  " + std::string(reason)});
    EXPECT_EQ(error.message, "an image cannot be prepared: 1 package: jq");
    EXPECT_EQ(error.cause, "a mirror cannot be reached: http://a.example/InRelease " + std::string(reason));
    EXPECT_TRUE(error.needs_network);
    EXPECT_TRUE(error.hint.starts_with("the network, or a proxy"));
  }
}

TEST(AptError, OtherTroubleWithAMirrorIsToldApart) {
  const auto of = [](const std::string& reason) { return told({"larder: fetch " + reason}); };
  EXPECT_TRUE(of("http://a 401  Unauthorized [IP: 1]").cause.starts_with("a mirror wants a login: "));
  EXPECT_TRUE(of("http://a 407  Proxy Authentication Required").cause.starts_with("the proxy wants a login: "));
  EXPECT_NE(
      of("https://a Certificate verification failed: The certificate is NOT trusted.").hint.find("update-ca-cert"),
      std::string::npos);
  EXPECT_TRUE(of("http://a 403  Forbidden [IP: 1.2.3.4 4010]").cause.starts_with("a mirror refuses this: "));
  EXPECT_TRUE(
      of("http://a:4070/20240401T000000Z/InRelease 404  Not Found").cause.starts_with("a mirror does not give"));
  EXPECT_TRUE(of("http://a/20240401/InRelease Temporary failure resolving 'a'").needs_network);
  EXPECT_TRUE(told({"larder: fetch of no use", "larder: fetch http://a 401  Unauthorized"})
                  .cause.starts_with("a mirror wants a login: of no use; "));
  const Error other = of("The repository 'http://a bookworm Release' does not have a Release file.");
  EXPECT_TRUE(other.cause.starts_with("a mirror does not give what it has to: "));
  EXPECT_FALSE(other.needs_network);
}

TEST(AptError, FilesThatTheUserMustNotReadAreNamed) {
  const Error error = told({"larder: fetch http://a 401  Unauthorized", "larder: closed /etc/apt/auth.conf.d/a.conf"});
  EXPECT_TRUE(error.cause.ends_with("; this user cannot read /etc/apt/auth.conf.d/a.conf")) << error.cause;
}

TEST(AptError, AllUnknownPackagesAreNamedWithWhatIsNear) {
  const Error error = told({"larder: unknown jqq near jq jq1", "larder: unknown libz-dev:arm64 for amd64 i386",
                            "larder: unknown nothing near", "E: Unable to locate package jqq"});
  EXPECT_EQ(
      error.cause,
      "there is no package jqq (near: jq, jq1); there is no package libz-dev:arm64 (libz-dev is there for amd64 and "
      "i386); there is no package nothing");
  EXPECT_NE(error.hint.find("apt-cache search"), std::string::npos);
}

TEST(AptError, WhatAptAndDpkgSayIsTheCause) {
  EXPECT_EQ(told({"larder: said a : Conflicts: b but 1 is to be installed", "E: broken packages"}).cause,
            "a : Conflicts: b but 1 is to be installed");
  EXPECT_EQ(told({"larder: said no disk", "larder: said dpkg: error processing package a (--configure):"}).cause,
            "no disk; dpkg: error processing package a (--configure):");
}

TEST(AptError, ASuiteThatNoMirrorHasIsNamed) {
  EXPECT_EQ(told({"larder: suite bookwurm"}).cause, "no mirror has Debian's bookwurm");
}

}  // namespace
}  // namespace larder::image
