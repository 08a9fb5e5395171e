#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/target.hpp"

namespace larder::config {

/// Whether a target fits `cfg(…)` as cargo reads it in `[target.'cfg(…)']` (the Rust reference, "Conditional
/// compilation"): `all`, `any`, `not`, names and `name = "value"`. No value where that cannot be told from what is
/// known of the target, as for its features, or where the text is no such expression.
std::optional<bool> fits_cfg(std::string_view text, const Target& target);

}  // namespace larder::config
