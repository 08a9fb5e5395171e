#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "store/space/prune.hpp"

namespace larder::cli {

/// What `larder cache prune` did, or would do.
struct PruneReport {
  store::PrunePlan plan;
  store::Limits limits;
  bool dry_run = false;
};

/// `now_seconds` since 1970.
std::string format_prune(const PruneReport& report, int64_t now_seconds);
nlohmann::json prune_to_json(const PruneReport& report);

/// ErrorCode::environment with the reason where the store stays larger than it may be.
Status check_reached(const PruneReport& report);

}  // namespace larder::cli
