#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include "base/result.hpp"

namespace larder::test {

inline std::string describe(const Error& error) {
  return error.message + ": " + error.cause + (error.hint.empty() ? "" : " (hint: " + error.hint + ")");
}

/// The value, or the test ends here with the error's text.
template <typename T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(describe(result.error()));
  return std::move(*result);
}

inline void must(const Status& status) {
  if (!status) throw std::runtime_error(describe(status.error()));
}

inline void must(bool condition, const std::string& what) {
  if (!condition) throw std::runtime_error(what);
}

}  // namespace larder::test
