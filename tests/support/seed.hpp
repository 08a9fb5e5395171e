#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

namespace larder::test {

/// A number from the environment, such as LARDER_SEED.
inline uint64_t number_from(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// Whether tests should try more than everyday runs have time for.
inline bool long_test() { return std::getenv("LARDER_TEST_LONG") != nullptr; }

}  // namespace larder::test
