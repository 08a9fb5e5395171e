#include "image/debian_base.hpp"

#include <gtest/gtest.h>

#include "image/preparation.hpp"
#include "support/files.hpp"
#include "support/scoped_variable.hpp"
#include "support/temp_dir.hpp"

namespace larder::image {
namespace {

using test::must;
using test::ScopedVariable;

/// On a machine with the programs that a test puts there, and this one's keyring of Debian's.
class DebianBases : public ::testing::Test {
 protected:
  DebianBases() {
    if (debian_keyring().empty()) reason_ = "there is no /usr/share/keyrings/debian-archive-keyring.gpg";
    packages_.source.clear();
    registrys_.source = "sha256:12";
  }

  void put(const std::string& program) { test::put_file(dir_.fd(), "bin/" + program, "", 0755); }
  void put_all(std::initializer_list<const char*> programs) {
    for (const char* program : programs) put(program);
  }
  static Result<DebianBase> base(const StepRecord* pinned = nullptr) {
    return choose_debian_base(must(parse_reference("debian:trixie", "")), pinned);
  }
  static bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

  test::TempDir dir_;
  std::string reason_;
  StepRecord packages_;   ///< pinned, as mmdebstrap makes it
  StepRecord registrys_;  ///< pinned, as a registry has it
  ScopedVariable path_{"PATH", dir_.path() + "/bin"};
  ScopedVariable config_{"XDG_CONFIG_HOME", dir_.path()};
};

TEST_F(DebianBases, AreMadeOfPackagesWhereTheMachineCan) {
  put_all({"mmdebstrap", "skopeo", "umoci"});
  EXPECT_EQ(must(base()).reason, reason_);
  EXPECT_EQ(must(base()).is_from_registry(), !reason_.empty());
}

TEST_F(DebianBases, AreARegistrysWhereItCannot) {
  put_all({"skopeo", "umoci"});
  EXPECT_EQ(must(base()).registry.name, "docker.io/library/debian:trixie");
  EXPECT_EQ(must(base()).reason, "there is no program mmdebstrap");
  test::put_file(dir_.fd(), "larder/config.toml", "debian_image = \"a.example/os/debian\"\n");
  EXPECT_EQ(must(base()).registry.name, "a.example/os/debian:trixie");
  const std::string hint = registry_hint(must(base()), nullptr);
  EXPECT_TRUE(has(hint, "`skopeo login a.example`")) << hint;
  EXPECT_TRUE(has(hint, "debian_image")) << hint;
  EXPECT_TRUE(has(hint, "mmdebstrap")) << hint;
}

TEST_F(DebianBases, AreWhatTheLockSays) {
  put_all({"mmdebstrap", "skopeo", "umoci"});
  EXPECT_TRUE(must(base(&registrys_)).is_from_registry());
  EXPECT_EQ(must(base(&registrys_)).reason, "larder.lock pins it there");
  if (reason_.empty()) {
    EXPECT_FALSE(must(base(&packages_)).is_from_registry());
  }
  EXPECT_TRUE(has(registry_hint(must(base(&registrys_)), &registrys_), "`larder image update`"));
}

TEST_F(DebianBases, NoOtherIsTakenForTheOneThatTheLockSays) {
  put_all({"skopeo", "umoci"});
  const auto refused = base(&packages_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "the image debian:trixie cannot be prepared");
  EXPECT_EQ(refused.error().cause,
            "larder.lock pins it as mmdebstrap makes it of Debian's packages, and there is no program mmdebstrap");
  EXPECT_TRUE(has(refused.error().hint, "`larder image update`")) << refused.error().hint;
}

TEST_F(DebianBases, WithoutTheProgramsOfEitherWayBothAreNamed) {
  put_all({"mmdebstrap"});
  EXPECT_EQ(base(&registrys_).error().cause,
            "larder.lock pins it as docker.io/library/debian:trixie has it, and there is no program skopeo");
  const ScopedVariable nothing("PATH", dir_.path());
  const Error error = base().error();
  EXPECT_TRUE(has(error.cause, "there is no program mmdebstrap to make it of packages, and there is no program skopeo"))
      << error.cause;
  for (const char* part : {"mmdebstrap", "skopeo umoci", "--image host"}) EXPECT_TRUE(has(error.hint, part)) << part;
}

TEST_F(DebianBases, ARegistrysIsFetchedAndMadeLardersOwn) {
  put_all({"skopeo", "umoci"});
  const Reference reference = must(parse_reference("debian:trixie", ""));
  const Step step = {StepKind::base, {reference.text}};
  const Preparation newest = must(preparation_of(step, reference, "amd64", nullptr));
  EXPECT_EQ(newest.command.back(), "docker://docker.io/library/debian:trixie");
  EXPECT_TRUE(has(newest.command.at(2), "policy-rc.d"));
  EXPECT_EQ(newest.note, "debian:trixie is taken from docker.io/library/debian:trixie: there is no program mmdebstrap");
  const Preparation pinned = must(preparation_of(step, reference, "amd64", &registrys_));
  EXPECT_EQ(pinned.command.back(), "docker://docker.io/library/debian@sha256:12");
  const Preparation question = must(question_for_base(reference, registrys_));
  EXPECT_EQ(question.command.back(), "docker://docker.io/library/debian:trixie");
  EXPECT_NE(base_sources(reference, nullptr), "");
  EXPECT_EQ(base_sources(reference, nullptr), base_sources(reference, &registrys_));
}

}  // namespace
}  // namespace larder::image
