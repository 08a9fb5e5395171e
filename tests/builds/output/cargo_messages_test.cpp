#include "builds/output/cargo_messages.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace larder::builds {
namespace {

using FileNames = std::set<std::string>;

std::string artifact(const std::string& kind, const std::string& files, const std::string& test = "false") {
  return R"({"reason":"compiler-artifact","target":{"kind":[")" + kind + R"("]},"profile":{"test":)" + test +
         R"(},"filenames":[)" + files + "]}";
}

TEST(CargoMessages, OtherLinesAreNotTaken) {
  CargoMessages messages;
  for (const char* line : {"", "   Compiling app v0.1.0", "{", "{\"reason\":\"", "{\"reason\":\"x\"} and more",
                           "{\"other\":1}", " {\"reason\":\"build-finished\",\"success\":true}"})
    EXPECT_FALSE(messages.take(line)) << line;
  EXPECT_FALSE(messages.any());
}

TEST(CargoMessages, AllMessagesAreTakenAndArtifactsKept) {
  CargoMessages messages;
  EXPECT_TRUE(messages.take(R"({"reason":"build-script-executed","package_id":"x"})"));
  EXPECT_TRUE(messages.take(artifact("bin", R"("/w/release/app","/w/release/app.dwp")")));
  EXPECT_TRUE(messages.take(R"({"reason":"build-finished","success":true})"));
  EXPECT_EQ(messages.files(), (FileNames{"/w/release/app", "/w/release/app.dwp"}));
}

TEST(CargoMessages, WhatTheBuildNeedsItselfIsNoResult) {
  CargoMessages messages;
  messages.take(artifact("custom-build", R"("/w/build/app-1/build-script-build")"));
  messages.take(artifact("proc-macro", R"("/w/deps/libmacro-1.so")"));
  messages.take(artifact("lib", R"("/w/deps/libdep-1.rlib","/w/deps/libdep-1.rmeta","/w/libapp.rlib")"));
  messages.take(artifact("staticlib", R"("/w/deps/libdep-1.a")"));
  EXPECT_TRUE(messages.any());
  EXPECT_EQ(messages.files(), FileNames{});
  messages.take(artifact("staticlib", R"("/w/libdep.a")"));
  messages.take(artifact("test", R"("/w/deps/app-1")", "true"));
  EXPECT_EQ(messages.files(), (FileNames{"/w/libdep.a", "/w/deps/app-1"}));
}

TEST(CargoMessages, HostileOnesNameNothing) {
  CargoMessages messages;
  const std::vector<std::string> hostile = {R"("relative")",
                                            R"("/w/../x")",
                                            R"("/w//x")",
                                            R"("/w/./x")",
                                            R"("/w/\u001bx")",
                                            R"("/w/\nx")",
                                            "7",
                                            "null",
                                            "[]",
                                            "\"/w/" + std::string(5000, 'x') + "\""};
  for (const std::string& files : hostile) EXPECT_TRUE(messages.take(artifact("bin", files))) << files;
  for (const char* line :
       {R"({"reason":"compiler-artifact"})", R"({"reason":"compiler-artifact","target":7})",
        R"({"reason":"compiler-artifact","target":{"kind":"bin"},"profile":{"test":1},"filenames":{}})"})
    EXPECT_TRUE(messages.take(line)) << line;
  EXPECT_EQ(messages.files(), FileNames{});
}

TEST(CargoMessages, OneThatIsTooLongIsNone) {
  CargoMessages messages;
  EXPECT_FALSE(messages.take(artifact("bin", "\"/w/app\"") + std::string(CargoMessages::line_bytes_max, ' ')));
  EXPECT_TRUE(messages.take(artifact("bin", "\"/w/app\"")));
}

TEST(CargoMessages, DeepNestingEndsNoProcess) {
  CargoMessages messages;
  const size_t depth = 400'000;
  messages.take(R"({"reason":"x","y":)" + std::string(depth, '[') + std::string(depth, ']') + "}");
}

}  // namespace
}  // namespace larder::builds
