#include "base/time.hpp"

#include <fmt/format.h>

#include <chrono>
#include <ctime>

namespace larder {

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string format_utc(int64_t seconds_since_1970) {
  const auto time = static_cast<std::time_t>(seconds_since_1970);
  std::tm parts{};
  if (::gmtime_r(&time, &parts) == nullptr) return "?";
  const int year = parts.tm_year + 1900;
  if (year < 0 || year > 9999) return "?";
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", year, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                     parts.tm_min, parts.tm_sec);
}

}  // namespace larder
