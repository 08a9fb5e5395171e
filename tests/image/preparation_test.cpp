#include "image/preparation.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "support/files.hpp"
#include "support/scoped_variable.hpp"
#include "support/temp_dir.hpp"

namespace larder::image {
namespace {

using test::must;
using test::ScopedVariable;
using Words = std::vector<std::string>;

/// With programs of the test's own, that do nothing, in place of those that make images.
class Preparations : public ::testing::Test {
 protected:
  Preparations() {
    for (const char* name : {"bin/skopeo", "bin/umoci", "bin/mmdebstrap"}) test::put_file(dir_.fd(), name, "", 0755);
    test::put_file(dir_.fd(), "oci/index.json", "{}");
  }

  Reference reference(const std::string& text) const { return must(parse_reference(text, dir_.path())); }

  Result<Preparation> try_base(const std::string& text, const StepRecord* pinned = nullptr) {
    const Reference base = reference(text);
    return preparation_of({StepKind::base, {base.text}}, base, "amd64", pinned);
  }

  Preparation base(const std::string& text, const StepRecord* pinned = nullptr) { return must(try_base(text, pinned)); }

  static bool shows(const Preparation& preparation, const std::string& path) {
    return std::any_of(preparation.files.begin(), preparation.files.end(),
                       [&](const Bind& bind) { return bind.path == path; });
  }

