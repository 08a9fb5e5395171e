#pragma once

#include <string>

#include "base/file_lock.hpp"
#include "engine/container/keeper.hpp"

namespace larder::engine {

/// Remembers in the store (containers/<name>) what a run leaves if nobody is left to remove it, and fills in
/// `remains.record`. Who holds the lock is alive.
Result<FileLock> write_record(const std::string& store_path, const std::string& scope, Remains& remains);

}  // namespace larder::engine
