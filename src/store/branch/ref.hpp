#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/durable_file.hpp"
#include "store/branch/generation.hpp"

namespace larder::store {

/// The names that point into a volume's history. `current` is what the next build forks; `settled` moves only after
/// all it reaches is on disk; `oldest` is as far back as history is kept (to its beginning where there is none).
enum class RefName { current, settled, oldest };

/// refs/<trust>/<volume>/<variant>
std::string ref_dir(const VolumeKey& key);

/// The ref's file in it.
std::string ref_path(const VolumeKey& key, RefName name);

/// The generation's id that the ref names; no value where there is no such ref. A torn or altered line is
/// ErrorCode::damage.
Result<std::optional<std::string>> read_ref(const Store& store, const VolumeKey& key, RefName name);

/// Replaces the ref: the only commit point.
Status write_ref(const Store& store, const VolumeKey& key, RefName name, const std::string& generation,
                 Durability durability);

/// What the next build may start from: `current`, or `settled` where `current` is of another era and was not
/// settled (it may be torn) or is damaged. No value for a volume that does not exist, or whose era ended before it was
/// ever settled. A damaged `settled` is an error: what was durable has been harmed.
Result<std::optional<Generation>> current_generation(const Store& store, const VolumeKey& key);

/// Makes the volume vanish, durably; its disk space comes back with the next `collect`.
Status remove_refs(const Store& store, const VolumeKey& key);

/// A line of text kept beside the refs, for what is cheap to lose (the inputs of the last fetch). No value where there
/// is none.
Result<std::optional<std::string>> read_note(const Store& store, const VolumeKey& key);
Status write_note(const Store& store, const VolumeKey& key, const std::string& text);
Status remove_note(const Store& store, const VolumeKey& key);

/// Serialises those who move this volume's refs; held for milliseconds.
Result<FileLock> lock_ref(const Store& store, const VolumeKey& key);

/// Every volume and variant that has a ref, sorted.
Result<std::vector<VolumeKey>> list_volumes(const Store& store);

/// The variants of this name that have a ref, most recently used first; of those used at the same time, sorted.
Result<std::vector<VolumeKey>> list_variants(const Store& store, const std::string& name);

/// Does it to every volume: one that it fails for does not keep it from the others. Gives the first error.
Status for_each_volume(const Store& store, const std::function<Status(const VolumeKey&)>& action);

/// When `current` was last forked or moved, in seconds since 1970.
Result<int64_t> last_used_seconds(const Store& store, const VolumeKey& key);
Status mark_used(const Store& store, const VolumeKey& key);

}  // namespace larder::store
