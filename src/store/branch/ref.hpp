#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/durable_file.hpp"
#include "store/branch/generation.hpp"

namespace larder::store {

/// The names of a volume's refs, which point into its history. `current` is what the next build forks; `settled` moves
/// only after all it reaches is on disk; `oldest` is as far back as history is kept (to its beginning where there is
/// none).
enum class RefName { current, settled, oldest };

/// The folder of a volume's refs, relative to the store: refs/<trust>/<volume>/<variant>.
std::string ref_dir(const VolumeKey& key);

/// The path of one ref's file, relative to the store.
std::string ref_path(const VolumeKey& key, RefName name);

/// The id of the generation that the ref names; no value where there is no such ref. A torn or altered line is
/// ErrorCode::damage.
Result<std::optional<std::string>> read_ref(const Store& store, const VolumeKey& key, RefName name);

/// The generation that the text of a ref of this volume names; no value where it is torn, altered or another volume's.
std::optional<std::string> parse_ref(const VolumeKey& key, const std::string& text);

/// Replaces the ref: the only commit point.
Status write_ref(const Store& store, const VolumeKey& key, RefName name, const std::string& generation,
                 Durability durability);

/// The generation that the next build may start from: `current`, or `settled` where `current` is of another era and was
/// not settled (it may be torn) or is damaged. No value for a volume that does not exist, or whose era ended before it
/// was ever settled. A damaged `settled` is an error: what was durable has been harmed.
Result<std::optional<Generation>> current_generation(const Store& store, const VolumeKey& key);

/// Makes the volume vanish, durably; its disk space comes back with the next `collect`.
Status remove_refs(const Store& store, const VolumeKey& key);

/// Reads the volume's note: a line of text kept beside its refs, for what is cheap to lose (the inputs of the last
/// fetch). No value where there is none.
Result<std::optional<std::string>> read_note(const Store& store, const VolumeKey& key);
/// Replaces the volume's note.
Status write_note(const Store& store, const VolumeKey& key, const std::string& text);
/// Removes the volume's note, if there is one.
Status remove_note(const Store& store, const VolumeKey& key);

/// Locks the volume's refs against other processes that move them; held for milliseconds.
Result<FileLock> lock_ref(const Store& store, const VolumeKey& key);

/// Every volume and variant that has a ref, sorted.
Result<std::vector<VolumeKey>> list_volumes(const Store& store);

/// The variants of this name that have a ref, most recently used first; of those used at the same time, sorted.
Result<std::vector<VolumeKey>> list_variants(const Store& store, const std::string& name);

/// Calls `action` for every volume: one for which it fails does not keep it from the others. Gives the first error.
Status for_each_volume(const Store& store, const std::function<Status(const VolumeKey&)>& action);

/// The time when `current` was last forked or moved, in seconds since 1970; 0 where there is none.
Result<int64_t> last_used_seconds(const Store& store, const VolumeKey& key);
/// Makes now the time of the volume's last use.
Status mark_used(const Store& store, const VolumeKey& key);

}  // namespace larder::store
