#pragma once

namespace larder::cli {

/// How much of a build's output is shown: nothing but errors and waiting notes, the live view, or all of it.
enum class Verbosity { quiet, normal, verbose };

}  // namespace larder::cli
