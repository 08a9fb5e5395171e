#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/branch/ref.hpp"

namespace larder::store {

/// How much of a volume's past is kept. Whatever it says, the current state and the last good build's stay, and the
/// past never takes more disk than the current content (or than 4 MB, where that is less).
struct Retention {
  int generations = 10;
  int64_t seconds = 7L * 24 * 60 * 60;  ///< generations younger than this stay, however many they are
};

/// Generations of one volume that are kept, newest first; the last good one is the last where it is older than the
/// rest.
using History = std::vector<Generation>;

/// The volume's history; empty for a volume that does not exist. The first is what the next build starts from.
Result<History> history(const Store& store, const VolumeKey& key);

/// Of what `history` gives, the one whose id is `text` or begins with it. ErrorCode::usage where it is none or several.
Result<Generation> find_generation(const History& history, const std::string& text);

/// Decides what of a volume's past stays, and notes it as `oldest`; the disk space comes back with the next `collect`.
/// `now_seconds` since 1970.
Status trim_history(const Store& store, const VolumeKey& key, const Retention& retention, int64_t now_seconds);

/// Makes the content of an earlier generation the volume's newest one; nothing of its history is lost, so this can be
/// taken back. Durable. Refused while somebody writes to a compiled volume; `holder` is told to who comes meanwhile.
/// Gives the new generation.
Result<Generation> rollback(const Store& store, const VolumeKey& key, const Generation& to, const std::string& holder);

/// Makes a new volume with this one's content, sharing its layers, and with its variant. Durable. Refused where there
/// is one of that name with content.
Result<Generation> fork_volume(const Store& store, const VolumeKey& from, const std::string& name);

/// Makes a generation with the content of another one the volume's newest, after `parent` where there is one. The
/// caller holds the store's lock and the ref's.
Result<Generation> append_copy(const Store& store, const VolumeSpec& spec, const Generation& content, Outcome outcome,
                               const Generation* parent);

/// The generations that `history` would give starting from `id`, and those of the current one; for the collector.
/// A record that is missing or damaged ends the walk; one that cannot be read is an error.
Result<std::vector<Generation>> kept_generations(const Store& store, const VolumeKey& key, const std::string& id);

/// Of kept generations those that follow each other: without a last good one that is older than the rest.
std::vector<Generation> line_of(std::vector<Generation> kept);

/// How many of the first of a line `retention` keeps; at least one. What is on disk besides the current content is the
/// past, also where it lies in layers of the current generation.
Result<size_t> count_kept(const Store& store, const std::vector<Generation>& line, const Retention& retention,
                          int64_t now_seconds);

/// Ends the volume's past with `oldest`, and gives false, changing nothing, where its newest is not `newest` any more.
/// The caller holds the store's lock.
Result<bool> cut_history(const Store& store, const VolumeKey& key, const std::string& newest,
                         const std::string& oldest);

}  // namespace larder::store
