#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/view/screen.hpp"
#include "store/care/repair.hpp"
#include "store/care/verify.hpp"

namespace larder::cli {

/// What a verification has found, as text: a line for each damaged file, a line for each volume that this concerns, and
/// a line in all.
std::string format_verification(const store::Verification& found);

/// A line about what a repair did to a volume: "cargo-cache-x64: back to the state of 2 hours ago (generation …), 1
/// build's work is lost"
std::string format_restored(const store::Restored& restored, int64_t now_seconds);

/// What a verification has found and a repair has restored, as JSON; docs/commands/cache.md has the names of the
/// fields. `restored` is empty where there was no repair.
nlohmann::json verification_to_json(const std::string& path, const store::Verification& found,
                                    const std::vector<store::Restored>& restored);

/// The progress of a verification as one line that fits into the screen.
std::string format_progress(uint64_t done_bytes, uint64_t all_bytes, const Screen& screen);

}  // namespace larder::cli
