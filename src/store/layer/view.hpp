#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "store/store.hpp"

namespace larder::store {

/// One entry as the overlay would show it.
struct ViewEntry {
  std::string path;    ///< relative to the volume's root, without "./"
  struct stat status;  ///< of the uppermost layer that has it
  int dir;             ///< fd of the directory it lies in, in that layer; valid during the callback only
  std::string name;    ///< its last part, to be used with `dir`
};

/// The layers of a volume read as one tree without mounting them, by overlayfs's own rules: a 0:0 character device
/// is a deletion, a directory with user.overlay.opaque=y hides what lies below it (kernel: filesystems/overlayfs.rst).
class View {
 public:
  /// `roots` are directories relative to the store, lowest first.
  static Result<View> open(const Store& store, const std::vector<std::string>& roots);

  using Visit = std::function<Status(const ViewEntry&)>;
  using Enter = std::function<bool(const std::string& folder)>;

  /// Calls `visit` for every entry, sorted, a directory before what is in it. Stops at the first error.
  Status walk(const Visit& visit) const;
  /// Looks only into folders for which `enter` says so; the others are visited themselves all the same.
  Status walk(const Visit& visit, const Enter& enter) const;

  /// Opens the directory that holds `path` in the layer that shows it; no value where the view has no such entry.
  struct Found {
    UniqueFd dir;
    std::string name;
    struct stat status;
  };
  Result<std::optional<Found>> find(const std::string& path) const;

 private:
  View(Os& os, std::vector<UniqueFd> roots) : os_(&os), roots_(std::move(roots)) {}

  Os* os_;
  std::vector<UniqueFd> roots_;  ///< uppermost first
};

/// layers/<id>/tree of each layer, in the given order.
std::vector<std::string> layer_roots(const std::vector<std::string>& layers);

bool is_whiteout(const struct stat& status);
Result<bool> is_opaque(Os& os, int dir, const std::string& name);

}  // namespace larder::store
