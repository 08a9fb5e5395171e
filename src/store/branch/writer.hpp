#pragma once

#include <optional>
#include <string>

#include "base/file_lock.hpp"
#include "store/store.hpp"
#include "store/volume.hpp"

namespace larder::store {

/// Takes the right to write to a volume, which one process at a time has; no value where another one has it. `holder`
/// tells others who this is ("larder build x64, process 4711"). The right ends with the lock.
Result<std::optional<FileLock>> try_writer(const Store& store, const VolumeKey& key, const std::string& holder);

/// Takes the right to write, for those who do not wait: where another process has it, ErrorCode::environment that says
/// who.
Result<FileLock> claim_writer(const Store& store, const VolumeKey& key, const std::string& holder);

/// Whether some process has the right to write now.
Result<bool> has_writer(const Store& store, const VolumeKey& key);

/// The `holder` of the last one that took the right to write; empty where none has said so yet.
Result<std::string> writer_holder(const Store& store, const VolumeKey& key);

}  // namespace larder::store
