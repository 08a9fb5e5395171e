#pragma once

#include "cli/command_line.hpp"

namespace larder::cli {

/// Offers the volumes of the store; with the variant where there are several.
Offer offer_volumes();
/// Offers the states of the volume that is the command's first word.
Offer offer_generations();

}  // namespace larder::cli
