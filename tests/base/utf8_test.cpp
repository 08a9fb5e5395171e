#include "base/utf8.hpp"

#include <gtest/gtest.h>

namespace larder {
namespace {

TEST(FirstCharacter, TellsWhatIsNoUtf8) {
  EXPECT_EQ(first_character("\xe2\x82\xac.").code, U'\u20ac');
  EXPECT_EQ(first_character("\xe2\x82\xac.").size_bytes, 3U);
  for (const char* bytes : {"\xc0\xaf", "\xed\xa0\x80", "\xf5", "\xe2\x82", "\xfc"}) {
    EXPECT_FALSE(first_character(bytes).valid) << bytes;
    EXPECT_EQ(first_character(bytes).size_bytes, 1U) << bytes;
  }
  EXPECT_TRUE(first_character("?").valid);
}

TEST(SteersTerminal, ControlsAndTurnsOfDirection) {
  for (const char32_t code : {U'\x1', U'\x1b', U'\x7f', U'\x9b', U'\u202a', U'\u202e', U'\u2066', U'\u2069'})
    EXPECT_TRUE(steers_terminal(code)) << static_cast<uint32_t>(code);
  for (const char32_t code : {U' ', U'a', U'\xa0', U'\u05d0', U'\u0627', U'\u200b', U'\u202f', U'\U0001F980'})
    EXPECT_FALSE(steers_terminal(code)) << static_cast<uint32_t>(code);
}

TEST(DisplayColumns, CountsWideAndCombiningCharacters) {
  EXPECT_EQ(display_columns("abc"), 3U);
  EXPECT_EQ(display_columns("gr\xc3\xbc\xc3\x9f"), 4U);
  EXPECT_EQ(display_columns("u\xcc\x88"), 1U);
  EXPECT_EQ(display_columns("\xe6\xbc\xa2\xe5\xad\x97"), 4U);
  EXPECT_EQ(display_columns("\xf0\x9f\xa6\x80"), 2U);
  EXPECT_EQ(display_columns("\xe2\x9c\x93 \xe2\x80\xa6 \xe2\x96\x88 \xe2\xa0\x8b"), 7U) << "what the views draw";
  EXPECT_EQ(display_columns("\xff"), 1U);
}

TEST(CutToColumns, NeverCutsACharacter) {
  EXPECT_EQ(cut_to_columns("\xe6\xbc\xa2\xe5\xad\x97", 3), "\xe6\xbc\xa2");
  EXPECT_EQ(cut_to_columns("abc", 3), "abc");
  EXPECT_EQ(cut_to_columns("abc", 0), "");
}

}  // namespace
}  // namespace larder
