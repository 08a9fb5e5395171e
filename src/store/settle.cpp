#include "store/settle.hpp"

#include "store/manifest.hpp"

namespace larder::store {
namespace {

struct Scanned {
  std::string layer;
  Manifest manifest;
};

Result<std::vector<Scanned>> scan_new_layers(const Store& store, const Generation& generation) {
  std::vector<Scanned> scanned;
  for (const std::string& layer : generation.layers) {
    TRY_ASSIGN(const bool known, has_manifest(store, layer));
    if (known) continue;
    TRY_ASSIGN(Manifest manifest, scan_layer(store, layer));
    scanned.push_back({layer, std::move(manifest)});
  }
  return scanned;
}

}  // namespace

Status settle(const Store& store, const VolumeKey& key) {
  TRY_ASSIGN(const auto generation, current_generation(store, key));
  TRY_ASSIGN(const auto settled, read_ref(store, key, RefName::settled));
  if (!generation || settled == generation->id) return {};
  // Since Linux 5.8 syncfs reports every write error that nobody has seen before the descriptor was opened, and all
  // later ones, so it is opened first. One syncfs costs less than an fsync for each of thousands of files.
  TRY_ASSIGN(const UniqueFd file_system, store.os().open_dir(store.dir(), "layers"));
  TRY_ASSIGN(const auto scanned, scan_new_layers(store, *generation));
  TRY(store.os().syncfs(file_system.get()));
  for (const Scanned& layer : scanned) TRY(write_manifest(store, layer.layer, layer.manifest));
  return write_ref(store, key, RefName::settled, generation->id, Durability::disk);
}

Status settle_all(const Store& store) {
  TRY_ASSIGN(const auto keys, list_volumes(store));
  Status first;
  for (const VolumeKey& key : keys)
    if (Status done = settle(store, key); !done && first) first = std::move(done);
  return first;
}

}  // namespace larder::store
