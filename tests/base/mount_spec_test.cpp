#include "base/mount_spec.hpp"

#include <gtest/gtest.h>

namespace larder {
namespace {

TEST(FileView, ComparesByValue) {
  EXPECT_EQ((Bind{"/a", "/b"}), (Bind{"/a", "/b"}));
  EXPECT_FALSE((Bind{"/a", "/b"}) == (Bind{"/a", "/c"}));
  EXPECT_EQ((Link{"/a", "/b"}), (Link{"/a", "/b"}));
  EXPECT_FALSE((Link{"/a", "/b"}) == (Link{"/c", "/b"}));
}

}  // namespace
}  // namespace larder
