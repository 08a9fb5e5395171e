#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/durable_file.hpp"
#include "store/store.hpp"
#include "store/volume.hpp"

namespace larder::store {

/// How a generation came about.
enum class Outcome {
  success,      ///< a good build
  failed,       ///< a build that ended with an error; what it did until then is kept
  interrupted,  ///< a build that the user ended
  cleaned,      ///< emptied by the user
  flattened,    ///< the same content in fewer layers
  rolled_back,  ///< the content of an earlier generation
  forked,       ///< the content of another volume
  repaired      ///< the newest generation without damage
};

const char* to_string(Outcome outcome);

/// Names the source record that a generation carries: the file sources/<record>.
struct SourceRef {
  std::string record;   ///< SHA-256 of the file; empty: there is none
  std::string content;  ///< digest of what the build saw of the project, the same wherever that is the same
  /// Paths of the project that builds have deleted: flattening keeps these deletions, and no others. No value: not
  /// known, and all are kept.
  std::optional<std::vector<std::string>> hides = {};

  bool operator==(const SourceRef&) const = default;
};

/// A generation is an immutable record of a volume's state after one commit, written once to generations/<id>.
struct Generation {
  std::string id;
  std::string parent;               ///< empty for a volume's first
  std::vector<std::string> layers;  ///< lowest first
  VolumeSpec spec;
  Outcome outcome = Outcome::success;
  int64_t created_seconds = 0;  ///< since 1970
  std::string era;              ///< the era in which it was made (store/era.hpp)
  std::string same_content_as;  ///< the generation that this one is a flattened form of, else empty
  std::string build;            ///< what made it: "larder build x64 in /home/ann/app"; may be empty
  double seconds = 0;           ///< how long the build took
  double rebuild_seconds = 0;   ///< what making the content anew would take: the longest build in its history
  std::string last_success;     ///< the newest generation up to this one that a good build made; may be empty
  SourceRef source;             ///< of a compiled volume: what its build saw of the project

  bool empty() const { return layers.empty(); }
};

/// Begins a new generation of this volume, made now, with an id and the present era; the caller fills in the rest.
Result<Generation> new_generation(const Store& store, VolumeSpec spec, Outcome outcome);

/// Makes `next` the generation after `parent`, where that is not null: sets its parent, and takes over the time that a
/// rebuild takes and the last good generation.
void continue_from(Generation& next, const Generation* parent);

/// Gives `next` the content of another generation, and all that is true of it with the content.
void take_content(Generation& next, const Generation& from);

/// Writes generations/<id>; it is not reachable before a ref names it, and not durable before it is settled, unless
/// asked to be.
Status write_generation(const Store& store, const Generation& generation, Durability durability = Durability::none);

/// Writes the file sources/<SHA-256 of the text>, unless it is there, and gives its name. The caller holds the store's
/// lock until a ref reaches it.
Result<std::string> write_source(const Store& store, const std::string& text);

/// Gives the text of a source record; ErrorCode::damage where it is missing or is not what its name says.
Result<std::string> read_source(const Store& store, const std::string& record);

/// Reads the text of generations/<id>; ErrorCode::damage where it is torn or altered, or is not that generation.
Result<Generation> parse_generation(const std::string& text, const std::string& id);

/// ErrorCode::damage where the file is missing, is torn or altered, or is not a generation.
Result<Generation> read_generation(const Store& store, const std::string& id);

}  // namespace larder::store
