#pragma once

#include <cstdlib>
#include <string>

namespace larder::test {

/// How often a test of chance tries: LARDER_TEST_TRIES, else `usual`.
inline size_t tries(size_t usual) {
  const char* said = std::getenv("LARDER_TEST_TRIES");
  return said == nullptr ? usual : std::stoul(said);
}

}  // namespace larder::test
