#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/durable_file.hpp"
#include "store/store.hpp"
#include "store/volume.hpp"

namespace larder::store {

enum class Outcome { success, failed, interrupted, cleaned, flattened };

const char* to_string(Outcome outcome);

/// An immutable record: the state of a volume after one commit. Written once to generations/<id>.
struct Generation {
  std::string id;
  std::string parent;               ///< empty for a volume's first
  std::vector<std::string> layers;  ///< lowest first
  VolumeSpec spec;
  Outcome outcome = Outcome::success;
  int64_t created_seconds = 0;  ///< since 1970
  std::string boot_id;
  std::string same_content_as;  ///< the generation that this one is a flattened form of, else empty

  bool empty() const { return layers.empty(); }
};

/// A new generation of this volume, made now, with an id and this boot's id; the caller fills in the rest.
Result<Generation> new_generation(const Store& store, VolumeSpec spec, Outcome outcome);

/// Writes generations/<id>; it is not reachable before a ref names it, and not durable before it is settled, unless
/// asked to be.
Status write_generation(const Store& store, const Generation& generation, Durability durability = Durability::none);

/// ErrorCode::damage where the file is missing or is not a generation.
Result<Generation> read_generation(const Store& store, const std::string& id);

}  // namespace larder::store
