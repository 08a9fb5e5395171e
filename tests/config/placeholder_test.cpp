#include "config/placeholder.hpp"

#include "support.hpp"

namespace larder::config {
namespace {

const Placeholders values = {{"cc", "gcc"}, {"cxx", ""}, {"profile", "release"}, {"loop", "{cc}"}};

TEST(Placeholder, ReplacesEachName) {
  EXPECT_EQ(*expand("target/{profile}/{cc}-{cc}", values), "target/release/gcc-gcc");
  EXPECT_EQ(*expand("", values), "");
  EXPECT_EQ(*expand("plain", values), "plain");
  EXPECT_EQ(*expand("a{cxx}b", values), "ab");
}

TEST(Placeholder, DoubledBracesAreBraces) {
  EXPECT_EQ(*expand("awk '{{print}}'", values), "awk '{print}'");
  EXPECT_EQ(*expand("{{cc}}", values), "{cc}");
  EXPECT_EQ(*expand("{{{cc}}}", values), "{gcc}");
}

TEST(Placeholder, ExpandsAValueNoFurther) { EXPECT_EQ(*expand("{loop}", values), "{cc}"); }

TEST(Placeholder, TellsOfAnUnknownName) {
  EXPECT_EQ(usage_error(expand("-DX={profle}", values)),
            "unknown placeholder '{profle}' in '-DX={profle}' | did you mean '{profile}'? known are: cc, cxx, loop and "
            "profile; a brace itself is '{{' or '}}'");
  EXPECT_EQ(usage_error(expand("{}", {{"long-name", "x"}})),
            "unknown placeholder '{}' in '{}' | known are: long-name; a brace itself is '{{' or '}}'");
}

TEST(Placeholder, TellsOfALoneBrace) {
  const std::string hint = " | a placeholder is '{name}'; a brace itself is '{{' or '}}'";
  EXPECT_EQ(usage_error(expand("{cc", values)), "a lone '{' in '{cc'" + hint);
  EXPECT_EQ(usage_error(expand("cc}", values)), "a lone '}' in 'cc}'" + hint);
  EXPECT_EQ(usage_error(expand("{c{cc}", values)), "a lone '{' in '{c{cc}'" + hint);
  EXPECT_EQ(usage_error(expand("end{", values)), "a lone '{' in 'end{'" + hint);
}

TEST(Placeholder, ExpandAllKeepsEmptyItems) {
  EXPECT_EQ(*expand_all({"{cc}", "{cxx}", ""}, values), (std::vector<std::string>{"gcc", "", ""}));
  EXPECT_FALSE(expand_all({"{cc}", "{nothing}"}, values));
}

TEST(Placeholder, ExpandPresentLeavesOutItemsThatSayNothing) {
  EXPECT_EQ(
      *expand_present({"make", "CC={cc}", "CXX={cxx}", "-DCXX={cxx}", "{cxx}", "X={cc}{cxx}", "Y={cxx}{cxx}", "Z=", ""},
                      values),
      (std::vector<std::string>{"make", "CC=gcc", "X=gcc", "Y=", "Z=", ""}));
  EXPECT_FALSE(expand_present({"{nothing}"}, values));
}

TEST(Placeholder, ExpandsVariablesByNameAndValue) {
  const Result<std::map<std::string, std::string>> expanded =
      expand_environment({{"CC_{profile}", "{cc}"}, {"CXX", "{cxx}"}, {"EMPTY", ""}, {"BOTH", "{cxx}:x"}}, values);
  EXPECT_EQ(*expanded, (std::map<std::string, std::string>{{"BOTH", ":x"}, {"CC_release", "gcc"}, {"EMPTY", ""}}));
  EXPECT_FALSE(expand_environment({{"{nothing}", "x"}}, values));
  EXPECT_FALSE(expand_environment({{"X", "{nothing}"}}, values));
}

}  // namespace
}  // namespace larder::config
