#include "config/helpers.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "config/embedded.hpp"
#include "support.hpp"

namespace larder::config {
namespace {

Helpers own() {
  auto helpers = parse_helpers(std::string(embedded_helpers()), "helpers.toml");
  if (!helpers) throw std::runtime_error(told(helpers.error()));
  return *helpers;
}

std::string manager_on(const std::string& os_release) {
  const Helpers helpers = own();
  const PackageManager* manager = manager_of(helpers, os_release);
  return manager == nullptr ? "none" : manager->name;
}

constexpr const char* debian = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\nID=debian\n";
constexpr const char* fedora = "NAME=\"Fedora Linux\"\nVERSION=\"43\"\nID=fedora\n";
constexpr const char* arch = "NAME=\"Arch Linux\"\nID=arch\nBUILD_ID=rolling\n";
constexpr const char* tumbleweed =
    "NAME=\"openSUSE Tumbleweed\"\nID=\"opensuse-tumbleweed\"\nID_LIKE=\"opensuse suse\"\n";
constexpr const char* alpine = "NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.22.1\n";
constexpr const char* nixos = "ID=nixos\nID_LIKE=\"\"\n";

TEST(HelperPackages, TheManagerIsTheSystems) {
  EXPECT_EQ(manager_on(debian), "apt");
  EXPECT_EQ(manager_on("ID=ubuntu\nID_LIKE=debian\n"), "apt");
  EXPECT_EQ(manager_on("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"), "apt");
  EXPECT_EQ(manager_on(fedora), "dnf");
  EXPECT_EQ(manager_on("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n"), "dnf");
  EXPECT_EQ(manager_on(arch), "pacman");
  EXPECT_EQ(manager_on("ID='manjaro'\nID_LIKE='arch'\n"), "pacman");
  EXPECT_EQ(manager_on(tumbleweed), "zypper");
  EXPECT_EQ(manager_on(alpine), "apk");
  EXPECT_EQ(manager_on(nixos), "none");
  EXPECT_EQ(manager_on(""), "none");
  EXPECT_EQ(manager_on("ID=\n"), "none");
  EXPECT_EQ(manager_on("VARIANT_ID=debian\n"), "none");
}

TEST(HelperPackages, EachSystemHasItsCommand) {
  const auto hint = [](const std::string& os_release, const std::vector<std::string>& programs) {
    return install_hint(own(), os_release, programs);
  };
  EXPECT_EQ(hint(debian, {"bwrap"}), "sudo apt install bubblewrap");
  EXPECT_EQ(hint(debian, {"skopeo", "umoci", "newuidmap"}), "sudo apt install skopeo umoci uidmap");
  EXPECT_EQ(hint(fedora, {"newuidmap"}), "sudo dnf install shadow-utils");
  EXPECT_EQ(hint(arch, {"bwrap", "newuidmap", "bwrap"}), "sudo pacman -S bubblewrap shadow");
  EXPECT_EQ(hint(tumbleweed, {"skopeo", "umoci"}), "sudo zypper install skopeo umoci");
  EXPECT_EQ(hint(alpine, {"docker"}), "sudo apk add docker");
  EXPECT_EQ(hint(nixos, {"bwrap"}), "install bwrap; Debian has it in the package bubblewrap");
  EXPECT_EQ(hint(arch, {"mmdebstrap"}),
            "Debian's bases come from a registry then, by skopeo and umoci; or build with this machine's own tools: "
            "`--image host`");
}

TEST(HelperPackages, EveryProgramHasDebiansPackageAndKnownManagers) {
  const Helpers helpers = own();
  for (const auto& [program, helper] : helpers.programs) {
    EXPECT_TRUE(helper.packages.contains("apt")) << program;
    EXPECT_TRUE(helper.packages.size() == helpers.managers.size() || !helper.otherwise.empty()) << program;
    for (const auto& package : helper.packages)
      EXPECT_TRUE(std::any_of(helpers.managers.begin(), helpers.managers.end(),
                              [&](const PackageManager& known) { return known.name == package.first; }))
          << program << " " << package.first;
  }
}

TEST(HelperPackages, MistakesAreTold) {
  EXPECT_FALSE(parse_helpers("[manager.apt]\nsystems = [\"debian\"]\n", "x.toml"));
  EXPECT_FALSE(parse_helpers("[program.x]\npackages = \"y\"\n", "x.toml"));
}

TEST(HelperPackages, ThisMachineHasAHintForEach) {
  for (const auto& [program, helper] : own().programs) {
    EXPECT_NE(install_hint({program}), "");
    EXPECT_NE(reinstall_hint(program), "");
  }
}

}  // namespace
}  // namespace larder::config
