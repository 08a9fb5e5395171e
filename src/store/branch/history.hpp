#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/branch/ref.hpp"

namespace larder::store {

/// How much of a volume's past is kept. In any case the current state and the last good build's stay, and the past
/// never takes more disk than the current content (or than 4 MB, where that is less).
struct Retention {
  int generations = 10;
  int64_t seconds = 7L * 24 * 60 * 60;  ///< generations younger than this stay, however many they are
};

/// A history is the generations of one volume that are kept, newest first; the last good one comes last where it is
/// older than the rest.
using History = std::vector<Generation>;

/// The volume's history; empty for a volume that does not exist. The first is what the next build starts from.
Result<History> history(const Store& store, const VolumeKey& key);

/// The generation of a history whose id is `text` or begins with it. ErrorCode::usage where none or several do.
Result<Generation> find_generation(const History& history, const std::string& text);

/// Decides what of a volume's past stays, and notes it as `oldest`; the disk space comes back with the next `collect`.
/// `now_seconds` since 1970.
Status trim_history(const Store& store, const VolumeKey& key, const Retention& retention, int64_t now_seconds);

/// The history that the volume would have with `id` as its current generation; for the collector. A generation that is
/// missing or damaged ends it; one that the disk refuses to read is an error.
Result<std::vector<Generation>> kept_generations(const Store& store, const VolumeKey& key, const std::string& id);

/// The line of a history: the generations that follow each other, without a last good one that is older than the rest.
std::vector<Generation> line_of(std::vector<Generation> kept);

/// The number of generations of a line, from the newest on, that `retention` keeps; at least one. What is on disk
/// besides the current content is the past, also where it lies in layers of the current generation.
Result<size_t> count_kept(const Store& store, const std::vector<Generation>& line, const Retention& retention,
                          int64_t now_seconds);

/// Ends the volume's past with `oldest`, and gives false, changing nothing, where its newest is not `newest` any more.
/// The caller holds the store's lock.
Result<bool> cut_history(const Store& store, const VolumeKey& key, const std::string& newest,
                         const std::string& oldest);

}  // namespace larder::store
