#pragma once

#include <unistd.h>

#include <string>

#include "base/os.hpp"

namespace larder::test {

/// Counts system calls and makes the k-th one, counted from 1, fail with an errno, or all from the k-th on; the calls
/// are then not made. k = 0 fails none.
class FaultOs : public Os {
 public:
  enum class Times { once, for_good };

  void fail_at(int k, int number, Times times = Times::once) {
    calls_ = 0;
    fail_at_ = k;
    number_ = number;
    times_ = times;
    failed_call_.clear();
  }
  void limit_writes(size_t bytes) { write_limit_ = bytes; }

  int calls() const { return calls_; }
  bool failed() const { return !failed_call_.empty(); }
  /// The call that was made to fail, such as "rename".
  const std::string& failed_call() const { return failed_call_; }

 protected:
  int before(const char* call) override {
    ++calls_;
    const bool fails = fail_at_ > 0 && (times_ == Times::once ? calls_ == fail_at_ : calls_ >= fail_at_);
    if (!fails) return 0;
    if (failed_call_.empty()) failed_call_ = call;
    return number_;
  }
  size_t write_limit() const override { return write_limit_; }

 private:
  int calls_ = 0;
  int fail_at_ = 0;
  int number_ = 0;
  Times times_ = Times::once;
  size_t write_limit_ = SIZE_MAX;
  std::string failed_call_;
};

/// Makes every call of one name fail.
class DenyOs : public Os {
 public:
  void deny(std::string call, int number) {
    call_ = std::move(call);
    number_ = number;
  }

 protected:
  int before(const char* call) override { return call_ == call ? number_ : 0; }

 private:
  std::string call_;
  int number_ = 0;
};

/// Ends the process just before its k-th system call, as kill -9 would. To be used in a forked child.
class CrashOs : public Os {
 public:
  static constexpr int exit_code = 99;

  void crash_at(int k) {
    calls_ = 0;
    crash_at_ = k;
  }

 protected:
  int before(const char*) override {
    if (++calls_ == crash_at_) ::_exit(exit_code);
    return 0;
  }

 private:
  int calls_ = 0;
  int crash_at_ = 0;
};

}  // namespace larder::test
