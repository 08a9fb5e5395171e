#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>

#include "store/volume.hpp"

namespace larder::cli {

// The shapes that several `--json` outputs share. In all of them a time is called …_at, a size …_bytes and a duration
// …_seconds.

/// A time as RFC 3339 writes it in UTC, for a time in seconds since 1970; null for 0, which stands for an unknown time.
nlohmann::json time_to_json(int64_t seconds_since_1970);

/// What names a volume: `name`, `variant` and `trust`. Outputs about a part of a volume call its name `volume`.
nlohmann::json key_to_json(const store::VolumeKey& key, const char* name_field = "name");

/// What a volume is for: its key, `class`, `target`, `path`, `project`, `workspace`, `image` and `recipe`.
nlohmann::json spec_to_json(const store::VolumeSpec& spec, const char* name_field = "name");

}  // namespace larder::cli
