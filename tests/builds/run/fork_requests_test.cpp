#include "builds/run/fork_requests.hpp"

#include <gtest/gtest.h>

#include "builds/plan/target_plan.hpp"
#include "builds/support.hpp"

namespace larder::builds {
namespace {

using store::Access;

class Requests : public ::testing::Test {
 protected:
  Kit kit_{{"one", "two"}};
};

TEST_F(Requests, ADownloadMayStartFromAnyTargetsVolume) {
  kit_.plan.siblings = {
      {test::volume_key("cache-one"), test::volume_key("cache-two"), test::volume_key("cache-three")}};
  const auto requests = input_requests(kit_.plan, kit_.target(), Access::read);
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].spec.key.name(), "cache-one");
  EXPECT_EQ(requests[0].access, Access::read);
  EXPECT_EQ(requests[0].siblings,
            (std::vector<store::VolumeKey>{test::volume_key("cache-two"), test::volume_key("cache-three")}));
  EXPECT_TRUE(requests[0].also.empty());
}

TEST_F(Requests, AFetchedDownloadReachesTheOthersToo) {
  const auto requests = input_requests(kit_.plan, kit_.target(), Access::write);
  ASSERT_EQ(requests[0].also.size(), 1U);
  EXPECT_EQ(requests[0].also[0].key.name(), "cache-two");
}

class CompiledRequest : public Requests {
 protected:
  std::vector<store::VolumeKey> siblings() {
    return must(compiled_request(kit_.store(), kit_.plan, kit_.target())).siblings;
  }
};

TEST_F(CompiledRequest, IsForWritingAndKnowsWhatIsRewritten) {
  kit_.plan.recipe.rewritten = {"**/*.d"};
  const auto request = must(compiled_request(kit_.store(), kit_.plan, kit_.target()));
  EXPECT_EQ(request.spec.key.name(), "target-pantry-one");
  EXPECT_EQ(request.access, Access::write);
  EXPECT_EQ(request.rewritten, std::vector<std::string>{"**/*.d"});
}

TEST_F(CompiledRequest, OtherFoldersVolumesOfTheSameKindAreSiblings) {
  test::commit(kit_.store(), kit_.elsewhere(), {{"target/a", "1"}});
  EXPECT_EQ(siblings(), std::vector<store::VolumeKey>{kit_.elsewhere().key});
}

TEST_F(CompiledRequest, AlsoOnceItHasItsOwn) {
  test::commit(kit_.store(), kit_.elsewhere(), {{"target/a", "1"}});
  test::commit(kit_.store(), kit_.target().compiled, {{"target/a", "1"}});
  EXPECT_EQ(siblings(), std::vector<store::VolumeKey>{kit_.elsewhere().key});
}

TEST_F(CompiledRequest, TestsGoOnWithWhatBuildsHaveCompiledAndBuildsNotWithTheirs) {
  test::commit(kit_.store(), kit_.elsewhere(), {{"target/a", "1"}});
  const std::string recipe = kit_.target().compiled.recipe;
  kit_.plan.targets[0].compiled.recipe = recipe + std::string(tests_suffix);
  EXPECT_EQ(siblings(), std::vector<store::VolumeKey>{kit_.elsewhere().key});
  store::VolumeSpec tests = kit_.elsewhere();
  tests.key = test::volume_key(tests.key.name(), "tests");
  test::commit(kit_.store(), tests, {{"target/test", "1"}});
  EXPECT_EQ(siblings().size(), 2U);
  kit_.plan.targets[0].compiled.recipe = recipe;
  EXPECT_EQ(siblings(), std::vector<store::VolumeKey>{kit_.elsewhere().key});
}

TEST_F(CompiledRequest, ADamagedOneIsNone) {
  test::commit(kit_.store(), kit_.elsewhere(), {{"target/a", "1"}});
  test::damage(kit_.store(), kit_.elsewhere().key);
  EXPECT_TRUE(siblings().empty());
}

TEST_F(CompiledRequest, OfAnotherImageOnlyWhereThereIsNothingElse) {
  store::VolumeSpec image = kit_.elsewhere();
  image.key = test::volume_key(image.key.name(), "v3");
  image.image = "sha256:2";
  test::commit(kit_.store(), image, {{"target/a", "1"}});
  EXPECT_EQ(siblings(), std::vector<store::VolumeKey>{image.key});
  test::commit(kit_.store(), kit_.elsewhere(), {{"target/a", "1"}});
  EXPECT_EQ(siblings(), std::vector<store::VolumeKey>{kit_.elsewhere().key});
}

TEST_F(CompiledRequest, NotOfAnotherRecipeTargetOrTrust) {
  store::VolumeSpec recipe = kit_.elsewhere();
  recipe.key = test::volume_key(recipe.key.name(), "v2");
  recipe.recipe = "script 2";
  store::VolumeSpec trust = kit_.elsewhere();
  trust.key = test::volume_key(trust.key.name(), trust.key.variant(), test::Trust::untrusted);
  store::VolumeSpec target = kit_.elsewhere();
  target.key = test::volume_key("target-pantry-two", target.key.variant());
  for (const store::VolumeSpec& spec : {recipe, trust, target}) test::commit(kit_.store(), spec, {{"a", "1"}});
  EXPECT_TRUE(siblings().empty());
}

}  // namespace
}  // namespace larder::builds
