#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "store/layer/manifest.hpp"

namespace larder::store {

/// A volume's content: the files that builds see, by path. Directories are not listed.
using Content = std::map<std::string_view, const ManifestEntry*>;

/// A reader of layers by their manifests, each once; layers that are not settled yet are scanned. What it gives is
/// valid as long as it lives. The caller holds the store's lock, so that no layer is collected meanwhile.
class ContentReader {
 public:
  explicit ContentReader(const Store& store) : store_(&store) {}

  /// The layer's manifest. ErrorCode::damage where the layer is missing or its manifest is damaged.
  Result<const Manifest*> layer(const std::string& layer);
  /// The content of these layers, lowest first, as overlayfs would show it.
  Result<Content> content(const std::vector<std::string>& layers);

 private:
  const Store* store_;
  std::map<std::string, Manifest> manifests_;
};

/// How a file differs between an older content and a newer one.
enum class Change { added, removed, changed };

const char* to_string(Change change);

/// A file that differs between two contents.
struct FileChange {
  std::string path;
  Change change = Change::added;
  uint64_t bytes_before = 0;
  uint64_t bytes_after = 0;

  bool operator==(const FileChange&) const = default;
};

/// Compares two contents, and gives what differs, sorted by path. A file has changed where its type, mode, content or
/// user attributes have; its time alone is no change.
std::vector<FileChange> compare(const Content& from, const Content& to);

/// Compares the contents of two lists of layers, each lowest first.
Result<std::vector<FileChange>> diff_layers(const Store& store, const std::vector<std::string>& from,
                                            const std::vector<std::string>& to);

}  // namespace larder::store
