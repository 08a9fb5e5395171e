#pragma once

#include <string>
#include <vector>

#include "engine/container/client.hpp"
#include "engine/container/volumes.hpp"

namespace larder::engine {

// The right to write to a volume that the engine keeps itself, among all stores and machines that use the engine: a
// container of a fixed name, larder-lock-<volume>, that is never started. An engine makes no second one of a name.

constexpr double lock_wait_seconds = 3;

/// Takes the right for the run that `labels` name, and gives the ids of the containers that are to be removed when it
/// is over, one for each volume. Waits `wait_seconds` for whoever has it. ErrorCode::environment where that was not
/// enough. `image` is any image that the engine has; nothing of it is run.
Result<std::vector<std::string>> lock_volumes(const Client& client, const std::vector<std::string>& volumes,
                                              const Labels& labels, const std::string& image,
                                              double wait_seconds = lock_wait_seconds);

/// Gives the rights back.
void unlock_volumes(const Client& client, const std::vector<std::string>& ids);

/// Who has a right, as the engine says.
struct LockHolder {
  std::string id;
  Labels labels;
  std::string created;  ///< as RFC 3339 has it, by the engine's clock
};

/// Pure: what `container inspect` says of a lock.
Result<LockHolder> parse_lock(const std::string& text);

}  // namespace larder::engine
