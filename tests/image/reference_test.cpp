#include "image/reference.hpp"

#include <gtest/gtest.h>

#include "support/must.hpp"

namespace larder::image {
namespace {

using test::must;

Reference reference(const std::string& text) { return must(parse_reference(text, "/home/ann/app")); }

TEST(Reference, WithoutOneItIsLardersOwnImage) {
  EXPECT_EQ(reference("").source, Source::debian);
  EXPECT_EQ(reference("").name, "bookworm");
  EXPECT_EQ(reference("").text, default_image);
}

TEST(Reference, HostIsTheMachineItself) { EXPECT_EQ(reference("host").source, Source::host); }

TEST(Reference, DebianWithASuiteIsMadeFromPackagesAndOtherTagsAreARegistrys) {
  EXPECT_EQ(reference("debian:trixie").source, Source::debian);
  for (const char* text : {"debian", "debian:12", "debian:bookworm-slim", "debian:latest"}) {
    EXPECT_EQ(reference(text).source, Source::registry) << text;
    EXPECT_EQ(reference(text).name.find("docker.io/library/debian:"), 0U) << text;
  }
}

TEST(Reference, AShortNameIsCompletedAsDockerDoes) {
  EXPECT_EQ(reference("rust").name, "docker.io/library/rust:latest");
  EXPECT_EQ(reference("rust:1").name, "docker.io/library/rust:1");
  EXPECT_EQ(reference("ann/tools").name, "docker.io/ann/tools:latest");
  EXPECT_EQ(reference("localhost/tools:2").name, "localhost/tools:2");
  EXPECT_EQ(reference("ghcr.io/ann/tools").name, "ghcr.io/ann/tools:latest");
  EXPECT_EQ(reference("127.0.0.1:5000/tools").name, "127.0.0.1:5000/tools:latest");
  EXPECT_EQ(reference("rust@sha256:12").name, "docker.io/library/rust@sha256:12");
}

TEST(Reference, AnOciFolderIsRelativeToTheProject) {
  EXPECT_EQ(reference("oci:../images/tools").name, "/home/ann/images/tools");
  EXPECT_EQ(reference("oci:../images/tools").text, "oci:/home/ann/images/tools");
  EXPECT_EQ(reference("oci:/srv/tools").name, "/srv/tools");
  EXPECT_EQ(reference("oci:/srv/tools").tag, "");
}

TEST(Reference, AnOciFolderMayBeFollowedByATag) {
  const Reference tagged = reference("oci:/srv/tools:1.2");
  EXPECT_EQ(tagged.name, "/srv/tools");
  EXPECT_EQ(tagged.tag, "1.2");
  EXPECT_EQ(tagged.text, "oci:/srv/tools:1.2");
  EXPECT_EQ(reference("oci:/srv/a:b/tools").name, "/srv/a:b/tools");
}

TEST(Reference, WhatADockerDaemonHasIsItsOwnToName) {
  EXPECT_EQ(reference("docker-daemon:tools:1").source, Source::docker_daemon);
  EXPECT_EQ(reference("docker-daemon:tools:1").name, "tools:1");
}

TEST(Reference, OptionsAndControlsAreNoNames) {
  using namespace std::string_literals;
  for (const std::string& text : {"docker-daemon:-x"s, "docker-daemon:"s, "docker-daemon:x:\0:1"s, "docker-daemon:x\n"s,
                                  "docker-daemon:a b"s, "oci:a\nb"s, "oci:\x1b[2J"s, "oci:x\0y"s})
    EXPECT_FALSE(parse_reference(text, "/home/ann/app")) << text;
}

TEST(Reference, WhatNamesNoImageIsRefused) {
  for (const char* text : {"-flag", "two words", "a;b", "$(x)", "/etc", "oci:", "docker-daemon:", "a\nb"}) {
    const auto refused = parse_reference(text, "/");
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code, ErrorCode::usage) << text;
    EXPECT_NE(refused.error().hint.find("debian:bookworm"), std::string::npos) << text;
  }
}

TEST(Reference, AVolumesNameIsPlainAndNotTooLong) {
  EXPECT_EQ(reference("debian:bookworm").volume_name(), "image-debian-bookworm");
  EXPECT_EQ(reference("127.0.0.1:5000/a/b:1").volume_name(), "image-127.0.0.1-5000-a-b-1");
  EXPECT_EQ(reference("oci:images/tools:1").volume_name(), "image-oci-tools") << "wherever the project lies";
  const std::string longest = reference("oci:/" + std::string(300, 'x')).volume_name();
  EXPECT_TRUE(longest.starts_with(volume_prefix));
  EXPECT_LE(longest.size(), 100U);
}

TEST(Reference, ARegistrysNameHasATag) {
  EXPECT_EQ(without_tag("docker.io/library/rust:1"), "docker.io/library/rust");
  EXPECT_EQ(without_tag("docker.io/library/rust:1@sha256:12"), "docker.io/library/rust");
  EXPECT_EQ(without_tag("127.0.0.1:5000/rust"), "127.0.0.1:5000/rust");
}

}  // namespace
}  // namespace larder::image
