#include "cli/old_makefile.hpp"

#include <gtest/gtest.h>

namespace larder::cli {
namespace {

using Words = std::vector<std::string>;

TEST(OldMakefiles, HaveRulesWithTheirLines) {
  const OldMakefile made =
      read_old_makefile("A := 1\nB = x:y\nall: one two\none two: dep\n\techo 1\n\n\techo 2\n%.o: %.c\n\tcc\n");
  ASSERT_NE(made.find("two"), nullptr);
  EXPECT_EQ(made.find("one")->first_line, 4U);
  EXPECT_EQ(made.find("one")->last_line, 7U);
  EXPECT_EQ(made.find("two")->recipe, "\techo 1\n\techo 2\n");
  for (const char* none : {"A", "B", "%.o", "dep", ".PHONY"}) EXPECT_EQ(made.find(none), nullptr) << none;
}

TEST(OldMakefiles, ARuleThatOnlyNamesWhatItNeedsIsNotTheOneWithARecipe) {
  const OldMakefile made = read_old_makefile("x: y\nx:\n\techo 1\n");
  EXPECT_EQ(made.find("x")->first_line, 2U);
}

TEST(OldMakefiles, InstallPackagesByApt) {
  const OldMakefile made = read_old_makefile(
      "x:\n\tsh -c 'apt-get update -qq && apt-get -y install libssl-dev g++ && apk add openssl; apt install -y "
      "cmake'\n");
  EXPECT_EQ(made.packages, (Words{"cmake", "g++", "libssl-dev"}));
}

TEST(OldMakefiles, InstallNothingThatIsAnOptionAVersionOrAnotherCommand) {
  const OldMakefile made = read_old_makefile(
      "x:\n\tsh -c \"apt-get -qq update; apt-get -qq install -y -t bookworm-backports -o Dpkg::Use-Pty=0 pkg-config "
      "libpq-dev=15.* cmake/bookworm-backports $(MORE) $${ALSO} && cargo build\"\n");
  EXPECT_EQ(made.packages, (Words{"cmake", "libpq-dev", "pkg-config"}));
  EXPECT_EQ(made.unread, (Words{"$${ALSO}", "$(MORE)"}));
}

Words described(const OldMakefile& made) {
  Words all;
  for (const OldVolume& volume : made.volumes) all.push_back(volume.name + " " + volume.path + " " + volume.target);
  return all;
}

TEST(OldMakefiles, MountVolumes) {
  const OldMakefile made = read_old_makefile(
      "build-x64:\n\tdocker run -v $(PWD):/workspace -v cargo-git-cache-x64:/usr/local/cargo/git --volume "
      "cargo-cache-x64:/usr/local/cargo/registry \\\n"
      "\t\t-v /home/me/.cargo:/root/.cargo -v data:/srv rust:1\n");
  EXPECT_EQ(described(made), (Words{"cargo-cache-x64 /usr/local/cargo/registry x64",
                                    "cargo-git-cache-x64 /usr/local/cargo/git x64", "data /srv x64"}));
}

TEST(OldMakefiles, MountVolumesInOtherWords) {
  const OldMakefile made = read_old_makefile(
      "%.o:\n\tpodman run --mount type=volume,source=one,target=/a,readonly --volume=two:/b:ro --mount "
      "type=bind,source=/c,target=/c --mount src=three,dst=/d alpine:3\n");
  EXPECT_EQ(described(made), (Words{"one /a ", "three /d ", "two /b "}));
}

TEST(OldMakefiles, BuildForTargetsInContainers) {
  const auto target = [](const std::string& name, const std::string& recipe) {
    return target_of({name, 1, 2, recipe});
  };
  EXPECT_EQ(target("build-linux-x64", "\tdocker run --rm rust:1 cargo build\n"), "x64");
  EXPECT_EQ(target("build-alpine-arm64", "\t$(DOCKER) run rust:1-alpine cargo build\n"), "musl-arm64");
  EXPECT_EQ(target("linux", "\tpodman run --platform linux/arm64 rust:1 cargo build\n"), "arm64");
  EXPECT_EQ(target("build-x64", "\tcargo build\n"), "");
  EXPECT_EQ(target("build", "\tdocker run rust:1 cargo build\n"), "");
  EXPECT_EQ(target("clean-x64", "\tdocker volume rm x64\n"), "");
}

}  // namespace
}  // namespace larder::cli
