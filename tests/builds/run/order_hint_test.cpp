#include "builds/run/order_hint.hpp"

#include <gtest/gtest.h>

#include "builds/support.hpp"

namespace larder::builds {
namespace {

class OrderHint : public ::testing::Test {
 protected:
  OrderHint() {
    kit_.plan.recipe.goals_in_turn = {"-C"};
    test::put_file(kit_.store().dir(), "made/sub/made.h", "");
  }

  std::string hint(const std::string& line) { return order_hint(kit_.plan, kit_.store(), "made", {"cc a.c", line}); }

  Kit kit_;
};

TEST_F(OrderHint, NamesWhatWasMadeTooLate) {
  for (const char* line :
       {"a.c:1:10: fatal error: sub/made.h: No such file or directory", "cat: made.h: No such file or directory",
        "ld: cannot find 'made.h': No such file or directory"})
    EXPECT_NE(hint(line).find("sub/made.h was missing when it was needed"), std::string::npos) << line;
}

TEST_F(OrderHint, SaysNothingOfWhatIsNotThereAtAll) {
  EXPECT_EQ(hint("a.c:1:10: fatal error: other.h: No such file or directory"), "");
  EXPECT_EQ(hint("a.c:1:10: error: made.h is odd"), "");
}

TEST_F(OrderHint, SaysNothingOfAToolThatKnowsTheOrder) {
  kit_.plan.recipe.goals_in_turn.clear();
  EXPECT_EQ(hint("cat: made.h: No such file or directory"), "");
}

TEST_F(OrderHint, SaysNothingWhereOneThingIsMadeAfterAnother) {
  kit_.plan.project.jobs = 1;
  EXPECT_EQ(hint("cat: made.h: No such file or directory"), "");
}

}  // namespace
}  // namespace larder::builds
