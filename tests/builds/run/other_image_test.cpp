#include "builds/run/other_image.hpp"

#include <gtest/gtest.h>

#include "builds/run/fork_requests.hpp"
#include "builds/run/run_spec.hpp"
#include "builds/run/target_view.hpp"
#include "builds/support.hpp"
#include "support/image_kit.hpp"

namespace larder::builds {
namespace {

using image::StepKind;
using image::Stored;
using test::debian_volume;
using Folders = std::optional<std::vector<std::string>>;

const std::string profile = "target/x/release/";
const std::string app_unit = profile + ".fingerprint/app-1";

class OtherImages : public ::testing::Test {
 protected:
  OtherImages() {
    config::OtherImage& rules = kit_.plan.recipe.blind.other_image;
    rules.units = config::UnitKinds::rust;
    rules.compiler = {"**/bin/rustc"};
    rules.unread = {"**/*.a", "var/**"};
  }

  Stored made_by(const std::string& line, const test::Files& files) {
    const auto record = test::make_image_record({StepKind::commands, {line}}, base_.record.digest);
    return test::put_image(kit_.store(), debian_volume, record, files, &base_);
  }
  /// From now on the target's image is this one.
  void use(const Stored& image, const std::string& variant) {
    TargetPlan& target = kit_.plan.targets[0];
    target.image.digest = target.compiled.image = image.record.digest;
    target.image.volume = image.generation.spec;
    target.compiled.key = test::volume_key(target.compiled.key.name(), variant);
  }
  void build() {
    kit_.commit(kit_.target().compiled, {{app_unit + "/bin-app", "1"}, {profile + ".fingerprint/lib-2/lib-lib", "1"}});
  }
  store::Transaction begin() {
    store::ForkRequest request = must(compiled_request(kit_.store(), kit_.plan, kit_.target()));
    view_.emplace(kit_.plan, kit_.store(), must(look_at_project(kit_.plan, kit_.store())));
    request.choose = view_->chooser(kit_.target());
    return test::begin(kit_.store(), request);
  }
  /// What the first build on `now` starts from, after one on `before`: the files, as the tool is shown them.
  std::vector<std::string> first_build(const Stored& before, const Stored& now) {
    use(before, "before");
    build();
    use(now, "now");
    const store::Transaction transaction = begin();
    must(must(view_->prepare(transaction.forks()[0])), "the project has changed");
    std::vector<std::string> roots = store::layer_roots(transaction.forks()[0].base.layers);
    roots.push_back(test::upper(transaction));
    std::vector<std::string> files;
    must(must(store::MergedTree::open(kit_.store(), roots)).walk([&](const store::MergedEntry& entry) -> Status {
      if (S_ISREG(entry.status.st_mode)) files.push_back(entry.path.substr(profile.size()));
      return {};
    }));
    return files;
  }

