#pragma once

#include <string>

#include "base/file_lock.hpp"
#include "engine/container/keeper.hpp"

namespace larder::engine {

/// Notes in the store (containers/<name>) what a run leaves if nobody is left to remove it, and fills in
/// `remains.note`. Whoever holds the returned lock is alive: such a note is left alone.
Result<FileLock> note_remains(const std::string& store_path, const std::string& scope, Remains& remains);

/// Ends and removes containers of larders that were killed together with their keepers, and their volumes: those of
/// this store that the engine still has. A glance into a folder where there are none.
Status remove_leftovers(const Client& client, const std::string& scope, const std::string& store_path);

}  // namespace larder::engine
