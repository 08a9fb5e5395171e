#include "config/toml_writer.hpp"

#include <toml++/toml.h>

#include "support/property.hpp"

namespace larder::config {
namespace {

TEST(ToToml, AStringIsInOneLine) {
  EXPECT_EQ(to_toml("plain"), "\"plain\"");
  EXPECT_EQ(to_toml(""), "\"\"");
  EXPECT_EQ(to_toml("a\"b\\c\td\ne\x7f"), "\"a\\\"b\\\\c\\td\\ne\\u007F\"");
  EXPECT_EQ(to_toml("gr\xc3\xbcn"), "\"gr\xc3\xbcn\"");
}

TEST(ToToml, ATableHasALongListLineByLine) {
  const std::string longer(60, 'x');
  EXPECT_EQ(to_toml({{"name", "a"}, {"list", std::vector<std::string>{"b", "c"}}}),
            "list = [ \"b\", \"c\" ]\nname = \"a\"\n");
  EXPECT_EQ(to_toml({{"list", std::vector<std::string>{longer, longer}}}),
            "list = [\n    \"" + longer + "\",\n    \"" + longer + "\"\n]\n");
}

TEST(ToToml, WhateverIsWrittenIsReadBack) {
  test::check_property(100, [] {
    const auto text = *rc::gen::container<std::string>(
        rc::gen::map(rc::gen::inRange(1, 128), [](int c) { return static_cast<char>(c); }));
    const toml::table read = toml::parse("key = " + to_toml(text));
    RC_ASSERT(read["key"].value<std::string>() == text);
  });
}

}  // namespace
}  // namespace larder::config
