#include "base/closing_line.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace larder {
namespace {

const std::string empty_sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

TEST(ClosingLine, IsAWordANoteAndTheHash) {
  EXPECT_EQ(closing_line(""), "end " + empty_sha256 + "\n");
  EXPECT_EQ(closing_line("", "12"), "end 12 " + empty_sha256 + "\n");
}

TEST(ClosingLine, EveryCutAndEveryBitIsNoticed) {
  const std::string text = "one\ntwo\n" + closing_line("one\ntwo\n", "2");
  ASSERT_EQ(without_closing_line(text, "2"), "one\ntwo\n");
  EXPECT_EQ(without_closing_line(text), std::nullopt);
  EXPECT_EQ(without_closing_line(text, "3"), std::nullopt);
  EXPECT_EQ(without_closing_line(text + "\n", "2"), std::nullopt);
  for (size_t size = 0; size < text.size(); ++size)
    EXPECT_EQ(without_closing_line(text.substr(0, size), "2"), std::nullopt) << size;
  for (size_t bit = 0; bit < text.size() * 8; ++bit) {
    std::string altered = text;
    altered[bit / 8] = static_cast<char>(altered[bit / 8] ^ (1 << bit % 8));
    EXPECT_EQ(without_closing_line(altered, "2"), std::nullopt) << bit;
  }
}

RC_GTEST_PROP(ClosingLine, WhatWasClosedComesBack, (std::string text)) {
  if (!text.empty()) text += '\n';
  RC_ASSERT(without_closing_line(text + closing_line(text)) == std::string_view(text));
}

RC_GTEST_PROP(ClosingLine, NoTextIsTakenForAClosedOne, (const std::string& text)) {
  RC_ASSERT(!without_closing_line(text));
}

}  // namespace
}  // namespace larder
