#include "engine/container/client.hpp"

#include <gtest/gtest.h>

#include "engine/container/engine.hpp"
#include "engine/container/facts.hpp"
#include "engine/container/image.hpp"
#include "engine/container/volumes.hpp"
#include "support/clients.hpp"
#include "support/must.hpp"
#include "support/scoped_variable.hpp"

namespace larder::engine {
namespace {

using test::docker;
using test::must;
using test::podman;

std::optional<Error> refusal_of(const Client& client, int code, const std::vector<std::string>& lines,
                                bool began = false) {
  Ending ending{true, code};
  ending.began = began;
  return explain_refusal(client, ending, lines);
}

// The words are those of docker 20.10 and 28.2 and of podman 4.3.

TEST(ContainerClient, SaysThatTheDaemonDoesNotAnswer) {
  const Error error = explain(
      docker, "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n",
      "x");
  EXPECT_EQ(error.code, ErrorCode::environment);
  EXPECT_EQ(error.message, "the docker daemon does not answer");
  EXPECT_NE(error.hint.find("systemctl start docker"), std::string::npos);
}

TEST(ContainerClient, NamesTheDaemonThatTheCallerNames) {
  const test::ScopedVariable host("DOCKER_HOST", "unix:///nope/docker.sock");
  const char* words =
      "Cannot connect to the Docker daemon at unix:///nope/docker.sock. Is the docker daemon running?\n";
  const Error error = explain(docker, words, "x");
  EXPECT_EQ(error.hint,
            "DOCKER_HOST asks the daemon at unix:///nope/docker.sock: start that one, or unset DOCKER_HOST for this "
            "machine's own");
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

TEST(ContainerClient, NamesTheLogin) {
  const char* words = "Error response from daemon: pull access denied for a/b, repository does not exist\n";
  EXPECT_NE(explain(docker, words, "x").hint.find("`docker login`"), std::string::npos);
  EXPECT_NE(
      explain(podman, "unauthorized: authentication required", "x", "ghcr.io").hint.find("`podman login ghcr.io`"),
      std::string::npos);
}

TEST(ContainerClient, AProgramThatTheImageLacks) {
  const auto error = refusal_of(
      docker, 127,
      {"docker: Error response from daemon: failed to create shim task: OCI runtime create failed: runc create failed: "
       "unable to start container process: exec: \"sh\": executable file not found in $PATH: unknown.",
       "", "Run 'docker run --help' for more information"});
  ASSERT_TRUE(error);
  EXPECT_EQ(error->message, "the image has no program `sh`");
  EXPECT_TRUE(refusal_of(podman, 127,
                         {"Error: /usr/sbin/runc: runc create failed: unable to start container process: exec: "
                          "\"make\": executable file not found in $PATH: OCI runtime attempted to invoke"}));
}

TEST(ContainerClient, ACommandsOwnExitCodesAreItsOwn) {
  for (const int code : {0, 1, 101, 125, 126, 127, 137}) EXPECT_FALSE(refusal_of(docker, code, {"make: nothing"}));
  EXPECT_FALSE(refusal_of(docker, 1, {"docker: in a build's output"}));
  for (const int code : {125, 126, 127})
    EXPECT_FALSE(refusal_of(docker, code, {"docker: command not found in the build's own output"}, true)) << code;
  EXPECT_FALSE(refusal_of(podman, 125, {"Error: in the build's own output"}, true));
  EXPECT_TRUE(refusal_of(docker, 127, {"[FATAL tini (7)] exec make failed: No such file or directory"}, true));
}

TEST(ContainerClient, AProgramForAnotherProcessor) {
  const auto error = refusal_of(docker, 1, {"[FATAL tini (7)] exec sh failed: Exec format error"});
  ASSERT_TRUE(error);
  EXPECT_EQ(error->message, "the image is for another processor, and nothing here emulates that");
  EXPECT_FALSE(refusal_of(docker, 1, {"[FATAL tini (7)] exec sh failed: Exec format error", "and more"}));
  EXPECT_FALSE(refusal_of(docker, 0, {"[FATAL tini (7)] exec sh failed: Exec format error"}));
}

TEST(ContainerClient, ADaemonThatDiesIsSaidSo) {
  const auto error = refusal_of(
      docker, 125, {"Compiling a", "time=\"2026\" level=error msg=\"error waiting for container: unexpected EOF\""});
  ASSERT_TRUE(error);
  EXPECT_EQ(error->message, "docker has ended during the build");
}

TEST(ContainerClient, AnExitCodeThatPodmanLostIsNotTheCommands) {
  const auto error = refusal_of(
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
  EXPECT_TRUE(must(parse_info(Dialect::docker, R"({"PidsLimit":true})")).limits_processes);
  for (const char* text : {R"({"PidsLimit":false})", R"({"PidsLimit":null})", "{}"})
    EXPECT_FALSE(must(parse_info(Dialect::docker, text)).limits_processes) << text;
  EXPECT_FALSE(parse_info(Dialect::docker, R"({"ServerErrors":["Cannot connect to the Docker daemon at x"]})"));
  const Facts pod =
      must(parse_info(Dialect::podman, R"({"host":{"security":{"rootless":true}},"version":{"Version":"4.3.1"},
    "store":{"graphRoot":"/home/ann/.local/share/containers/storage"}})"));
  EXPECT_TRUE(pod.rootless);
  EXPECT_EQ(pod.version, "4.3.1");
  EXPECT_EQ(pod.scope, "/home/ann/.local/share/containers/storage");
  EXPECT_TRUE(pod.passes_streams);
  const Facts far = must(
      parse_info(Dialect::podman, R"({"host":{"serviceIsRemote":true,"hostname":"mars"},"version":{"Version":"5.0.0"},
    "store":{"graphRoot":"/var/lib/containers/storage"}})"));
  EXPECT_FALSE(far.passes_streams);
  EXPECT_EQ(far.scope, "mars:/var/lib/containers/storage");
  EXPECT_FALSE(must(parse_info(Dialect::podman, R"({"version":{"Version":"3.4.4"}})")).passes_streams);
  EXPECT_EQ(must(parse_info(Dialect::docker, R"({"ID":"A:B"})")).scope, "docker A:B");
  EXPECT_TRUE(is_local("unix:///run/docker.sock"));
  EXPECT_FALSE(is_local("ssh://host"));
}

}  // namespace
}  // namespace larder::engine
