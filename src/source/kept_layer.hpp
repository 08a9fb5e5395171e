#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file_lock.hpp"
#include "source/shown.hpp"
#include "store/store.hpp"

namespace larder::source {

/// A layer that shows a project otherwise than it lies there. It is made once for all builds that need the same, and
/// kept for later ones of the folder; while this lives, nobody takes it away.
struct CorrectionsLayer {
  std::vector<std::string> trees;  ///< directories relative to the store, lowest first
  std::vector<FileLock> locks;
};

/// What a kept layer, in the store's folder corrections/<key>, shows: its own entries above those of another layer,
/// where it has a base.
struct LayerSpec {
  std::string base;  ///< key of the layer below; empty: none
  std::vector<Correction> corrections;

  std::string encode() const;
  /// No value where the text is torn, altered or of another format.
  static std::optional<LayerSpec> decode(const std::string& text);
};

/// The key of a layer of a project's folder (absolute). Layers are of one folder only: copies of two folders have other
/// inodes, which git's index tells.
std::string layer_key(const std::string& folder, const LayerSpec& spec);

/// The layer with this key and those below it, held against collectors, and marked as used now; no value where one is
/// not there. `spec`, where it is not null, gets what the uppermost shows.
Result<std::optional<CorrectionsLayer>> hold_layer(const store::Store& store, const std::string& key,
                                                   LayerSpec* spec = nullptr);

/// Puts a finished folder (relative to the store) in the place of the layer with this key; another process may have
/// done so meanwhile, and then theirs is as good.
Status put_layer(const store::Store& store, const std::string& made, const std::string& key);

}  // namespace larder::source
