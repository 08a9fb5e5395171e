#include "base/text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdio>

namespace larder {
namespace {

TEST(LowerCase, IsForAsciiAlone) {
  EXPECT_EQ(lower_case("\xc3\x84"
                       "Zz-9"),
            "\xc3\x84"
            "zz-9");
}

TEST(FormatBytes, UsesPowersOfThousand) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(812), "812 B");
  EXPECT_EQ(format_bytes(999), "999 B");
  EXPECT_EQ(format_bytes(1000), "1.0 KB");
  EXPECT_EQ(format_bytes(4000), "4.0 KB");
  EXPECT_EQ(format_bytes(1'300'000'000), "1.3 GB");
  EXPECT_EQ(format_bytes(UINT64_MAX), "18.4 EB");
}

TEST(FormatBytes, NeverRoundsToAThousandOfAUnit) {
  EXPECT_EQ(format_bytes(999'949), "999.9 KB");
  EXPECT_EQ(format_bytes(999'950), "1.0 MB");
  EXPECT_EQ(format_bytes(999'999'999), "1.0 GB");
}

TEST(FormatSeconds, ChangesUnitsWithoutSixties) {
  EXPECT_EQ(format_seconds(0), "0.0 s");
  EXPECT_EQ(format_seconds(0.4), "0.4 s");
  EXPECT_EQ(format_seconds(9.94), "9.9 s");
  EXPECT_EQ(format_seconds(9.96), "10 s");
  EXPECT_EQ(format_seconds(45), "45 s");
  EXPECT_EQ(format_seconds(59.4), "59 s");
  EXPECT_EQ(format_seconds(59.6), "1 min 00 s");
  EXPECT_EQ(format_seconds(485), "8 min 05 s");
  EXPECT_EQ(format_seconds(3599.6), "1 h 00 min");
  EXPECT_EQ(format_seconds(7380), "2 h 03 min");
}

TEST(ParseBytes, KnowsPowersOfThousandAndOf1024) {
  for (const auto& [text, bytes] : std::map<std::string, uint64_t>{{"0B", 0},
                                                                   {"812 B", 812},
                                                                   {"20GB", 20'000'000'000},
                                                                   {"20 gb", 20'000'000'000},
                                                                   {"1.5TB", 1'500'000'000'000},
                                                                   {"0.1 MB", 100'000},
                                                                   {"4KiB", 4096},
                                                                   {"2GiB", 2147483648}}) {
    const auto parsed = parse_bytes(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(*parsed, bytes) << text;
  }
}

TEST(ParseBytes, NamesTheValueAndWhatIsAllowed) {
  for (const std::string text :
       {"", "GB", "20", "20G", "-1GB", "1e3GB", "1.2.3GB", "inf B", " 1GB", "1GB ", "99999999TB"}) {
    const auto parsed = parse_bytes(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::usage);
    EXPECT_EQ(parsed.error().message, "'" + text + "' is not a size");
    EXPECT_EQ(parsed.error().hint, "give a number and B, KB, MB, GB, TB, KiB, MiB, GiB or TiB, such as 20GB");
  }
}

TEST(ParseDuration, KnowsSecondsToWeeks) {
  for (const auto& [text, seconds] : std::map<std::string, int64_t>{
           {"0s", 0}, {"90s", 90}, {"30 m", 1800}, {"1.5h", 5400}, {"30d", 30 * 86400}, {"2w", 14 * 86400}}) {
    const auto parsed = parse_duration(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(*parsed, seconds) << text;
  }
}

TEST(ParseDuration, NamesTheValueAndWhatIsAllowed) {
  for (const std::string text : {"", "d", "30", "30 days", "-1d", "99999999999999999d"}) {
    const auto parsed = parse_duration(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().message, "'" + text + "' is not a time");
    EXPECT_EQ(parsed.error().hint, "give a number and s, m, h, d or w (seconds to weeks), such as 30d");
  }
}

TEST(FormatAge, CountsWholeUnits) {
  EXPECT_EQ(format_age(100, 100), "now");
  EXPECT_EQ(format_age(100, 159), "now");
  EXPECT_EQ(format_age(0, 60), "1 minute ago");
  EXPECT_EQ(format_age(0, 300), "5 minutes ago");
  EXPECT_EQ(format_age(0, 3600), "1 hour ago");
  EXPECT_EQ(format_age(0, 3 * 86400), "3 days ago");
}

TEST(FormatAge, AClockThatWentBackIsNow) { EXPECT_EQ(format_age(500, 100), "now"); }

TEST(NearestWord, FindsTheTypo) {
  const std::vector<std::string> words = {"build", "cache", "clean", "doctor"};
  EXPECT_EQ(nearest_word("biuld", words), "build");
  EXPECT_EQ(nearest_word("cahce", words), "cache");
  EXPECT_EQ(nearest_word("build", words), "build");
  EXPECT_EQ(nearest_word("zzzzzzzzzz", words), "");
  EXPECT_EQ(nearest_word("build", {}), "");
  EXPECT_EQ(nearest_word(std::string(100000, 'b'), words), "");
}

TEST(JoinWords, WritesAListAsOneSaysIt) {
  EXPECT_EQ(join_words({}), "");
  EXPECT_EQ(join_words({"a"}), "a");
  EXPECT_EQ(join_words({"a", "b"}), "a and b");
  EXPECT_EQ(join_words({"a", "b", "c"}), "a, b and c");
}

TEST(Split, KeepsEmptyParts) {
  EXPECT_EQ(split("", ','), std::vector<std::string>({""}));
  EXPECT_EQ(split("a,,b,", ','), std::vector<std::string>({"a", "", "b", ""}));
  EXPECT_EQ(split(std::string_view("a\0b", 3), '\0'), std::vector<std::string>({"a", "b"}));
}

RC_GTEST_PROP(Split, JoinIsItsInverse, (const std::string& text)) { RC_ASSERT(join(split(text, 'a'), "a") == text); }

TEST(Printable, ShowsWhatATerminalWouldNot) {
  EXPECT_EQ(printable(""), "");
  EXPECT_EQ(printable("caf\xc3\xa9 \xff"), "caf\xc3\xa9 \\xff");
  EXPECT_EQ(printable("a\xe2\x80\xae"
                      "b"),
            "a\\u{202e}b");
  EXPECT_EQ(printable("a\nb\x1b[31m\x7f\t"), "a\\x0ab\\x1b[31m\\x7f\\x09");
  EXPECT_EQ(printable(std::string(100, 'x')), std::string(100, 'x'));
  EXPECT_EQ(printable(std::string(10'000, 'x')), std::string(100, 'x') + "… (10000 bytes)");
  EXPECT_EQ(printable(std::string(99, 'x') + "\xc3\xa9"), std::string(99, 'x') + "… (101 bytes)");
}

TEST(ShellQuote, QuotesOnlyWhereItMust) {
  EXPECT_EQ(shell_quote("--release"), "--release");
  EXPECT_EQ(shell_quote("/usr/bin/cc"), "/usr/bin/cc");
  EXPECT_EQ(shell_quote(""), "''");
  EXPECT_EQ(shell_quote("a b"), "'a b'");
  EXPECT_EQ(shell_quote("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_quote("$HOME"), "'$HOME'");
  EXPECT_EQ(shell_quote("~"), "'~'");
}

TEST(ShellQuote, AShellReadsItBack) {
  std::string every;
  for (int c = 1; c < 256; ++c) every += static_cast<char>(c);
  const std::string command = "printf %s " + shell_quote(every);
  FILE* pipe = ::popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string read(1000, '\0');
  read.resize(::fread(read.data(), 1, read.size(), pipe));
  EXPECT_EQ(::pclose(pipe), 0);
  EXPECT_EQ(read, every);
}

TEST(FormatTable, PadsByColumnsNotBytes) {
  EXPECT_EQ(format_table({{"name", "size"}, {"é", "1"}, {"longer", "22"}}),
            "name    size\n"
            "é       1\n"
            "longer  22\n");
}

TEST(FormatTable, LeavesNoSpaceAtTheEnds) {
  EXPECT_EQ(format_table({{"a", ""}, {"", "b"}, {}}), "a\n   b\n\n");
  EXPECT_EQ(format_table({}), "");
}

TEST(Text, TrimTakesWhiteSpaceAtBothEnds) {
  EXPECT_EQ(trim("  a b\r\n"), "a b");
  EXPECT_EQ(trim("\t\n"), "");
}

TEST(Text, TheLastLineIsTheLastThatSaysSomething) {
  EXPECT_EQ(last_line("one\n two \n\n"), "two");
  EXPECT_EQ(last_line("one"), "one");
  EXPECT_EQ(last_line("\n"), "");
}

TEST(Text, ContainsAWordAsAWhole) {
  EXPECT_TRUE(contains({"x64", "arm64"}, "arm64"));
  EXPECT_FALSE(contains({"x64", "arm64"}, "arm"));
  EXPECT_FALSE(contains({}, ""));
}

TEST(Hex, IsBothWaysTheSame) {
  EXPECT_EQ(to_hex(""), "");
  EXPECT_EQ(to_hex(std::string_view("\0a\xff\n", 4)), "0061ff0a");
  EXPECT_EQ(from_hex("0061ff0a"), std::string("\0a\xff\n", 4));
  EXPECT_EQ(from_hex(""), "");
  for (const char* wrong : {"0", "0g", "+1", "0x", " 1"}) EXPECT_FALSE(from_hex(wrong)) << wrong;
}

}  // namespace
}  // namespace larder
