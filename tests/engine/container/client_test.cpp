#include "engine/container/client.hpp"

#include <gtest/gtest.h>

#include "engine/container/engine.hpp"
#include "engine/container/facts.hpp"
#include "engine/container/image.hpp"
#include "engine/container/volumes.hpp"
#include "support/must.hpp"

namespace larder::engine {
namespace {

using test::must;

const Client docker{Dialect::docker, "/usr/bin/docker"};
const Client podman{Dialect::podman, "/usr/bin/podman"};

// The words are those of docker 20.10 and 28.2 and of podman 4.3.

TEST(ContainerClient, SaysThatTheDaemonDoesNotAnswer) {
  const Error error = explain(
      docker, "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n",
      "x");
  EXPECT_EQ(error.code, ErrorCode::environment);
  EXPECT_EQ(error.message, "the docker daemon does not answer");
  EXPECT_NE(error.hint.find("systemctl start docker"), std::string::npos);
}

TEST(ContainerClient, SaysWhoMayNotAskIt) {
  const Error error = explain(docker,
                              "permission denied while trying to connect to the Docker daemon socket at "
                              "unix:///var/run/docker.sock: dial unix /var/run/docker.sock: connect: permission denied",
                              "x");
  EXPECT_EQ(error.message, "this user may not use the docker daemon");
}

TEST(ContainerClient, KeepsItsWordsAsTheCause) {
  const Error error = explain(
      docker, "Error response from daemon: manifest for a:b not found: manifest unknown: unknown\n", "cannot pull");
  EXPECT_EQ(error.message, "cannot pull");
  EXPECT_EQ(error.cause, "manifest for a:b not found: manifest unknown: unknown");
  EXPECT_EQ(error.hint, "the registry has no such tag or digest");
}

TEST(ContainerClient, PassesOverWarnings) {
  const Error error =
      explain(podman, "time=\"2026\" level=warning msg=\"x\"\nWARN[0000] y\nError: no such thing\n", "x");
  EXPECT_EQ(error.cause, "no such thing");
}

TEST(ContainerClient, AProgramThatTheImageLacks) {
  const auto error = explain_refusal(
      docker, 127,
      {"docker: Error response from daemon: failed to create shim task: OCI runtime create failed: runc create failed: "
       "unable to start container process: exec: \"sh\": executable file not found in $PATH: unknown.",
       "", "Run 'docker run --help' for more information"});
  ASSERT_TRUE(error);
  EXPECT_EQ(error->message, "the image has no program `sh`");
  EXPECT_TRUE(explain_refusal(podman, 127,
                              {"Error: /usr/sbin/runc: runc create failed: unable to start container process: exec: "
                               "\"make\": executable file not found in $PATH: OCI runtime attempted to invoke"}));
}

TEST(ContainerClient, ACommandsOwnExitCodesAreItsOwn) {
  for (const int code : {0, 1, 101, 125, 126, 127, 137}) EXPECT_FALSE(explain_refusal(docker, code, {"make: nothing"}));
  EXPECT_FALSE(explain_refusal(docker, 1, {"docker: in a build's output"}));
}

TEST(ContainerClient, AProgramForAnotherProcessor) {
  const auto error = explain_refusal(docker, 1, {"[FATAL tini (7)] exec sh failed: Exec format error"});
  ASSERT_TRUE(error);
  EXPECT_EQ(error->message, "the image is for another processor, and nothing here emulates that");
  EXPECT_FALSE(explain_refusal(docker, 1, {"[FATAL tini (7)] exec sh failed: Exec format error", "and more"}));
  EXPECT_FALSE(explain_refusal(docker, 0, {"[FATAL tini (7)] exec sh failed: Exec format error"}));
}

TEST(ContainerClient, ADaemonThatDiesIsSaidSo) {
  const auto error = explain_refusal(
      docker, 125, {"Compiling a", "time=\"2026\" level=error msg=\"error waiting for container: unexpected EOF\""});
  ASSERT_TRUE(error);
  EXPECT_EQ(error->message, "docker has ended during the build");
}

TEST(ContainerClient, AnExitCodeThatPodmanLostIsNotTheCommands) {
  const auto error = explain_refusal(
      podman, 127,
      {"Finished",
       "time=\"2026\" level=error msg=\"Waiting for container 1: getting exit code of container 1 from DB: no "
       "such exit code (container in state running)\""});
  ASSERT_TRUE(error);
  EXPECT_EQ(error->message, "podman has lost the command's exit code");
}

TEST(ContainerClient, ReadsWhatAnImageIs) {
  const ImageFacts image = must(parse_image(
      R"([{"Id":"sha256:1a","Architecture":"arm64","Os":"linux","Config":{"Env":["PATH=/a:/b","X=1=2"]}}])"));
  EXPECT_EQ(image.id, "sha256:1a");
  EXPECT_EQ(image.architecture, "arm64");
  EXPECT_EQ(image.env.at("X"), "1=2");
  EXPECT_EQ(must(parse_image(R"([{"Id":"1a","Architecture":"amd64","Os":"linux","Config":{}}])")).id, "sha256:1a");
  EXPECT_FALSE(parse_image("[]"));
  EXPECT_FALSE(parse_image("no json"));
  EXPECT_EQ(go_architecture("x86_64"), "amd64");
  EXPECT_EQ(go_architecture("s390x"), "s390x");
}

TEST(ContainerClient, ReadsBothListsOfVolumes) {
  const auto of_docker = must(parse_listing(
      "{\"Labels\":\"larder.store=/s,larder.transaction=t\",\"Name\":\"a\"}\n{\"Labels\":\"\",\"Name\":\"b\"}\n"));
  ASSERT_EQ(of_docker.size(), 2U);
  EXPECT_TRUE(of_docker[0].is_ours());
  EXPECT_EQ(of_docker[0].labels.at("larder.transaction"), "t");
  EXPECT_FALSE(of_docker[1].is_ours());
  const auto of_podman =
      must(parse_listing(R"([{"Name":"a","Labels":{"larder.store":"/s"}},{"Name":"b","Labels":null}])"));
  ASSERT_EQ(of_podman.size(), 2U);
  EXPECT_TRUE(of_podman[0].is_plain());
  EXPECT_FALSE(of_podman[1].is_ours());
  EXPECT_TRUE(must(parse_listing("")).empty());
  EXPECT_TRUE(must(parse_listing("[]")).empty());
  EXPECT_FALSE(parse_listing("what\n"));
}

TEST(ContainerClient, ReadsWhatAnEngineIs) {
  const Facts rootless = must(
      parse_info(Dialect::docker,
                 R"({"ServerVersion":"28.2","SecurityOptions":["name=seccomp,profile=default","name=rootless"]})"));
  EXPECT_EQ(rootless.version, "28.2");
  EXPECT_TRUE(rootless.rootless);
  EXPECT_TRUE(must(parse_info(Dialect::docker, R"({"SecurityOptions":["name=userns"]})")).remaps_users);
  EXPECT_FALSE(parse_info(Dialect::docker, R"({"ServerErrors":["Cannot connect to the Docker daemon at x"]})"));
  const Facts pod =
      must(parse_info(Dialect::podman, R"({"host":{"security":{"rootless":true}},"version":{"Version":"4.3.1"},
    "store":{"graphRoot":"/home/ann/.local/share/containers/storage"}})"));
  EXPECT_TRUE(pod.rootless);
  EXPECT_EQ(pod.version, "4.3.1");
  EXPECT_EQ(pod.scope, "/home/ann/.local/share/containers/storage");
  EXPECT_TRUE(is_local("unix:///run/docker.sock"));
  EXPECT_FALSE(is_local("ssh://host"));
}

}  // namespace
}  // namespace larder::engine
