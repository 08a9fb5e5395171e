#include "share/index.hpp"

#include <gtest/gtest.h>

#include "support/must.hpp"

namespace larder::share {
namespace {

using test::must;

const std::string digest_a(64, 'a');
const std::string digest_b(64, 'b');

Index some_index() {
  Index index;
  index.packs = {{digest_a, 100, {{std::string(64, '1'), 10}, {std::string(64, '2'), 20}}},
                 {digest_b, 50, {{std::string(64, '3'), 30}}}};
  index.hides_known = true;
  index.hides = {"src/gone file"};
  Entry file{"out/a b", 'f', 0644, 1'700'000'000, 123'456'789};
  file.content = index.packs[1].contents[0];
  file.attributes = {{"user.x", std::string("\0\n,=", 4)}};
  Entry link{"out/link", 'l', 0777, -5, 0};
  link.target = "../../anywhere %";
  Entry name{"out/name", 'h'};
  name.target = "out/a b";
  index.entries = {{"out", 'o', 01755, 1, 2}, file, {"out/empty", 'f', 0600, 3, 4}, {"out/gone", 'x'}, link, name};
  return index;
}

TEST(Index, WhatWasWrittenComesBack) {
  const Index index = some_index();
  EXPECT_EQ(must(parse_index(format_index(index))), index);
  EXPECT_EQ(must(parse_index(format_index({}))), Index());
}

TEST(Index, TheTextIsWhatTheDocsSay) {
  const std::string one(64, '1');
  EXPECT_EQ(format_index(some_index()), "larder-index-1\npacks 2\n" + digest_a + " 100 2\n" + one + " 10\n" +
                                            std::string(64, '2') + " 20\n" + digest_b + " 50 1\n" +
                                            std::string(64, '3') +
                                            " 30\nhides 1\nsrc/gone%20file\nentries 6\n"
                                            "o 1755 1 2 - - out\n"
                                            "f 644 1700000000 123456789 1:0 757365722e78=000a2c3d out/a%20b\n"
                                            "f 600 3 4 - - out/empty\n"
                                            "x 0 0 0 - - out/gone\n"
                                            "l 777 -5 0 ../../anywhere%20%25 - out/link\n"
                                            "h 0 0 0 out/a%20b - out/name\n");
}

std::string with_entries(const std::vector<std::string>& lines) {
  std::string text = "larder-index-1\npacks 1\n" + digest_a + " 100 1\n" + digest_b + " 10\nhides unknown\nentries " +
                     std::to_string(lines.size()) + "\n";
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

TEST(Index, AGoodOneIsRead) {
  EXPECT_EQ(
      must(parse_index(with_entries({"d 755 1 2 - - a", "f 644 1 2 0:0 - a/b", "h 0 0 0 a/b - c"}))).entries.size(),
      3U);
}

TEST(Index, WhatCouldLeadOutOrHarmIsRefused) {
  const std::vector<std::vector<std::string>> bad = {
      {"f 644 1 2 - - ../a"},
      {"f 644 1 2 - - /a"},
      {"f 644 1 2 - - a/../b"},
      {"f 644 1 2 - - a//b"},
      {"f 644 1 2 - - -"},
      {"f 644 1 2 - - a%00b"},
      {"f 644 1 2 - - a/b"},                        // its folder is none
      {"l 777 1 2 /etc - a", "f 644 1 2 - - a/b"},  // nor is a link
      {"f 644 1 2 - - a", "f 644 1 2 - - a/b"},     // nor a file
      {"f 644 1 2 - - a", "l 777 1 2 /etc - a"},    // twice
      {"d 755 1 2 - - a", "l 777 1 2 /etc - a"},
      {"f 4755 1 2 - - a"},  // set-user-id
      {"f 2755 1 2 - - a"},
      {"b 644 1 2 - - a"},  // a device
      {"c 644 1 2 - - a"},
      {"p 644 1 2 - - a"},
      {"h 0 0 0 ../../etc/passwd - a"},      // another name of what is not here
      {"h 0 0 0 b - a", "f 644 1 2 - - b"},  // or not yet
      {"l 777 1 2 /etc - b", "h 0 0 0 b - a"},
      {"f 644 1 2 1:0 - a"},  // a pack that is none
      {"f 644 1 2 0:1 - a"},
      {"f 644 1 2 0:-1 - a"},
      {"f 644 1 1000000000 - - a"},
      {"f 644 1 -1 - - a"},
      {"f 644 99999999999999999999 0 - - a"},
      {"f 644 1 2 - 757365722e6f7665726c61792e6f7061717565=79 a"},  // user.overlay.opaque
      {"f 644 1 2 - 73656375726974792e78=79 a"},                    // security.x
      {"f 644 1 2 - zz=79 a"},
      {"x 0 0 0 a - a"},
      {"f 644 1 2 - a"},
      {"f 644 1 2 - - a b"},
      {"l 777 1 2 - - a"},
      {"f 644 1 2 - - " + std::string(5000, 'a')},
  };
  for (const auto& lines : bad) {
    const auto read = parse_index(with_entries(lines));
    ASSERT_FALSE(read) << lines.back();
    EXPECT_EQ(read.error().code, ErrorCode::damage) << lines.back();
  }
}

TEST(Index, CountsAndDepthAreBounded) {
  EXPECT_FALSE(parse_index("larder-index-1\npacks 401\n"));
  EXPECT_FALSE(parse_index("larder-index-1\npacks 0\nhides 0\nentries 99999999\n"));
  EXPECT_FALSE(parse_index("larder-index-1\npacks 0\nhides 99999999\n"));
  EXPECT_FALSE(parse_index("larder-index-1\npacks 1\n" + digest_a + " 1 1\n" + digest_b + " 9999999999999\n"));
  std::vector<std::string> deep;
  std::string path;
  for (int i = 0; i < 150; ++i) {
    path += i == 0 ? "a" : "/a";
    deep.push_back("d 755 1 2 - - " + path);
  }
  EXPECT_FALSE(parse_index(with_entries(deep)));
  deep.resize(100);
  EXPECT_TRUE(parse_index(with_entries(deep)));
}

TEST(Index, ATornOneIsRefused) {
  const std::string text = format_index(some_index());
  for (size_t size = 0; size < text.size(); ++size) EXPECT_FALSE(parse_index(text.substr(0, size))) << size;
  EXPECT_FALSE(parse_index(text + "x"));
}

}  // namespace
}  // namespace larder::share
