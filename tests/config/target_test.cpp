#include "config/target.hpp"

#include "config/tables.hpp"
#include "support.hpp"

namespace larder::config {
namespace {

TargetTable targets() { return *load_targets(""); }

TEST(Target, FindsByName) {
  const Result<Target> target = targets().find("musl-arm64");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->triple, "aarch64-unknown-linux-musl");
}

TEST(Target, AnUnknownNameIsToldWithTheNearest) {
  const TargetTable two({*targets().find("x64"), *targets().find("musl-x64")});
  EXPECT_EQ(usage_error(two.find("x46")), "unknown target 'x46' | did you mean 'x64'? known are: x64 and musl-x64");
  EXPECT_EQ(usage_error(two.find("x64,musl-x64")),
            "unknown target 'x64,musl-x64' | each is a word of its own: x64 and musl-x64");
  EXPECT_EQ(usage_error(two.find("sparc-solaris")), "unknown target 'sparc-solaris' | known are: x64 and musl-x64");
}

TEST(Target, WordsThatPeopleHaveLeadToTheRightProcessor) {
  for (const auto& [word, hint] :
       std::map<std::string, std::string>{{"armv7", "did you mean 'armhf'?"},
                                          {"x86", "did you mean 'i686'?"},
                                          {"musl-amd64", "did you mean 'musl-x64'?"},
                                          {"arm64-musl", "did you mean 'musl-arm64'?"},
                                          {"alpine-x64", "did you mean 'musl-x64'?"},
                                          {"linux-aarch64", "did you mean 'arm64'?"},
                                          {"windows", "did you mean 'windows-x64'?"},
                                          {"linux/amd64/v2", "did you mean 'x64'?"},
                                          {"aarch64-unknown-linux-gnu.2.17",
                                           "did you mean 'arm64'? The oldest glibc that it may "
                                           "need stands in larder.toml: `[target.arm64]`, "
                                           "`glibc = \"2.17\"`"}})
    EXPECT_NE(usage_error(targets().find(word)).find(hint), std::string::npos) << usage_error(targets().find(word));
}

TEST(Target, FindsByTheWordsOfOtherTools) {
  const std::vector<std::pair<std::string, std::string>> words = {{"x86_64-unknown-linux-gnu", "x64"},
                                                                  {"aarch64-unknown-linux-musl", "musl-arm64"},
                                                                  {"aarch64-linux-gnu", "arm64"},
                                                                  {"x86_64-linux-musl", "musl-x64"},
                                                                  {"amd64", "x64"},
                                                                  {"linux/amd64", "x64"},
                                                                  {"linux/arm64", "arm64"},
                                                                  {"linux/arm/v7", "armhf"},
                                                                  {"linux/arm64/v8", "arm64"},
                                                                  {"x86_64-pc-linux-gnu", "x64"},
                                                                  {"aarch64-alpine-linux-musl", "musl-arm64"},
                                                                  {"linux/386", "i686"},
                                                                  {"linux/ppc64le", "ppc64el"},
                                                                  {"aarch64", "arm64"},
                                                                  {"x86_64", "x64"},
                                                                  {"x86_64-pc-windows-gnu", "windows-x64"}};
  for (const auto& [word, name] : words) {
    const Result<Target> target = targets().find(word);
    ASSERT_TRUE(target) << word;
    EXPECT_EQ(target->name, name) << word;
  }
  for (const char* word : {"", "linux/", "linux", "windows/amd64"}) EXPECT_FALSE(targets().find(word)) << word;
}

TEST(Target, TheMachinesOwnIsItsGlibcTarget) {
  const std::vector<std::pair<std::string, std::string>> machines = {
      {"x86_64", "x64"},      {"aarch64", "arm64"}, {"armv7l", "armhf"},   {"i686", "i686"},
      {"ppc64le", "ppc64el"}, {"s390x", "s390x"},   {"riscv64", "riscv64"}};
  for (const auto& [machine, name] : machines) EXPECT_EQ(targets().native(machine)->name, name);
  EXPECT_TRUE(targets().native());
}

TEST(Target, AMachineWithoutATarget) {
  const Result<Target> target = targets().native("sparc64");
  ASSERT_FALSE(target);
  EXPECT_EQ(target.error().code, ErrorCode::environment);
  EXPECT_EQ(told(target.error()),
            "no target is this machine's own ('sparc64') | add one with this processor to targets.toml in "
            "~/.config/larder, or name a target: `larder build x64`");
}

TEST(Target, PackagesDependOnTheMachine) {
  const Target x64 = *targets().find("x64");
  const Target arm64 = *targets().find("arm64");
  EXPECT_EQ(x64.package("cc", x64), "gcc");
  EXPECT_EQ(x64.package("cc", arm64), "gcc-x86-64-linux-gnu libc6-dev-amd64-cross");
  EXPECT_EQ(arm64.package("cxx", x64), "g++-aarch64-linux-gnu");
  EXPECT_EQ(arm64.package("rust_std", arm64), "libstd-rust-web-dev:arm64");
  EXPECT_EQ(arm64.package("nothing", x64), "");
}

TEST(Target, RunsOnItsOwnProcessorAndSystem) {
  const Target x64 = *targets().find("x64");
  EXPECT_TRUE(x64.runs_on(x64));
  EXPECT_TRUE(targets().find("musl-x64")->runs_on(x64));
  EXPECT_FALSE(targets().find("arm64")->runs_on(x64));
  EXPECT_FALSE(targets().find("windows-x64")->runs_on(x64));
}

TEST(Target, GivesPlaceholders) {
  const Placeholders expected = {{"ar", "aarch64-linux-gnu-ar"},
                                 {"binutils", "aarch64-linux-gnu-"},
                                 {"cc", "aarch64-linux-musl-gcc"},
                                 {"cpu_family", "aarch64"},
                                 {"cxx", ""},
                                 {"cxx_name", "aarch64-linux-musl-g++"},
                                 {"debian_arch", "arm64"},
                                 {"endian", "little"},
                                 {"gnu_type", "aarch64-linux-gnu"},
                                 {"goarch", "arm64"},
                                 {"goos", "linux"},
                                 {"libc", "musl"},
                                 {"linker", "aarch64-linux-gnu-gcc"},
                                 {"pkg_config_libdir",
                                  "/usr/local/lib/aarch64-linux-musl/pkgconfig:/usr/lib/aarch64-linux-musl/pkgconfig:"
                                  "/usr/share/pkgconfig"},
                                 {"multiarch", "aarch64-linux-musl"},
                                 {"processor", "aarch64"},
                                 {"system", "Linux"},
                                 {"target", "musl-arm64"},
                                 {"triple", "aarch64-unknown-linux-musl"},
                                 {"triple_env", "AARCH64_UNKNOWN_LINUX_MUSL"},
                                 {"triple_underscored", "aarch64_unknown_linux_musl"}};
  EXPECT_EQ(target_placeholders(*targets().find("musl-arm64")), expected);
}

TEST(Target, APlainArGivesNoPrefix) {
  Target own;
  own.ar = "ar";
  const Placeholders values = target_placeholders(own);
  EXPECT_EQ(values.at("binutils"), "");
  EXPECT_EQ(values.at("gnu_type"), "");
}

}  // namespace
}  // namespace larder::config
