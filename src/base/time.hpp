#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace larder {

/// Seconds since some moment in the past, by a clock that never goes backwards.
double steady_seconds();

/// A function that tells the time as `steady_seconds` does; tests pass one of their own.
using Clock = std::function<double()>;

/// A time in UTC as RFC 3339 writes it, "2026-11-25T18:22:51Z", for a time in seconds since 1970. RFC 3339 knows the
/// years 0000 to 9999; for a time outside of them the result is "?".
std::string format_utc(int64_t seconds_since_1970);

}  // namespace larder
