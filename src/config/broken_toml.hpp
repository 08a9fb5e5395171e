#pragma once

namespace larder::config {

/// Thrown out of toml++ where it asserts something that a text such as `[$x]` does not keep.
struct BrokenToml {};

[[noreturn]] void throw_broken_toml();

}  // namespace larder::config
