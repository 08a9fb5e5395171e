#include "engine/engine.hpp"

#include <gtest/gtest.h>

#include "engine/native.hpp"

namespace larder::engine {
namespace {

TEST(Refusal, AProgramThatTheImageDoesNotHaveIsNamed) {
  Ending ending;
  ending.started = false;
  const auto refused = NativeEngine().refusal(ending, {"bwrap: execvp cargo: No such file or directory"});
  EXPECT_EQ(refused.value().message, "the image has no program `cargo`");
  const auto other = NativeEngine().refusal(ending, {"bwrap: execvp cargo: Permission denied"});
  EXPECT_EQ(other.value().message, "the sandbox could not be started");
  ending.started = true;
  EXPECT_FALSE(NativeEngine().refusal(ending, {"bwrap: execvp cargo: No such file or directory"}));
}

}  // namespace
}  // namespace larder::engine
