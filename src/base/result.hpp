#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace larder {

/// ErrorCode says what kind of failure it is; `main` turns it into the process's exit code.
enum class ErrorCode {
  build_failed = 1,  ///< the project's own build tool failed
  usage = 2,         ///< the command line or a configuration file is wrong
  environment = 3,   ///< the machine lacks something: a program, a permission, disk space
  damage = 4,        ///< the store holds something that must not be there
  interrupted = 130  ///< the user stopped it
};

/// An Error is a failure as the user will read it: `error: message`, then the cause, then `hint: …`.
struct Error {
  ErrorCode code = ErrorCode::environment;
  std::string message;
  std::string cause;           ///< may be empty
  std::string hint;            ///< what the user can do; may be empty
  int sys_errno = 0;           ///< of the system call that failed, else 0
  bool needs_network = false;  ///< all that was wrong: what is on a network could not be reached, or must not be
  bool sync_failed = false;    ///< what was written may never reach the disk, though it can still be read for a while

  Error with_hint(std::string text) && {
    hint = std::move(text);
    return std::move(*this);
  }
};

/// Every fallible function below the command line returns a Result. No exceptions cross a module.
template <typename T>
using Result = tl::expected<T, Error>;

using Status = Result<void>;

inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

inline tl::unexpected<Error> fail(ErrorCode code, std::string message, std::string cause = {}, std::string hint = {}) {
  return fail(Error{code, std::move(message), std::move(cause), std::move(hint), 0});
}

/// Makes the Error of a failed system call; `what` says what was attempted, such as "cannot open x".
Error sys_error(int number, std::string what);

inline tl::unexpected<Error> fail_sys(int number, std::string what) { return fail(sys_error(number, std::move(what))); }

/// Ends the process at a broken invariant, in release builds too.
[[noreturn]] void invariant_failed(const char* expression, const char* file, int line);

}  // namespace larder

#define LARDER_CONCAT_(a, b) a##b
#define LARDER_CONCAT(a, b) LARDER_CONCAT_(a, b)

/// Returns the error of `expression` to the caller; ignores its value.
#define TRY(expression)                                                        \
  do {                                                                         \
    if (auto try_result = (expression); !try_result)                           \
      return ::tl::unexpected<::larder::Error>(std::move(try_result.error())); \
  } while (false)

/// `TRY_ASSIGN(auto x, f())`: x becomes f's value, or the caller returns f's error.
#define TRY_ASSIGN(declaration, expression) TRY_ASSIGN_(LARDER_CONCAT(try_value_, __LINE__), declaration, expression)
#define TRY_ASSIGN_(holder, declaration, expression)                                  \
  auto holder = (expression);                                                         \
  if (!holder) return ::tl::unexpected<::larder::Error>(std::move((holder).error())); \
  declaration = std::move(*holder)

#define INVARIANT(expression) \
  ((expression) ? static_cast<void>(0) : ::larder::invariant_failed(#expression, __FILE__, __LINE__))
