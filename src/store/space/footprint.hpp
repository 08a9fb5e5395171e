#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "store/store.hpp"

namespace larder::store {

/// What some layers take together, in bytes of blocks.
struct LayersSize {
  uint64_t disk_bytes = 0;  ///< each file once
  uint64_t own_bytes = 0;   ///< the part that comes back when these layers go: files with no link from elsewhere
};

/// Measures these layers. One that is missing takes nothing, and what a running build has closed to its owner neither.
Result<LayersSize> measure_layers(const Store& store, const std::set<std::string>& layers);

/// The footprint of a store: what everything in it takes on disk, and what would come back if parts of it went. It
/// knows files and links, and not what they are for: that is the `Inventory`. In bytes of blocks as du counts: a file
/// with several links counts once, and comes back with the last of them. The parts are the paths layers/<id>,
/// generations/<id>, transactions/<id> and trash/<name>; all else always stays.
class Footprint {
 public:
  /// Measures the whole store by looking at every file. What is deleted meanwhile, or closed to its owner by a running
  /// build, counts nothing.
  static Result<Footprint> measure(const Store& store);

  /// What all that is still there takes.
  uint64_t bytes() const { return bytes_; }
  /// The paths of all parts that are still there.
  std::vector<std::string> parts() const;
  /// What these parts take together.
  uint64_t bytes_of(const std::vector<std::string>& parts) const;
  /// What would come back if just these went.
  uint64_t freed_by(const std::vector<std::string>& parts) const;
  /// Takes a part away, if it is there, and gives what comes back.
  uint64_t remove(const std::string& part);

 private:
  struct File {
    uint64_t bytes;
    uint64_t links;  ///< from parts that are still there
  };
  struct Part {
    uint64_t own_bytes = 0;           ///< directories, and files with one link
    std::vector<size_t> linked = {};  ///< the others, once for each link
  };

  Result<Part> look_at(const Store& store, const std::string& path);
  Status add(const Store& store, const std::string& folder);
  std::map<size_t, uint64_t> links_in(const std::vector<std::string>& parts) const;

  std::map<std::string, Part> parts_;
  std::vector<File> files_;
  std::map<std::pair<dev_t, ino_t>, size_t> numbers_;  ///< of files_
  uint64_t bytes_ = 0;
};

}  // namespace larder::store
