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
  EXPECT_FALSE(is_prerequisite("VERSION = 1\ndist: app-$(VERSION).tar ${VERSION}", "VERSION"))
      << "a name of a variable";
  EXPECT_FALSE(is_prerequisite("A = $(B)\nB = $(A)\na.o: $(A)", "a.h")) << "a circle ends";
  EXPECT_FALSE(is_prerequisite("%.o: %.c %.h", "a.h")) << "others may include it";
  EXPECT_FALSE(is_prerequisite("a.o: *", "a.h"));
}

TEST(MakeRules, ValuesStandForTheirVariables) {
  const MakeRules rules = rules_of("D := data\nF = $(D)/a.txt\nSELF = $(SELF)x\n");
  EXPECT_EQ(rules.with_values("cat $(D)/* ${F} $(NONE)"), "cat data/* data/a.txt  ");
  EXPECT_EQ(rules.with_values("$(shell cat $(D)/*)"), "$(shell cat data/*)");
  EXPECT_LT(rules.with_values("$(SELF)").size(), 64U);
}

TEST(MakeRules, NamesAreWordsAnywhere) {
  EXPECT_TRUE(rules_of("V := $(shell cat VERSION)").named().have("VERSION"));
  EXPECT_TRUE(rules_of("a:\n\tcc -DV=\"`cat ../VERSION`\"").named().have("VERSION"));
  EXPECT_FALSE(rules_of("V := $(shell cat VERSION.txt)").named().have("VERSION"));
  EXPECT_FALSE(rules_of("# VERSION").named().have("VERSION"));
}

TEST(MakeRules, CommandsAreThoseThatAreNotRunEachTime) {
  EXPECT_EQ(rules_of("a: b\n\tcc b\n\tcc c\nV = 1 # one\nifdef X\n").commands(),
            "V = 1 \nifdef X\na: b\n\tcc b\n\tcc c\n");
  EXPECT_EQ(rules_of("a: b ; cc b").commands(), "a: b \n\t cc b\n");
  EXPECT_EQ(rules_of("a: FORCE\n\tcc b\n").commands(), "");
  EXPECT_EQ(rules_of("a: b\n\tcc b\n.PHONY: c a\n").commands(), "");
  EXPECT_EQ(rules_of("CMakeFiles/version: x\n\tgit\n").commands(), "") << "a custom target";
  EXPECT_EQ(rules_of("CMakeFiles/x.dir/a.o: a.c\n\tcc\n").commands(), "CMakeFiles/x.dir/a.o: a.c\n\tcc\n");
  EXPECT_EQ(rules_of("a-stamp/x: b\n\tone\nc: d\n\ttwo\n").commands_for("-stamp/"), "\tone\n");
}

TEST(MakeRules, NinjasCommandsStandInVariables) {
  const MakeRules rules = rules_of("build a: c b | d\n  COMMAND = python3 gen.py e\n");
  EXPECT_TRUE(rules.prerequisites().have("d"));
  EXPECT_FALSE(rules.prerequisites().have("e"));
  EXPECT_NE(rules.commands().find("\t  COMMAND = python3 gen.py e\n"), std::string::npos);
}

TEST(MakeRules, CommandsAloneNameFilesAndHaveNoRules) {
  MakeRules rules;
  rules.add_commands("cc -Wl,--version-script=../x.map a:b");
  EXPECT_TRUE(rules.named().have("x.map"));
  EXPECT_FALSE(rules.prerequisites().have("b"));
}

TEST(MakeRules, IncludedFilesAreMakefiles) {
  EXPECT_TRUE(rules_of("include $(TOP)/rules.inc").included().have("build/rules.inc"));
  EXPECT_TRUE(rules_of("FILES = a.inc b.inc\n-include $(FILES)").included().have("b.inc"));
  EXPECT_TRUE(rules_of("sinclude conf/*.conf").included().have("conf/x.conf"));
  EXPECT_FALSE(rules_of("included: rules.inc").included().have("rules.inc"));
}

TEST(MakeRules, AMarkInAStringBeginsNoComment) {
  MakeRules rules;
  rules.add("a.h:\n\tmake it\nV = \"x # y.txt\" # z.txt\nW = \\# w.txt\nC = \"\\\"# v.txt\\\"\"\n");
  for (const char* name : {"y.txt", "w.txt", "v.txt"}) EXPECT_TRUE(rules.named().have(name)) << name;
  EXPECT_FALSE(rules.named().have("z.txt"));
}

TEST(MakeRules, WhatAnotherRuleOrAVariableReadsIsNotListedByThatOnesPrerequisite) {
  MakeRules rules;
  rules.add("doc: VERSION\n\tcp VERSION $@\n");
  EXPECT_FALSE(rules.read_unlisted("VERSION"));
  MakeRules variable = rules;
  variable.add("V := $(shell cat VERSION)\n");
  EXPECT_TRUE(variable.read_unlisted("VERSION"));
  MakeRules command = rules;
  command.add("prog: main.c\n\tcc -DV=`cat VERSION` main.c\n");
  EXPECT_TRUE(command.read_unlisted("VERSION"));
  EXPECT_FALSE(command.read_unlisted("other"));
}

TEST(MakeRules, TheFirstSourceWhoseObjectDoesNotDependOnTheHeader) {
  MakeRules rules;
  rules.add("OBJECTS = c.o d.o\na.o: a.c v.h\nb.o: b.c\n$(OBJECTS): v.h\nprog: e.c v.h\n\tcc e.c\n");
  EXPECT_EQ(rules.first_unlisted({"a.c", "sub/c.c", "d.c", "e.c"}, "v.h"), "");
  EXPECT_EQ(rules.first_unlisted({"a.c", "b.c"}, "v.h"), "b.c");
  rules.add("%.o: %.c v.h\n");
  EXPECT_EQ(rules.first_unlisted({"b.c"}, "v.h"), "");
}

TEST(MakeRules, WhatIsNoObjectIsMadeOfOtherThingsThanSources) {
  MakeRules rules;
  rules.add("all.h: $(DEFS)\n\tcat *.def\nDEFS = parts/a.def\nlist.txt: b.h\nmain.o: main.c c.h\nprog: main.c\n");
  EXPECT_TRUE(rules.makes_other_things_of("parts/a.def"));
  EXPECT_TRUE(rules.makes_other_things_of("b.h"));
  EXPECT_FALSE(rules.makes_other_things_of("c.h"));
  EXPECT_FALSE(rules.makes_other_things_of("main.c"));
}

}  // namespace
}  // namespace larder::builds
