#include "builds/image/image_steps.hpp"

#include <gtest/gtest.h>

#include "builds/support.hpp"
#include "store/branch/transaction.hpp"
#include "support/image_kit.hpp"

namespace larder::builds {
namespace {

using image::Step;
using image::StepKind;
using test::must;

class ImageStepsTest : public ::testing::Test {
 protected:
  static StepWork work(StepKind kind, const std::string& text) {
    return {must(image::parse_reference("oci:/srv/tools", "/")), {kind, {text}}, {}, {}, "amd64"};
  }

  test::TempStore kit_;
  Recorder recorder_;
  Signals signals_ = must(Signals::block());
  ImageSteps steps_{kit_.store, recorder_, signals_};
};

TEST_F(ImageStepsTest, NothingIsMadeTwice) {
  EXPECT_TRUE(steps_.has_room_for(work(StepKind::commands, "echo one")));
  steps_.add("x64", work(StepKind::commands, "echo one"));
  EXPECT_TRUE(steps_.is_making("x64"));
  EXPECT_FALSE(steps_.has_room_for(work(StepKind::commands, "echo one")));
  EXPECT_TRUE(steps_.has_room_for(work(StepKind::commands, "echo two")));
}

TEST_F(ImageStepsTest, PackagesAreInstalledForOneImageAtATime) {
  steps_.add("x64", work(StepKind::packages, "gcc"));
  EXPECT_FALSE(steps_.has_room_for(work(StepKind::packages, "g++")));
  EXPECT_TRUE(steps_.has_room_for(work(StepKind::commands, "echo one")));
}

TEST_F(ImageStepsTest, WaitsForAnotherProcessAndTakesWhatItHasMade) {
  const StepWork wanted = work(StepKind::base, "oci:/srv/tools");
  auto other = must(store::try_writer(
      kit_.store, test::volume_key(wanted.reference.volume_name(), "preparing-" + wanted.hash()), "the other one"));
  ASSERT_TRUE(other);
  steps_.add("x64", wanted);
  EXPECT_TRUE(must(steps_.advance()).empty());
  EXPECT_EQ(recorder_.events, std::vector<std::string>{"x64 waits for the other one"});
  const image::Stored made =
      test::put_image(kit_.store, wanted.reference.volume_name(), test::make_image_record(wanted.step), {});
  other.reset();
  const auto taken = must(steps_.advance());
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken.front().name, "x64");
  EXPECT_EQ(taken.front().stored.record.digest, made.record.digest);
  EXPECT_FALSE(steps_.is_making("x64"));
}

TEST_F(ImageStepsTest, AStepThatCannotBeginIsAnError) {
  steps_.add("x64", work(StepKind::base, "oci:/srv/tools"));  // no such folder
  EXPECT_FALSE(steps_.advance());
  EXPECT_TRUE(test::names_in(kit_.store, "transactions").empty());
}

}  // namespace
}  // namespace larder::builds
