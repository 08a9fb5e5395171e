#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/doctor/checks.hpp"

namespace larder::cli {
namespace {

Diagnosis example() {
  return {
      {{"Sandbox",
        {{Mark::good, "overlay", "can be mounted", ""}, {Mark::warning, "subordinate ids", "none", "sudo usermod x"}}},
       {"Toolchains", {{Mark::failed, "x64", "missing: gcc", "sudo apt install gcc"}, {Mark::note, "i686", "no", ""}}}},
      false,
      "No build can run here."};
}

TEST(DoctorReport, PutsTheRemedyBelowEachFailure) {
  EXPECT_EQ(format_diagnosis(example(), {false, true}),
            "Sandbox\n"
            "  ✓ overlay          can be mounted\n"
            "  ! subordinate ids  none\n"
            "    → sudo usermod x\n"
            "\n"
            "Toolchains\n"
            "  ✗ x64              missing: gcc\n"
            "    → sudo apt install gcc\n"
            "  · i686             no\n"
            "\n"
            "No build can run here.\n");
}

TEST(DoctorReport, IsAsciiWhereTheLocaleIs) {
  const std::string text = format_diagnosis(example(), {false, false});
  for (const char c : text) EXPECT_GE(c, 0) << text;
  EXPECT_NE(text.find("  x x64              missing: gcc\n    -> sudo apt install gcc\n"), std::string::npos);
}

TEST(DoctorReport, ColoursOnlyWhenTold) {
  EXPECT_EQ(format_diagnosis(example(), {false, true}).find('\033'), std::string::npos);
  EXPECT_NE(format_diagnosis(example(), {true, true}).find("\033[31m✗\033[0m"), std::string::npos);
}

TEST(DoctorReport, Json) {
  const nlohmann::json data = to_json(example());
  EXPECT_EQ(data["can_build"], false);
  EXPECT_EQ(data["verdict"], "No build can run here.");
  EXPECT_EQ(data["sections"][1]["checks"][0],
            (nlohmann::json{
                {"name", "x64"}, {"result", "failed"}, {"text", "missing: gcc"}, {"remedy", "sudo apt install gcc"}}));
}

UserNamespaceFacts refused() {
  UserNamespaceFacts facts;
  facts.refused = Error{ErrorCode::environment, "refused", "Operation not permitted", "", 0};
  return facts;
}

TEST(DoctorUserNamespaces, NamesWhatForbidsThem) {
  EXPECT_EQ(judge_user_namespaces({}).mark, Mark::good);
  UserNamespaceFacts none = refused();
  none.max_user_namespaces = "0";
  EXPECT_EQ(judge_user_namespaces(none).remedy,
            "echo user.max_user_namespaces = 15000 | sudo tee /etc/sysctl.d/60-larder.conf && sudo sysctl --system");
  UserNamespaceFacts debian = refused();
  debian.unprivileged_clone = "0";
  EXPECT_EQ(judge_user_namespaces(debian).text, "forbidden by kernel.unprivileged_userns_clone = 0");
  UserNamespaceFacts ubuntu = refused();
  ubuntu.apparmor_restricts = "1";
  EXPECT_NE(judge_user_namespaces(ubuntu).remedy.find("kernel.apparmor_restrict_unprivileged_userns = 0"),
            std::string::npos);
  UserNamespaceFacts container = refused();
  container.in_container = true;
  EXPECT_NE(judge_user_namespaces(container).remedy.find("seccomp=unconfined"), std::string::npos);
  container.as_in_chroot = true;
  EXPECT_NE(judge_user_namespaces(container).remedy.find("outside of the chroot"), std::string::npos);
  UserNamespaceFacts kernel = refused();
  kernel.kernel_has_them = false;
  EXPECT_NE(judge_user_namespaces(kernel).remedy.find("CONFIG_USER_NS"), std::string::npos);
  const Check unknown = judge_user_namespaces(refused());
  EXPECT_EQ(unknown.text, "refused: Operation not permitted");
  EXPECT_NE(unknown.remedy, "");
}

TEST(DoctorOverlay, TellsAMissingModuleFromAStoreThatDoesNotFit) {
  EXPECT_EQ(judge_overlay({}).mark, Mark::good);
  OverlayFacts facts{refused().refused, false};
  EXPECT_EQ(judge_overlay(facts).remedy, "sudo modprobe overlay");
  facts.kernel_has_it = true;
  EXPECT_NE(judge_overlay(facts).remedy.find("LARDER_STORE="), std::string::npos);
}

TEST(DoctorSubordinateIds, OffersARangeThatIsFree) {
  SubordinateFacts facts{"me", 1000, "you:100000:65536\n", "you:100000:65536\nthem:165536:65536\n", true};
  const Check check = judge_subordinate_ids(facts);
  EXPECT_EQ(check.mark, Mark::warning);
  EXPECT_EQ(check.remedy, "sudo usermod --add-subuids 231072-296607 --add-subgids 231072-296607 me");
  facts.uid_text += "me:300000:65536\n";
  facts.gid_text += "1000:300000:65536\n";
  EXPECT_EQ(judge_subordinate_ids(facts).mark, Mark::good);
  facts.has_newuidmap = false;
  EXPECT_EQ(judge_subordinate_ids(facts).remedy, "sudo apt install uidmap");
  facts.uid = 0;
  EXPECT_EQ(judge_subordinate_ids(facts).mark, Mark::good);
}

TEST(DoctorStore, WarnsOfFileSystemsThatDoNotLast) {
  EXPECT_EQ(judge_file_system(file_system_of(0xEF53)).text, "ext4");
  EXPECT_EQ(judge_file_system(file_system_of(0xEF53)).mark, Mark::good);
  EXPECT_EQ(judge_file_system(file_system_of(0x6969)).mark, Mark::warning);
  EXPECT_EQ(judge_file_system(file_system_of(0x01021994)).text, "tmpfs: the caches are gone at the next start");
  EXPECT_EQ(file_system_of(0x1234).type, "unknown (0x1234)");
}

TEST(DoctorStore, WarnsBelowFiveGigabytes) {
  EXPECT_EQ(judge_free_space(5'000'000'000).mark, Mark::good);
  EXPECT_EQ(judge_free_space(4'999'999'999).mark, Mark::warning);
  EXPECT_EQ(judge_free_space(1'000'000).mark, Mark::failed);
}

const image::AptFacts debian{true, {"amd64"}};

TEST(DoctorToolchains, GivesTheWholeCommand) {
  const std::vector<image::CheckedNeed> needs = {{"cargo", "/usr/bin/cargo", "cargo-web", ""},
                                                 {"a linker for arm64", "", "gcc-aarch64-linux-gnu", ""},
                                                 {"a compiler for arm64", "", "gcc-aarch64-linux-gnu", ""},
                                                 {"std", "", "libstd-rust-web-dev:arm64", ""},
                                                 {"more", "", "", "scripts/install more"}};
  const Check check = judge_toolchain("arm64", needs, debian, Weight::wanted);
  EXPECT_EQ(check.mark, Mark::failed);
  EXPECT_EQ(check.text, "missing: a linker for arm64, a compiler for arm64, std and more");
  EXPECT_EQ(check.remedy,
            "sudo dpkg --add-architecture arm64 && sudo apt update && "
            "sudo apt install gcc-aarch64-linux-gnu libstd-rust-web-dev:arm64 && scripts/install more");
  EXPECT_EQ(image::install_command(needs, {true, {"amd64", "arm64"}}),
            "sudo apt install gcc-aarch64-linux-gnu libstd-rust-web-dev:arm64 && scripts/install more");
  EXPECT_EQ(image::install_command(needs, {false, {}}),
            "install what Debian calls gcc-aarch64-linux-gnu and libstd-rust-web-dev:arm64");
}

TEST(DoctorToolchains, AnOptionalTargetIsOnlyANote) {
  EXPECT_EQ(judge_toolchain("x64", {{"gcc", "/usr/bin/gcc", "gcc", ""}}, debian, Weight::wanted).text, "ready");
  const Check check = judge_toolchain("i686", {{"gcc", "", "gcc-i686", ""}}, debian, Weight::optional);
  EXPECT_EQ(check.mark, Mark::note);
  EXPECT_EQ(check.text, "not installed: sudo apt install gcc-i686");
}

TEST(DoctorEngines, NativeFailsWithTheSandbox) {
  EXPECT_EQ(examine_engines({"Sandbox", {{Mark::failed, "overlay", "", ""}}}, "/nowhere").checks[0].mark, Mark::failed);
  const Section works = examine_engines(
      {"Sandbox", {{Mark::good, "sandbox", "", ""}, {Mark::warning, "subordinate ids", "", ""}}}, "/nowhere");
  EXPECT_EQ(works.checks[0].mark, Mark::good);
  EXPECT_EQ(examine_engines({"Sandbox", {}}, "/nowhere").checks[0].mark, Mark::note);
}

TEST(DoctorEngines, ContainerEnginesAreNeverAFailure) {
  engine::Facts facts;
  facts.version = "28.2";
  facts.rootless = true;
  EXPECT_EQ(judge_container_engine("docker", facts).mark, Mark::good);
  EXPECT_EQ(judge_container_engine("docker", facts).text.substr(0, 14), "28.2, rootless");
  facts.volumes = engine::VolumeKind::plain;
  facts.why_plain = "the daemon is not on this machine (ssh://x)";
  EXPECT_EQ(judge_container_engine("docker", facts).mark, Mark::note);
  const Check check =
      judge_container_engine("docker", fail(ErrorCode::environment, "the daemon sleeps", "", "wake it"));
  EXPECT_EQ(check.mark, Mark::note);
  EXPECT_EQ(check.text, "the daemon sleeps (not needed): wake it");
}

TEST(DoctorImages, TheirRootCountsWhereOneIsUsed) {
  const Status refused = fail(ErrorCode::environment, "no ids", "none in /etc/subuid", "sudo usermod x");
  EXPECT_EQ(judge_image_root({}, Weight::wanted).mark, Mark::good);
  const Check wanted = judge_image_root(refused, Weight::wanted);
  EXPECT_EQ(wanted.mark, Mark::failed);
  EXPECT_EQ(wanted.text, "no ids: none in /etc/subuid");
  EXPECT_EQ(wanted.remedy, "sudo usermod x");
  const Check optional = judge_image_root(refused, Weight::optional);
  EXPECT_EQ(optional.mark, Mark::note);
  EXPECT_EQ(optional.remedy, "");
}

}  // namespace
}  // namespace larder::cli
