#include "engine/foreign.hpp"

#include <gtest/gtest.h>

namespace larder::engine {
namespace {

TEST(Foreign, IsKnownByItsElfHeader) {
  EXPECT_EQ(format_line({"aarch64", "/usr/bin/qemu-aarch64-static"}),
            ":larder-aarch64:M::"
            "\\x7f\\x45\\x4c\\x46\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\xb7\\x00:"
            "\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff:"
            "/usr/bin/qemu-aarch64-static:FP");
}

TEST(Foreign, BytesOfABigEndianMachineStandTheOtherWay) {
  const std::string line = format_line({"s390x", "/q"});
  EXPECT_NE(line.find("\\x02\\x02\\x01\\x00"), std::string::npos) << line;
  EXPECT_NE(line.find("\\x00\\x02\\x00\\x16:"), std::string::npos) << line;
  EXPECT_NE(line.find("\\xff\\xfe\\xff\\xff:/q:FP"), std::string::npos) << line;
}

TEST(Foreign, WhatCannotBeSaidIsNotRegistered) {
  EXPECT_EQ(format_line({"z80", "/q"}), "");
  EXPECT_EQ(format_line({"aarch64", "/a:b"}), "");
  EXPECT_FALSE(can_register_foreign({"aarch64", "/q"}, "/nowhere"));
}

}  // namespace
}  // namespace larder::engine
