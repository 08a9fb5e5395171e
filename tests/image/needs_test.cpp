#include "image/needs.hpp"

#include <gtest/gtest.h>

namespace larder::image {
namespace {

using Words = std::vector<std::string>;

CheckedNeed present(const std::string& what) { return {what, "/usr/bin/" + what, "package-of-" + what, ""}; }
CheckedNeed from_package(const std::string& what, const std::string& package) { return {what, "", package, ""}; }
CheckedNeed from_command(const std::string& what, const std::string& command) { return {what, "", "", command}; }

const AptFacts on_debian{true, {"amd64"}};
const AptFacts no_apt{false, {}};

TEST(Missing, NamesEachOnce) {
  EXPECT_EQ(missing_of({present("make"), from_package("a linker", "gcc"), from_package("cargo", "cargo"),
                        from_package("a linker", "gcc-2")}),
            (Words{"a linker", "cargo"}));
  EXPECT_EQ(missing_of({}), Words{});
}

TEST(InstallCommand, NothingForNothing) {
  EXPECT_EQ(install_command({}, on_debian), "");
  EXPECT_EQ(install_command({present("make")}, on_debian), "");
}

TEST(InstallCommand, NothingWhereNothingIsKnown) { EXPECT_EQ(install_command({{"magic", "", "", ""}}, on_debian), ""); }

TEST(InstallCommand, PackagesInOneCommand) {
  EXPECT_EQ(install_command({from_package("a compiler", "gcc"), present("make"), from_package("cmake", "cmake"),
                             from_package("a linker", "gcc")},
                            on_debian),
            "sudo apt install gcc cmake");
}

TEST(InstallCommand, ThenOtherCommands) {
  EXPECT_EQ(install_command({from_command("std", "rustup target add x"), from_package("a compiler", "gcc"),
                             from_command("std too", "rustup target add x")},
                            on_debian),
            "sudo apt install gcc && rustup target add x");
}

TEST(InstallCommand, OnlyCommands) {
  EXPECT_EQ(install_command({from_command("std", "rustup target add x")}, on_debian), "rustup target add x");
}

TEST(InstallCommand, APackageGoesBeforeACommandForTheSameNeed) {
  EXPECT_EQ(install_command({{"std", "", "libstd", "rustup target add x"}}, on_debian), "sudo apt install libstd");
}

TEST(InstallCommand, TellsAptOfANewArchitecture) {
  EXPECT_EQ(install_command({from_package("std", "libstd:arm64"), from_package("libc", "libc6:arm64")}, on_debian),
            "sudo dpkg --add-architecture arm64 && sudo apt update && sudo apt install libstd:arm64 libc6:arm64");
}

TEST(InstallCommand, NotOfAKnownOne) {
  EXPECT_EQ(install_command({from_package("std", "libstd:amd64")}, on_debian), "sudo apt install libstd:amd64");
}

TEST(InstallCommand, WithoutAptItNamesDebiansPackages) {
  EXPECT_EQ(install_command({from_package("a compiler", "gcc"), from_package("cmake", "cmake")}, no_apt),
            "install what Debian calls gcc and cmake");
}

TEST(InstallCommand, CommandsNeedNoApt) {
  EXPECT_EQ(install_command({from_command("std", "rustup target add x")}, no_apt), "rustup target add x");
}

TEST(AptFactsOfThisMachine, KnowItsOwnArchitecture) {
  config::Target machine;
  machine.debian_arch = "test-arch";
  EXPECT_EQ(apt_facts(machine).architectures.count("test-arch"), 1U);
}

}  // namespace
}  // namespace larder::image
