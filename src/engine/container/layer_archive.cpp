#include "engine/container/layer_archive.hpp"

#include <fcntl.h>

#include <algorithm>
#include <vector>

#include "store/layer/manifest.hpp"
#include "store/layer/merged_tree.hpp"

namespace larder::engine {
namespace {

using store::ManifestEntry;

constexpr size_t piece_bytes = size_t{1} << 20U;
constexpr const char* deleted = ".wh.";
constexpr const char* opaque = ".wh..wh..opq";

/// A layer that has not settled has no manifest yet.
Result<store::Manifest> entries_of(const store::Store& store, const std::string& layer) {
  TRY_ASSIGN(const bool settled, store::has_manifest(store, layer));
  return settled ? store::read_manifest(store, layer) : store::scan_layer(store, layer);
}

TarEntry to_tar(const ManifestEntry& entry, const std::string& path) {
  TarEntry made{path, TarEntry::Kind::file, entry.mode, 0, entry.mtime_seconds, entry.mtime_nanoseconds, {}};
  if (entry.type == 'f') made.size_bytes = entry.size_bytes;
  if (entry.type == 'd' || entry.type == 'o') made.kind = TarEntry::Kind::folder;
  if (entry.type == 'p') made.kind = TarEntry::Kind::pipe;
  if (entry.type == 'l') {
    made.kind = TarEntry::Kind::link;
    made.link = entry.content;
  }
  return made;
}

/// "usr/bin/.wh.perl" for usr/bin/perl.
std::string deletion_of(const std::string& path) {
  const size_t name = path.rfind('/') + 1;
  return path.substr(0, name) + deleted + path.substr(name);
}

class LayerArchive {
 public:
  LayerArchive(const store::Store& store, int tree, TarWriter& archive)
      : store_(store), tree_(tree), archive_(archive), buffer_(piece_bytes) {}

  Status add(const ManifestEntry& entry, const std::string& path) {
    if (entry.type == 'x') return archive_.add({deletion_of(path), TarEntry::Kind::file, 0});
    TRY(archive_.add(to_tar(entry, path)));
    if (entry.type == 'o') return archive_.add({path + "/" + opaque, TarEntry::Kind::file, 0});
    return entry.type == 'f' ? add_content(entry) : Status();
  }

 private:
  Status add_content(const ManifestEntry& entry) {
    TRY_ASSIGN(const UniqueFd file, store_.os().open(tree_, entry.path, O_RDONLY | O_NOFOLLOW));
    uint64_t left = entry.size_bytes;
    while (left > 0) {
      TRY_ASSIGN(const size_t count,
                 store_.os().read(file.get(), buffer_.data(), std::min<uint64_t>(left, buffer_.size())));
      if (count == 0) return fail(ErrorCode::damage, "a layer's file is shorter than its manifest says", entry.path);
      TRY(archive_.content({buffer_.data(), count}));
      left -= count;
    }
    return {};
  }

  const store::Store& store_;
  int tree_;
  TarWriter& archive_;
  std::vector<char> buffer_;
};

}  // namespace

Status write_layer(const store::Store& store, const std::string& layer, const std::string& root, TarWriter& archive) {
  TRY_ASSIGN(const auto entries, entries_of(store, layer));
  TRY_ASSIGN(const UniqueFd tree, store.os().open_dir(store.dir(), store::layer_roots({layer}).front()));
  LayerArchive writer(store, tree.get(), archive);
  for (const ManifestEntry& entry : entries)
    if (entry.path.starts_with(root + "/")) TRY(writer.add(entry, entry.path.substr(root.size() + 1)));
  return archive.finish();
}

}  // namespace larder::engine
