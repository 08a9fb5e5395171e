#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "store/space/states.hpp"

namespace larder::cli {

/// The rows of a table, as `format_table` takes them.
using Rows = std::vector<std::vector<std::string>>;

/// Pads a column of numbers on the left, so that their last digits stand below each other.
void align_right(Rows& rows, size_t column);

/// A number of volumes with its noun: "1 volume", "8 volumes".
std::string count_volumes(size_t count);

/// The part of a generation's or layer's id that people are shown: "1a2b3c4d".
std::string short_id(const std::string& id);

/// What `larder cache log` and `show` have in common about a generation, as JSON.
nlohmann::json generation_to_json(const store::VolumeState& state);

}  // namespace larder::cli