  test::TempDir dir_;
  ScopedVariable path_{"PATH", dir_.path() + "/bin"};
  ScopedVariable home_{"HOME", dir_.path()};
  ScopedVariable runtime_{"XDG_RUNTIME_DIR", std::nullopt};
  ScopedVariable auth_{"REGISTRY_AUTH_FILE", std::nullopt};
  ScopedVariable docker_{"DOCKER_CONFIG", std::nullopt};
  ScopedVariable proxy_{"https_proxy", std::nullopt};
  ScopedVariable certificates_{"SSL_CERT_FILE", std::nullopt};
};

TEST_F(Preparations, ADebianBaseIsMadeOnTheMachineForItsArchitecture) {
  const Preparation made = base("debian:bookworm");
  EXPECT_TRUE(made.on_machine);
  EXPECT_FALSE(made.uses_apt);
  EXPECT_EQ(made.command.at(4), "bookworm");
  EXPECT_EQ(made.command.at(5), "amd64");
  EXPECT_EQ(made.env.count("LARDER_PINS"), 0U);
}

TEST_F(Preparations, ALayoutOfWhatHasNoEndIsRefused) {
  EXPECT_TRUE(try_base("oci:oci"));
  test::put_file(dir_.fd(), "oci/blobs/sha256/00", "x");
  test::put_link(dir_.fd(), "oci/blobs/sha256/01", "gone");
  EXPECT_TRUE(try_base("oci:oci"));
  test::put_link(dir_.fd(), "oci/blobs/sha256/02", "/dev/zero");
  EXPECT_NE(try_base("oci:oci").error().cause.find("sha256/02 is no file"), std::string::npos);
  const std::string blob = dir_.path() + "/oci/blobs/sha256/02";
  ASSERT_EQ(::unlink(blob.c_str()), 0);
  ASSERT_EQ(::mkfifo(blob.c_str(), 0600), 0);
  EXPECT_FALSE(try_base("oci:oci"));
  ASSERT_EQ(::unlink(blob.c_str()), 0);
  ASSERT_EQ(::unlink((dir_.path() + "/oci/index.json").c_str()), 0);
  EXPECT_EQ(try_base("oci:oci").error().cause, "it has no index.json");
  ASSERT_EQ(::mkfifo((dir_.path() + "/oci/index.json").c_str(), 0600), 0);
  EXPECT_EQ(try_base("oci:oci").error().cause, "index.json is no file");
}

TEST_F(Preparations, APinnedDebianBaseGetsItsVersions) {
  StepRecord pinned;
  pinned.packages = {"bash:amd64=5.2", "dash:amd64=0.5"};
  EXPECT_EQ(base("debian:bookworm", &pinned).env.at("LARDER_PINS"), "bash:amd64=5.2 dash:amd64=0.5");
}

TEST_F(Preparations, ARegistrysImageIsFetchedByItsNameOrThePinnedDigest) {
  EXPECT_EQ(base("rust:1").command.back(), "docker://docker.io/library/rust:1");
  StepRecord pinned;
  pinned.source = "sha256:12";
  EXPECT_EQ(base("rust:1", &pinned).command.back(), "docker://docker.io/library/rust@sha256:12");
  EXPECT_EQ(base("rust:1@sha256:34").command.back(), "docker://docker.io/library/rust@sha256:34");
  EXPECT_EQ(base("rust:1@sha256:34", &pinned).command.back(), "docker://docker.io/library/rust@sha256:12");
}

TEST_F(Preparations, OnlyARegistryOnThisMachineIsSpokenToWithoutTls) {
  EXPECT_EQ(base("127.0.0.1:5000/rust:1").command.back(), "--tls-verify=false");
  EXPECT_NE(base("ghcr.io/rust:1").command.back(), "--tls-verify=false");
}

TEST_F(Preparations, AnOciFolderIsShownToItsPreparation) {
  const Preparation made = base("oci:oci");
  EXPECT_EQ(made.command.back(), "oci:/source");
  EXPECT_TRUE(shows(made, "/source"));
  EXPECT_EQ(base("oci:oci:1.2").command.back(), "oci:/source:1.2");
  const auto refused = try_base("oci:elsewhere");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::usage);
}

TEST_F(Preparations, TheUsersCredentialsAreShownWhereThereAreSome) {
  EXPECT_FALSE(shows(base("rust:1"), "/run/larder/.docker/config.json"));
  test::put_file(dir_.fd(), ".docker/config.json", "{}");
  test::put_file(dir_.fd(), "run/containers/auth.json", "{}");
  EXPECT_TRUE(shows(base("rust:1"), "/run/larder/.docker/config.json"));
  EXPECT_EQ(base("rust:1").env.at("HOME"), "/run/larder");
  EXPECT_FALSE(shows(base("debian:bookworm"), "/run/larder/.docker/config.json"));
  const ScopedVariable runtime("XDG_RUNTIME_DIR", dir_.path() + "/run");
  EXPECT_TRUE(shows(base("rust:1"), "/run/larder/containers/auth.json"));
  EXPECT_TRUE(shows(base("rust:1"), "/run/larder/.docker/config.json")) << "it may know another registry";
  const ScopedVariable moved("DOCKER_CONFIG", dir_.path() + "/elsewhere");
  EXPECT_FALSE(shows(base("rust:1"), "/run/larder/.docker/config.json"));
  const ScopedVariable chosen("REGISTRY_AUTH_FILE", dir_.path() + "/.docker/config.json");
  EXPECT_TRUE(shows(base("rust:1"), base("rust:1").env.at("REGISTRY_AUTH_FILE")));
  EXPECT_FALSE(shows(base("rust:1"), "/run/larder/containers/auth.json"));
}

TEST_F(Preparations, ARegistryThatWantsALoginIsNamed) {
  const std::vector<std::string> said = {"level=fatal msg=\"unauthorized: authentication required\""};
  const auto hint = [&](const char* image) { return preparation_error({StepKind::base, {image}}, said).hint; };
  EXPECT_TRUE(hint("example.org:5000/tools:1").starts_with("`skopeo login example.org:5000`"));
  EXPECT_TRUE(hint("rust:1").starts_with("`skopeo login docker.io`"));
  const std::vector<std::string> failed = {"E: no"};
  EXPECT_EQ(preparation_error({StepKind::base, {"debian:bookworm"}}, failed).hint, "its whole output is in the log");
  EXPECT_NE(preparation_error({StepKind::packages, {"a"}}, failed).hint.find("larder image shell"), std::string::npos);
}

TEST_F(Preparations, NoCommandOfAnImageSeesTheCredentials) {
  test::put_file(dir_.fd(), ".docker/config.json", "{}");
  const Preparation made = must(preparation_of({StepKind::commands, {"true"}}, reference("rust:1"), "amd64", nullptr));
  EXPECT_EQ(made.env.count("HOME"), 0U);
  for (const Bind& file : made.files) EXPECT_FALSE(file.source.starts_with(dir_.path())) << file.source;
}

TEST_F(Preparations, CertificatesThatTheCallerNamesAreThoseOfItsCommands) {
  test::put_file(dir_.fd(), "own.pem", "");
  const ScopedVariable named("SSL_CERT_FILE", dir_.path() + "/own.pem");
  const Preparation made = must(preparation_of({StepKind::commands, {"true"}}, reference("rust:1"), "amd64", nullptr));
  EXPECT_TRUE(shows(made, made.env.at("SSL_CERT_FILE")));
}

TEST_F(Preparations, AMissingProgramIsAnErrorThatSaysWhatToInstall) {
  const ScopedVariable nothing("PATH", dir_.path());
  for (const auto& [image, program] :
       {std::pair("debian:bookworm", "mmdebstrap"), std::pair("rust:1", "skopeo"), std::pair("oci:oci", "skopeo")}) {
    const auto refused = try_base(image);
    ASSERT_FALSE(refused) << image;
    EXPECT_EQ(refused.error().code, ErrorCode::environment) << image;
    EXPECT_NE(refused.error().cause.find(program), std::string::npos) << image;
    EXPECT_NE(refused.error().hint.find("sudo apt install"), std::string::npos) << image;
  }
}

TEST_F(Preparations, PackagesAreInstalledAsAskedForOrAsPinned) {
  const Step step = {StepKind::packages, {"gcc", "jq"}};
  const Preparation newest = must(preparation_of(step, reference(""), "amd64", nullptr));
  EXPECT_TRUE(newest.uses_apt);
  EXPECT_FALSE(newest.on_machine);
  EXPECT_EQ(Words(newest.command.end() - 2, newest.command.end()), step.request);
  StepRecord pinned;
  pinned.packages = {"gcc:amd64=12", "jq:amd64=1.6", "libjq1:amd64=1.6"};
  const Preparation again = must(preparation_of(step, reference(""), "amd64", &pinned));
  EXPECT_EQ(Words(again.command.end() - 3, again.command.end()), pinned.packages);
}

TEST_F(Preparations, AQuestionIsAskedAsTheStepItselfIsMade) {
  const Preparation base = must(question_for_base(reference("127.0.0.1:5000/rust:1"), {}));
  EXPECT_TRUE(base.on_machine);
  EXPECT_EQ(Words(base.command.end() - 2, base.command.end()),
            (Words{"docker://127.0.0.1:5000/rust:1", "--tls-verify=false"}));
  EXPECT_NE(base.command.at(2).find("larder: digest"), std::string::npos);
  const Preparation packages = must(question_for_packages(reference("")));
  EXPECT_TRUE(packages.uses_apt);
  EXPECT_NE(packages.command.at(2).find("larder: newer"), std::string::npos);
}

TEST(Newer, IsReadFromWhatAQuestionPrints) {
  const auto package = parse_newer("larder: newer libc6:arm64 2.36-9 2.36-10");
  ASSERT_TRUE(package);
  EXPECT_EQ(package->name, "libc6:arm64");
  EXPECT_EQ(package->pinned, "2.36-9");
  EXPECT_EQ(package->newest, "2.36-10");
  EXPECT_EQ(parse_newer("larder: digest sha256:12")->newest, "sha256:12");
  for (const char* other : {"", "Inst jq", "larder: ", "larder: newer jq 1", "larder: no apt"})
    EXPECT_FALSE(parse_newer(other)) << other;
}

TEST(CommandError, NamesTheLineItsExitCodeAndWhatItSaidLast) {
  const Error error = command_error({StepKind::commands, {"make install"}}, {"1", "2", "3", "4", "5", "6"}, 2);
  EXPECT_EQ(error.message, "an image cannot be prepared: `make install` failed with exit code 2");
  EXPECT_EQ(error.cause, "2\n  3\n  4\n  5\n  6");
  EXPECT_EQ(command_error({StepKind::commands, {"false"}}, {}, 1).cause, "it has printed nothing");
  EXPECT_EQ(error.hint.find("packages = "), std::string::npos);
}

TEST(CommandError, OfAptWithoutAPasswordNamesWhatHasOne) {
  const Words said = {"Err:1 https://m.example/debian bookworm InRelease", "  401  Unauthorized [IP: 127.0.0.1 443]",
                      "E: Failed to fetch https://m.example/debian/dists/bookworm/InRelease  401  Unauthorized"};
  const Error error = command_error({StepKind::commands, {"apt-get update"}}, said, 100);
  EXPECT_NE(error.hint.find("`packages = [\"…\"]`"), std::string::npos);
}

bool has_text(const Preparation& preparation, const std::string& name) {
  return std::any_of(preparation.texts.begin(), preparation.texts.end(),
                     [&](const TextFile& file) { return file.path == std::string(apt_view_folder) + "/" + name; });
}

TEST_F(Preparations, AptIsShownWhatTheMachinesIsToldWithItsSourcesForDebianAlone) {
  const Step packages = {StepKind::packages, {"jq"}};
  const Preparation debian = must(preparation_of(packages, reference(""), "amd64", nullptr));
  EXPECT_TRUE(has_text(debian, "settings"));
  EXPECT_EQ(debian.env.at("LARDER_SUITE"), "bookworm");
  EXPECT_EQ(debian.env.count("LARDER_PINNED"), 0U);
  const Preparation other = must(preparation_of(packages, reference("rust:1"), "amd64", nullptr));
  EXPECT_TRUE(has_text(other, "settings"));
  EXPECT_EQ(other.env.count("LARDER_SUITE"), 0U);
}

TEST_F(Preparations, AProjectsCommandsMayNotAskWithTheMachinesPasswords) {
  const Preparation commands = must(preparation_of({StepKind::commands, {"true"}}, reference(""), "amd64", nullptr));
  EXPECT_EQ(commands.env.at("LARDER_SUITE"), "bookworm");
  EXPECT_FALSE(has_text(commands, "auth.conf"));
  EXPECT_EQ(commands.env.count("LARDER_MAY_ASK"), 0U);
  EXPECT_EQ(must(shell_in(reference(""), {"true"})).env.count("LARDER_MAY_ASK"), 0U);
}

TEST_F(Preparations, TheCallersProxyIsPassedOn) {
  const ScopedVariable proxy("https_proxy", "http://proxy.example.org:3128");
  EXPECT_EQ(base("rust:1").env.at("https_proxy"), "http://proxy.example.org:3128");
}

Error error_of(const Words& lines) { return preparation_error({StepKind::packages, {"jq"}}, lines); }

TEST(PreparationError, NamesThePackageThatIsGoneAndTheNearestVersion) {
  const Error error = error_of({"Reading package lists...", "larder: gone jq:amd64 1.5 1.6-2.1", "more"});
  EXPECT_EQ(error.message, "larder.lock pins jq:amd64 1.5, which no mirror has any more");
  EXPECT_EQ(error.cause, "the nearest version there is: 1.6-2.1");
  EXPECT_NE(error.hint.find("larder image update"), std::string::npos);
}

TEST(PreparationError, NamesThePackageThatDoesNotExist) {
  EXPECT_EQ(error_of({"larder: unknown jqq", "E: Unable to locate package jqq"}).cause, "there is no package jqq");
}

TEST(PreparationError, ARegistryThatCannotBeReachedIsCalledThat) {
  const Error error =
      error_of({"time=\"x\" level=fatal msg=\"pinging container registry a.example: dial tcp: no such host\""});
  EXPECT_TRUE(error.cause.starts_with("the registry cannot be reached: pinging")) << error.cause;
  EXPECT_TRUE(error.hint.starts_with("the network, or a proxy")) << error.hint;
  EXPECT_TRUE(error.needs_network);
}

TEST(PreparationError, AnImageWithoutAptHasAPackageManagerOfItsOwn) {
  EXPECT_EQ(error_of({"larder: no apt"}).cause, "the image has no apt-get");
}

TEST(PreparationError, OtherwiseItIsWhatTheProgramSaidLast) {
  EXPECT_EQ(error_of({"one", "E: broken", "three"}).cause, "E: broken");
  EXPECT_EQ(error_of({"one", "  two  "}).cause, "two");
  EXPECT_EQ(error_of({"   ⨯ create rootfs: no"}).cause, "create rootfs: no");
  EXPECT_EQ(error_of({R"(time="2026-01-01T00:00:00Z" level=fatal msg="reading \"x\": no")"}).cause,
            R"(reading "x": no)");
  EXPECT_EQ(error_of({}).cause, "");
}

TEST(ImageConfiguration, GivesPathAndOtherVariables) {
  StepRecord record;
  take_configuration(R"({"config": {"Env": ["PATH=/opt/bin:/bin", "NAME=a=b", "EMPTY=", "=odd", "odd", 7]}})", record);
  EXPECT_EQ(record.path, "/opt/bin:/bin");
  EXPECT_EQ(record.env, (std::map<std::string, std::string>{{"NAME", "a=b"}, {"EMPTY", ""}}));
}

TEST(ImageConfiguration, WhatCannotBeReadChangesNothing) {
  StepRecord record;
  record.path = "/bin";
  for (const char* text : {"", "{", "[]", "{}", R"({"config": 7})", R"({"config": {"Env": "PATH=/x"}})"})
    take_configuration(text, record);
  EXPECT_EQ(record.path, "/bin");
  EXPECT_TRUE(record.env.empty());
}

TEST(ImageConfiguration, AnImageForAnotherMachineIsRefused) {
  EXPECT_TRUE(check_architecture(R"({"architecture": "amd64"})", "x", "amd64"));
  EXPECT_TRUE(check_architecture(R"({"architecture": "arm"})", "x", "armhf"));
  EXPECT_TRUE(check_architecture("", "x", "amd64"));
  EXPECT_TRUE(check_architecture(R"({"architecture": ""})", "x", "amd64"));
  const auto refused = check_architecture(R"({"architecture": "arm64"})", "rust:1", "amd64");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "the image rust:1 is for arm64");
}

}  // namespace
}  // namespace larder::image
