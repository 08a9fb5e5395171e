#include "base/field.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace larder {
namespace {

RC_GTEST_PROP(Field, AnyBytesComeBack, (const std::string& text)) {
  const std::string field = escape_field(text);
  RC_ASSERT(field.find_first_of(" \n\t") == std::string::npos);
  RC_ASSERT(!field.empty());
  RC_ASSERT(unescape_field(field) == text);
}

TEST(Field, AnEmptyTextAndADashAreTwoFields) {
  EXPECT_EQ(escape_field(""), "-");
  EXPECT_EQ(escape_field("-"), "%2d");
}

TEST(Field, WhatIsNoFieldIsRefused) {
  for (const char* text : {"%", "%2", "%zz", "a%", "% 1", "%+1"}) EXPECT_FALSE(unescape_field(text)) << text;
}

TEST(Field, ANumberIsTheWholeText) {
  uint32_t number = 0;
  EXPECT_TRUE(parse_number("755", number, 8));
  EXPECT_EQ(number, 0755U);
  for (const char* text : {"", "8 ", " 8", "8x", "-1", "4294967296"}) EXPECT_FALSE(parse_number(text, number)) << text;
}

TEST(Field, PathsThatLeadOutAreNotInside) {
  using namespace std::string_view_literals;
  for (const std::string_view path : {"a"sv, "a/b"sv, "..a/b.."sv, ".a"sv, "a b\n"sv})
    EXPECT_TRUE(is_path_inside(path)) << path;
  for (const std::string_view path :
       {""sv, "/"sv, "/a"sv, "a/"sv, "a//b"sv, "."sv, ".."sv, "a/../b"sv, "../a"sv, "a/."sv, "a\0b"sv})
    EXPECT_FALSE(is_path_inside(path)) << path;
}

}  // namespace
}  // namespace larder
