#pragma once

namespace larder {

/// Gives seconds by the clock that nobody sets and that never goes backwards, to measure how long something takes. When
/// something happened is what std::time says.
double monotonic_seconds();

}  // namespace larder
