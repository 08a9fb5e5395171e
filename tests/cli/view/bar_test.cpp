#include "cli/view/bar.hpp"

#include <gtest/gtest.h>

namespace larder::cli {
namespace {

Screen wide_by(unsigned columns) {
  Screen screen;
  screen.columns = columns;
  return screen;
}

TEST(Bar, IsAsWideAsThereIsRoom) {
  EXPECT_EQ(bar_columns(20, wide_by(29)), 0U);
  EXPECT_EQ(bar_columns(20, wide_by(30)), 10U);
  EXPECT_EQ(bar_columns(20, wide_by(59)), 39U);
  EXPECT_EQ(bar_columns(20, wide_by(200)), 40U);
}

TEST(Bar, IsDrawnAsTheScreenCan) {
  Screen screen = wide_by(80);
  screen.unicode = false;
  screen.colour = false;
  EXPECT_EQ(draw_bar(3, 2, screen), "###..");
  EXPECT_EQ(draw_bar(0, 0, screen), "");
  screen.unicode = true;
  EXPECT_EQ(draw_bar(1, 2, screen), "█░░");
  screen.colour = true;
  EXPECT_EQ(draw_bar(2, 0, screen), "\033[36m██\033[0m");
  EXPECT_EQ(draw_bar(0, 0, screen), "");
}

}  // namespace
}  // namespace larder::cli
