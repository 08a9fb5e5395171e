#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "store/store.hpp"

namespace larder::store {

/// One entry of a merged tree, as the overlay would show it.
struct MergedEntry {
  std::string path;    ///< relative to the volume's root, without "./"
  struct stat status;  ///< of the uppermost layer that has it
  int dir;             ///< fd of the directory it lies in, in that layer; valid during the callback only
  std::string name;    ///< its last part, to be used with `dir`
};

/// A merged tree is the layers of a volume read as one without mounting them, by overlayfs's own rules: a 0:0 character
/// device is a deletion, a directory with user.overlay.opaque=y hides what lies below it (kernel:
/// filesystems/overlayfs.rst).
class MergedTree {
 public:
  /// Opens the directories `roots`, relative to the store, lowest first.
  static Result<MergedTree> open(const Store& store, const std::vector<std::string>& roots);

  using Visit = std::function<Status(const MergedEntry&)>;
  using Enter = std::function<bool(const std::string& folder)>;

  /// Calls `visit` for every entry, sorted, a directory before what is in it. Stops at the first error.
  Status walk(const Visit& visit) const;
  /// Looks only into folders for which `enter` says so; the others are visited themselves all the same.
  Status walk(const Visit& visit, const Enter& enter) const;

  /// Opens the directory that holds `path` in the layer that shows it; no value where no layer shows it.
  struct Found {
    UniqueFd dir;
    std::string name;
    struct stat status;
  };
  Result<std::optional<Found>> find(const std::string& path) const;

 private:
  MergedTree(Os& os, std::vector<UniqueFd> roots) : os_(&os), roots_(std::move(roots)) {}

  Os* os_;
  std::vector<UniqueFd> roots_;  ///< uppermost first
};

/// The path layers/<id>/tree of each layer, in the given order.
std::vector<std::string> layer_roots(const std::vector<std::string>& layers);

/// The first of the layers whose tree is not there; no value where all are.
Result<std::optional<std::string>> missing_layer(const Store& store, const std::vector<std::string>& layers);

/// Whether the entry is overlayfs's mark that a name is deleted: a character device 0:0.
bool is_whiteout(const struct stat& status);
/// Whether the directory hides what lower layers have in it.
Result<bool> is_opaque(Os& os, int dir, const std::string& name);

}  // namespace larder::store
