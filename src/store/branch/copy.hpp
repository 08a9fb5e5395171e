#pragma once

#include <string>

#include "store/branch/ref.hpp"

namespace larder::store {

/// Makes the content of an earlier generation the volume's newest one; nothing of its history is lost, so this can be
/// taken back. Durable. Refused while another process writes to a compiled volume, and `holder` tells those who come
/// meanwhile who has it. Gives the new generation.
Result<Generation> rollback(const Store& store, const VolumeKey& key, const Generation& to, const std::string& holder);

/// Makes a new volume with this one's content, sharing its layers, and with its variant. Durable. Refused where there
/// is one of that name with content. Gives the new volume's generation.
Result<Generation> fork_volume(const Store& store, const VolumeKey& from, const std::string& name);

/// Makes a generation with the content of another one the volume's newest, after `parent` where it is not null. The
/// caller holds the store's lock and the ref's. Gives the new generation.
Result<Generation> append_copy(const Store& store, const VolumeSpec& spec, const Generation& content, Outcome outcome,
                               const Generation* parent);

}  // namespace larder::store
