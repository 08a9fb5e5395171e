#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/view/screen.hpp"
#include "store/care/repair.hpp"
#include "store/care/verify.hpp"

namespace larder::cli {

/// A line for each damaged thing, for each volume that it concerns, and one in all.
std::string format_verification(const store::Verification& found);

/// "cargo-cache-x64: back to the state of 2 hours ago (generation …), 1 build's work is lost"
std::string format_restored(const store::Restored& restored, int64_t now_seconds);

/// `restored` is empty where nothing was to be repaired.
nlohmann::json verification_to_json(const std::string& path, const store::Verification& found,
                                    const std::vector<store::Restored>& restored);

/// How far reading is, as one line that fits into the screen.
std::string format_progress(uint64_t done_bytes, uint64_t all_bytes, const Screen& screen);

}  // namespace larder::cli
