#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "store/space/prune.hpp"

namespace larder::cli {

/// What `larder cache prune` did, or would do.
struct PruneResult {
  store::PrunePlan plan;
  store::Limits limits;
  bool dry_run = false;
};

/// The result as text, for a time in seconds since 1970.
std::string format_prune(const PruneResult& result, int64_t now_seconds);

/// The result as JSON; docs/commands/cache.md has the names of the fields.
nlohmann::json prune_to_json(const PruneResult& result);

/// ErrorCode::environment with the reason where the store stays larger than it may be.
Status check_reached(const PruneResult& result);

}  // namespace larder::cli
