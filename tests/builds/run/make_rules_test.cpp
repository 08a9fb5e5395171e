#include "builds/run/make_rules.hpp"

#include <gtest/gtest.h>

namespace larder::builds {
namespace {

MakeRules rules_of(const std::string& text) {
  MakeRules rules;
  rules.add(text);
  return rules;
}

bool is_prerequisite(const std::string& text, const std::string& path) {
  return rules_of(text).prerequisites().have(path);
}

TEST(MakeRules, PrerequisitesStandAfterTheColon) {
  EXPECT_TRUE(is_prerequisite("a.o: a.c a.h", "src/a.h"));
  EXPECT_TRUE(is_prerequisite("a.o b.o:: include/a.h", "a.h"));
  EXPECT_TRUE(is_prerequisite("a.o: a.c \\\n  a.h\n\tcc a.c", "a.h")) << "lines go on";
  EXPECT_TRUE(is_prerequisite("a.o: a.c | a.h", "a.h"));
  EXPECT_TRUE(is_prerequisite("a.o: a.h ; cc -DX=1 a.c", "a.h"));
  EXPECT_FALSE(is_prerequisite("a.o: H = a.h", "a.h")) << "a target's own variable";
  EXPECT_FALSE(is_prerequisite("a.h: a.c", "a.h"));
  EXPECT_FALSE(is_prerequisite("a.o: a.c\n\tcc -include a.h a.c", "a.h")) << "a recipe's line";
  EXPECT_FALSE(is_prerequisite("a.o: a.c ; cc a.h", "a.h"));
  EXPECT_FALSE(is_prerequisite("a.o: a.c # a.h", "a.h"));
  EXPECT_FALSE(is_prerequisite("V := a.h", "a.h"));
  EXPECT_FALSE(is_prerequisite("a.o: aa.h", "a.h"));
}

TEST(MakeRules, VariablesLeadToPrerequisites) {
  EXPECT_TRUE(is_prerequisite("H = a.h\na.o: a.c $(H)", "a.h"));
  EXPECT_TRUE(is_prerequisite("a.o: ${ALL}\nexport H ?= a.h\nALL = $(H)", "a.h"));
  EXPECT_TRUE(is_prerequisite("H := b.h\nH += a.h\na.o: $(H:.h=.hpp)", "a.h"));
  EXPECT_TRUE(is_prerequisite("a.o: $(wildcard include/*.h)", "include/a.h"));
  EXPECT_FALSE(is_prerequisite("H = a.h\na.o: a.c", "a.h"));
  EXPECT_FALSE(is_prerequisite("A = $(B)\nB = $(A)\na.o: $(A)", "a.h")) << "a circle ends";
  EXPECT_FALSE(is_prerequisite("%.o: %.c %.h", "a.h")) << "others may include it";
  EXPECT_FALSE(is_prerequisite("a.o: *", "a.h"));
}

TEST(MakeRules, NamesAreWordsAnywhere) {
  EXPECT_TRUE(rules_of("V := $(shell cat VERSION)").named().have("VERSION"));
  EXPECT_TRUE(rules_of("a:\n\tcc -DV=\"`cat ../VERSION`\"").named().have("VERSION"));
  EXPECT_FALSE(rules_of("V := $(shell cat VERSION.txt)").named().have("VERSION"));
  EXPECT_FALSE(rules_of("# VERSION").named().have("VERSION"));
}

TEST(MakeRules, IncludedFilesAreMakefiles) {
  EXPECT_TRUE(rules_of("include $(TOP)/rules.inc").included().have("build/rules.inc"));
  EXPECT_TRUE(rules_of("FILES = a.inc b.inc\n-include $(FILES)").included().have("b.inc"));
  EXPECT_TRUE(rules_of("sinclude conf/*.conf").included().have("conf/x.conf"));
  EXPECT_FALSE(rules_of("included: rules.inc").included().have("rules.inc"));
}

}  // namespace
}  // namespace larder::builds
