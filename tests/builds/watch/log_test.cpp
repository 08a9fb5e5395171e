#include "builds/watch/log.hpp"

#include <gtest/gtest.h>

#include "builds/support.hpp"

namespace larder::builds {
namespace {

constexpr size_t part = Log::part_bytes_max;

class LogTest : public ::testing::Test {
 protected:
  Log open() { return must(Log::open(os_, dir_.path() + "/log")); }
  std::string text() { return test::get_file(dir_.fd(), "log"); }

  Os os_;
  test::TempDir dir_;
};

TEST_F(LogTest, AShortOneIsKeptAsItIs) {
  {
    Log log = open();
    log.write("one\n");
    EXPECT_EQ(text(), "one\n");  // at once
    log.write(std::string("\0\xff", 2));
  }
  EXPECT_EQ(text(), std::string("one\n\0\xff", 6));
  { const Log again = open(); }
  EXPECT_EQ(text(), "");
}

TEST_F(LogTest, OneOfTwoPartsIsWhole) {
  const std::string line(1023, 'x');
  std::string all;
  {
    Log log = open();
    for (size_t i = 0; i < 2 * part / 1024; ++i) {
      log.write(line + "\n");
      all += line + "\n";
    }
  }
  EXPECT_TRUE(text() == all);
}

/// An endless printer fills neither disk nor memory.
TEST_F(LogTest, OfALongOneHeadAndTailAreKeptInWholeLines) {
  constexpr int lines = 2'000'000;
  {
    Log log = open();
    for (int i = 0; i < lines; i += 100) {
      std::string some;
      for (int j = i; j < i + 100; ++j) some += fmt::format("line {:07}\n", j);
      log.write(some);
    }
  }
  const std::string kept = text();
  EXPECT_LT(kept.size(), 2 * part + 100'000);
  EXPECT_GT(kept.size(), 2 * part - 100'000);
  EXPECT_TRUE(kept.starts_with("line 0000000\n"));
  EXPECT_TRUE(kept.ends_with(fmt::format("line {:07}\n", lines - 1)));
  const size_t gap = kept.find("\n[larder: ");
  ASSERT_NE(gap, std::string::npos);
  EXPECT_NE(kept.find(" of the output are left out here]\n\nline ", gap), std::string::npos);
  EXPECT_EQ(kept.substr(gap - 13, 5), "line ");
}

TEST_F(LogTest, ALineWithoutEndIsCutAnywhere) {
  {
    Log log = open();
    for (size_t i = 0; i < 4 * part / 65536; ++i) log.write(std::string(65536, 'x'));
  }
  EXPECT_LT(text().size(), 2 * part + 100'000);
}

TEST_F(LogTest, AFullDiskIsBorne) {
  Log log(UniqueFd(::open("/dev/full", O_WRONLY)));
  log.write("lost\n");
}

}  // namespace
}  // namespace larder::builds
