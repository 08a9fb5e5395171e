#include "engine/container/ending.hpp"

#include <gtest/gtest.h>

#include <string>

#include "support/clients.hpp"

namespace larder::engine {
namespace {

using test::docker;
using test::podman;

std::string event(const std::string& action, const std::string& attributes = "") {
  return R"({"Type":"container","Action":")" + action + R"(","Actor":{"ID":"1","Attributes":{)" + attributes + "}}}\n";
}

TEST(ContainerEndTest, ACommandsOwnEndIsItsOwn) {
  const ContainerEnd end = parse_events(event("create") + event("start") + event("die", R"("exitCode":"137")"));
  EXPECT_TRUE(end.began);
  EXPECT_FALSE(explain_end(docker, end, 137));
  EXPECT_FALSE(explain_end(docker, end, 125));
}

TEST(ContainerEndTest, AContainerThatWasStoppedIsSaidSo) {
  const ContainerEnd end =
      parse_events(event("start") + event("kill", R"("signal":"15")") + event("die") + event("stop"));
  const auto error = explain_end(docker, end, 143);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, ErrorCode::build_failed);
  EXPECT_EQ(error->message, "the container was stopped from outside: signal 15");
  EXPECT_NE(error->cause.find("docker stop"), std::string::npos);
  const ContainerEnd killed = parse_events(event("start") + event("kill", R"("signal":"9")") + event("die"));
  EXPECT_NE(explain_end(podman, killed, 137)->cause.find("podman kill"), std::string::npos);
}

TEST(ContainerEndTest, WantOfMemoryIsSaidSo) {
  const auto error = explain_end(docker, parse_events(event("start") + event("oom") + event("die")), 137);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->message, "the build has run out of memory");
}

TEST(ContainerEndTest, AnEngineThatHasGoneIsTheMachinesTrouble) {
  ContainerEnd end;
  end.engine_answers = false;
  for (const int code : {125, 137, 143}) {
    const auto error = explain_end(docker, end, code);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code, ErrorCode::environment);
    EXPECT_EQ(error->message, "docker has ended during the build");
  }
}

TEST(ContainerEndTest, ReadsPodmansState) {
  EXPECT_TRUE(parse_state(R"([{"State":{"StartedAt":"2026-11-26T01:02:03.4Z","OOMKilled":true}}])").out_of_memory);
  EXPECT_TRUE(parse_state(R"([{"State":{"StartedAt":"2026-11-26T01:02:03.4Z"}}])").began);
  EXPECT_FALSE(parse_state(R"([{"State":{"StartedAt":"0001-01-01T00:00:00Z","OOMKilled":false}}])").began);
  for (const char* text : {"", "[]", "no json", "{}"}) EXPECT_FALSE(parse_state(text).began) << text;
  EXPECT_FALSE(parse_events("no json\n[]\n").began);
}

}  // namespace
}  // namespace larder::engine
