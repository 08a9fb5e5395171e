#include "builds/run/named_files.hpp"

#include <gtest/gtest.h>

namespace larder::builds {
namespace {

NamedFiles named_in(const std::string& text) {
  NamedFiles files;
  files.add(text);
  return files;
}

TEST(NamedFiles, AreKnownByTheirLastParts) {
  EXPECT_TRUE(named_in("cat ../data.txt>x").have("some/data.txt"));
  EXPECT_TRUE(named_in("open('data.txt')").have("data.txt"));
  EXPECT_TRUE(named_in(std::string("a\0b.txt\0", 8)).have("b.txt"));
  EXPECT_TRUE(named_in("AC_INIT([app], m4_esyscmd_s([cat VERSION]))").have("VERSION"));
  EXPECT_FALSE(named_in("data.txt.bak").have("data.txt"));
  EXPECT_FALSE(named_in("").have("data.txt"));
}

TEST(NamedFiles, MayBeMeantByTheirPaths) {
  for (const char* word : {"a/data", "../a/data", "data", "/workspace/a/data", "/data", "top/a/data", "$(D)/data"})
    EXPECT_TRUE(named_in(word).have_at("a/data")) << word;
  for (const char* word : {"b/data", "a/datas", "/workspace/b/data", "a"})
    EXPECT_FALSE(named_in(word).have_at("a/data")) << word;
  EXPECT_TRUE(named_in("b/data a/data").have_at("a/data"));
  EXPECT_TRUE(named_in("b/data a/da*").have_at("a/datum"));
}

TEST(NamedFiles, MayBeMeantByPatterns) {
  EXPECT_TRUE(named_in("data/*.txt").have("data/a.txt"));
  EXPECT_TRUE(named_in("cat data/*").have("data/a"));
  EXPECT_TRUE(named_in("$(wildcard ../data/*.*)").have("x/data/a.b"));
  EXPECT_FALSE(named_in("cat data/*").have("data/sub/a"));
  EXPECT_TRUE(named_in("cat da?"
                       "?/a.tx?")
                  .have("data/a.txt"));
  EXPECT_TRUE(named_in("ls da*a").have_folder_of("data/a"));
  EXPECT_TRUE(named_in("cat da*a/*").have_folder_of("data/a"));
  EXPECT_FALSE(named_in("cat *").have("a")) << "tells of nothing";
  EXPECT_FALSE(named_in("cat ../*").have("a"));
}

TEST(NamedFiles, MayLieInFoldersThatAreNamed) {
  EXPECT_TRUE(named_in("pack ../assets/").have_folder_of("assets/deep/a"));
  EXPECT_TRUE(named_in("cat assets/*").have_folder_of("assets/deep/a"));
  EXPECT_FALSE(named_in("cat assets").have_folder_of("assets"));
  EXPECT_FALSE(named_in("cat my-assets").have_folder_of("assets/a"));
}

TEST(NamedFiles, MayBeNamedWithoutTheirEndings) {
  EXPECT_TRUE(named_in("import table").have_stem_of("tools/table.py"));
  EXPECT_FALSE(named_in("import table").have_stem_of("table"));
  EXPECT_FALSE(named_in("import tables").have_stem_of("table.py"));
}

}  // namespace
}  // namespace larder::builds
