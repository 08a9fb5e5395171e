#include "base/random_id.hpp"

#include <fmt/format.h>
#include <sys/random.h>

#include <cstdint>

#include "base/result.hpp"

namespace larder {

std::string random_id() {
  uint64_t value = 0;
  INVARIANT(::getrandom(&value, sizeof value, 0) == sizeof value);
  return fmt::format("{:016x}", value);
}

}  // namespace larder
