#include "config/placeholder.hpp"

#include "support.hpp"

namespace larder::config {
namespace {

const Placeholders known_values = {{"cc", "gcc"}, {"cxx", ""}, {"profile", "release"}, {"loop", "{cc}"}};

TEST(Placeholder, ReplacesEachName) {
  EXPECT_EQ(*expand("target/{profile}/{cc}-{cc}", known_values), "target/release/gcc-gcc");
  EXPECT_EQ(*expand("", known_values), "");
  EXPECT_EQ(*expand("plain", known_values), "plain");
  EXPECT_EQ(*expand("a{cxx}b", known_values), "ab");
}

TEST(Placeholder, DoubledBracesAreBraces) {
  EXPECT_EQ(*expand("awk '{{print}}'", known_values), "awk '{print}'");
  EXPECT_EQ(*expand("{{cc}}", known_values), "{cc}");
  EXPECT_EQ(*expand("{{{cc}}}", known_values), "{gcc}");
}

TEST(Placeholder, ExpandsAValueNoFurther) { EXPECT_EQ(*expand("{loop}", known_values), "{cc}"); }

TEST(Placeholder, TellsOfAnUnknownName) {
  EXPECT_EQ(usage_error(expand("-DX={profle}", known_values)),
            "unknown placeholder '{profle}' in '-DX={profle}' | did you mean '{profile}'? known are: cc, cxx, loop and "
            "profile; a brace itself is '{{' or '}}'");
  EXPECT_EQ(usage_error(expand("{}", {{"long-name", "x"}})),
            "unknown placeholder '{}' in '{}' | known are: long-name; a brace itself is '{{' or '}}'");
}

TEST(Placeholder, TellsOfALoneBrace) {
  const std::string hint = " | a placeholder is '{name}'; a brace itself is '{{' or '}}'";
  EXPECT_EQ(usage_error(expand("{cc", known_values)), "a lone '{' in '{cc'" + hint);
  EXPECT_EQ(usage_error(expand("cc}", known_values)), "a lone '}' in 'cc}'" + hint);
  EXPECT_EQ(usage_error(expand("{c{cc}", known_values)), "a lone '{' in '{c{cc}'" + hint);
  EXPECT_EQ(usage_error(expand("end{", known_values)), "a lone '{' in 'end{'" + hint);
}

TEST(Placeholder, ExpandAllKeepsEmptyItems) {
  EXPECT_EQ(*expand_all({"{cc}", "{cxx}", ""}, known_values), (std::vector<std::string>{"gcc", "", ""}));
  EXPECT_FALSE(expand_all({"{cc}", "{nothing}"}, known_values));
}

TEST(Placeholder, ExpandPresentLeavesOutItemsThatSayNothing) {
  EXPECT_EQ(
      *expand_present({"make", "CC={cc}", "CXX={cxx}", "-DCXX={cxx}", "{cxx}", "X={cc}{cxx}", "Y={cxx}{cxx}", "Z=", ""},
                      known_values),
      (std::vector<std::string>{"make", "CC=gcc", "X=gcc", "Y=", "Z=", ""}));
  EXPECT_FALSE(expand_present({"{nothing}"}, known_values));
}

TEST(Placeholder, ExpandsVariablesByNameAndValue) {
  const Result<std::map<std::string, std::string>> expanded = expand_environment(
      {{"CC_{profile}", "{cc}"}, {"CXX", "{cxx}"}, {"EMPTY", ""}, {"BOTH", "{cxx}:x"}}, known_values);
  EXPECT_EQ(*expanded, (std::map<std::string, std::string>{{"BOTH", ":x"}, {"CC_release", "gcc"}, {"EMPTY", ""}}));
  EXPECT_FALSE(expand_environment({{"{nothing}", "x"}}, known_values));
  EXPECT_FALSE(expand_environment({{"X", "{nothing}"}}, known_values));
}

}  // namespace
}  // namespace larder::config
