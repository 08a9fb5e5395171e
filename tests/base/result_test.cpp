#include "base/result.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>

namespace larder {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return fail(ErrorCode::usage, "odd", "it is " + std::to_string(number), "take an even one");
  return number / 2;
}

Result<int> quarter(int number) {
  TRY_ASSIGN(const int first, half(number));
  TRY(half(first));
  return half(first);
}

Result<std::unique_ptr<int>> moved() {
  TRY_ASSIGN(auto pointer, Result<std::unique_ptr<int>>(std::make_unique<int>(7)));
  return pointer;
}

TEST(Result, TryPassesValuesAndErrors) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(quarter(6).error().cause, "it is 3");
  EXPECT_EQ(quarter(6).error().code, ErrorCode::usage);
  EXPECT_EQ(**moved(), 7);
}

TEST(SysError, SaysWhatWhyAndWhatToDo) {
  const Error full = sys_error(ENOSPC, "cannot write x");
  EXPECT_EQ(full.code, ErrorCode::environment);
  EXPECT_EQ(full.message, "cannot write x");
  EXPECT_EQ(full.cause, "No space left on device");
  EXPECT_EQ(full.sys_errno, ENOSPC);
  for (const int number : {ENOSPC, EDQUOT, EROFS, EACCES, EPERM, EMFILE, ENFILE})
    EXPECT_FALSE(sys_error(number, "x").hint.empty()) << number;
  EXPECT_TRUE(sys_error(EIO, "x").hint.empty());
  for (const int number : {EROFS, EACCES, EPERM})
    EXPECT_EQ(sys_error(number, "x").hint.find("LARDER_STORE"), std::string::npos) << "not all files are the store's";
}

TEST(Error, WithHintReplacesTheHint) { EXPECT_EQ(sys_error(EIO, "x").with_hint("do y").hint, "do y"); }

TEST(InvariantDeathTest, AbortsWithItsPlace) {
  EXPECT_DEATH(INVARIANT(1 + 1 == 3), "broken invariant: 1 \\+ 1 == 3 .*result_test.cpp:");
}

}  // namespace
}  // namespace larder