  Kit kit_;
  Stored base_ = test::put_image(
      kit_.store(), debian_volume, test::make_image_record({StepKind::base, {"debian:bookworm"}}),
      {{"usr/bin/rustc", "rustc"}, {"usr/bin/wrap", "wrap"}, {"usr/lib/libtwo.a", "one"}, {"tmp/y", ""}});
  std::optional<TargetView> view_;
  const std::vector<std::string> all_ = {".fingerprint/app-1/bin-app", ".fingerprint/lib-2/lib-lib"};
  const std::vector<std::string> libraries_ = {".fingerprint/lib-2/lib-lib"};
  const std::vector<std::string> nothing_;
};

TEST_F(OtherImages, WithTheSameContentAllIsOfUse) {
  EXPECT_EQ(first_build(made_by("echo hi", {{"tmp/x", "1"}}), made_by("echo ho", {{"tmp/x", "2"}})), all_);
  EXPECT_FALSE(view_->leaves_out_of_image());
}

TEST_F(OtherImages, AlsoWhereNobodyKnowsTheUnits) {
  kit_.plan.recipe.blind.other_image = {};
  EXPECT_EQ(first_build(made_by("echo hi", {{"tmp/x", "1"}}), made_by("echo ho", {{"tmp/x", "2"}})), all_);
}

TEST_F(OtherImages, WithAnotherLibraryWhatIsNotLinked) {
  EXPECT_EQ(first_build(base_, made_by("install", {{"usr/lib/libtwo.a", "two"}, {"usr/include/two.h", "2"}})),
            libraries_);
  EXPECT_TRUE(view_->leaves_out_of_image());
}

TEST_F(OtherImages, WhereNobodyKnowsTheUnitsNothing) {
  kit_.plan.recipe.blind.other_image = {};
  EXPECT_EQ(first_build(base_, made_by("install", {{"usr/include/two.h", "2"}})), nothing_);
  EXPECT_EQ(view_->reason(), "the image is another one");
}

TEST_F(OtherImages, WithAnotherCompilerOrAnotherProgramNothing) {
  for (const char* path : {"usr/bin/rustc", "opt/bin/rustc", "usr/bin/wrap", "usr/local/bin/wrap"})
    EXPECT_EQ(first_build(base_, made_by(path, {{path, "another"}})), nothing_) << path;
}

TEST_F(OtherImages, WhatAnImageSaysOfItselfCounts) {
  auto record = test::make_image_record({StepKind::commands, {"env"}}, base_.record.digest);
  record.env = {{"RUSTFLAGS", "-C opt-level=1"}};
  EXPECT_EQ(first_build(base_, test::put_image(kit_.store(), debian_volume, record, {}, &base_)), nothing_);
}

TEST_F(OtherImages, AnImageThatHasGoneIsNotKnown) {
  const Stored gone = made_by("echo hi", {{"tmp/x", "1"}});
  use(gone, "before");
  build();
  must(kit_.os().unlink(kit_.store().dir(), store::ref_dir(gone.key) + "/current"));
  use(made_by("echo ho", {{"tmp/x", "2"}}), "now");
  EXPECT_TRUE(begin().forks()[0].base.layers.empty());
}

TEST_F(OtherImages, WhatIsLeftOutIsLeftOutForEver) {
  const Stored now = made_by("install", {{"usr/lib/libtwo.a", "two"}});
  use(base_, "before");
  build();
  use(now, "now");
  store::Transaction transaction = begin();
  must(must(view_->prepare(transaction.forks()[0])), "the project has changed");
  must(transaction.seal(store::Outcome::failed, 0, must(view_->record(transaction, {}))));
  EXPECT_EQ(test::files_of(kit_.store(), kit_.target().compiled.key).count(app_unit + "/bin-app"), 0U);
}

TEST_F(OtherImages, OneWithTheSameContentGoesBeforeANewerOne) {
  use(made_by("echo hi", {{"tmp/x", "1"}}), "first");
  build();
  use(made_by("install", {{"usr/lib/libtwo.a", "two"}}), "second");
  build();
  use(made_by("echo ho", {{"tmp/x", "2"}}), "third");
  const store::Transaction transaction = begin();
  EXPECT_FALSE(view_->leaves_out_of_image());
  EXPECT_EQ(transaction.forks()[0].base.spec.key.variant(), "first");
}

TEST_F(OtherImages, AVolumeThatIsThereGoesBeforeThoseOfOtherImages) {
  use(base_, "before");
  build();
  use(made_by("echo", {{"tmp/x", "1"}}), "now");
  const auto siblings = [&] { return must(compiled_request(kit_.store(), kit_.plan, kit_.target())).siblings; };
  EXPECT_EQ(siblings().size(), 1U);
  test::commit(kit_.store(), kit_.target().compiled, {{"target/a", "1"}});
  EXPECT_TRUE(siblings().empty());
}

}  // namespace
}  // namespace larder::builds
