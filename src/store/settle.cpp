#include "store/settle.hpp"

#include <algorithm>

#include "store/history.hpp"
#include "store/manifest.hpp"

namespace larder::store {
namespace {

constexpr int attempts_max = 100;

/// A damaged `settled` says only that nothing is known to be durable.
Result<std::optional<std::string>> settled_id(const Store& store, const VolumeKey& key) {
  const auto settled = read_ref(store, key, RefName::settled);
  if (!settled && settled.error().code == ErrorCode::damage) return std::optional<std::string>();
  return settled;
}

struct Scanned {
  std::string layer;
  Manifest manifest;
};

/// Also those of the generations since the last settled one, which history keeps, as far as they are still there.
Result<std::vector<std::string>> new_layers(const Store& store, const Generation& current) {
  std::vector<std::string> layers = current.layers;
  TRY_ASSIGN(const auto settled, settled_id(store, current.spec.key));
  TRY_ASSIGN(const auto kept, kept_generations(store, current.spec.key, current.id));
  for (const Generation& generation : kept) {
    if (generation.id == settled) break;
    for (const std::string& layer : generation.layers) {
      TRY_ASSIGN(const auto tree, store.os().stat(store.dir(), "layers/" + layer + "/tree"));
      if (tree && std::find(layers.begin(), layers.end(), layer) == layers.end()) layers.push_back(layer);
    }
  }
  return layers;
}

Result<std::vector<Scanned>> scan_new_layers(const Store& store, const Generation& current) {
  std::vector<Scanned> scanned;
  TRY_ASSIGN(const auto layers, new_layers(store, current));
  for (const std::string& layer : layers) {
    TRY_ASSIGN(const bool known, has_manifest(store, layer));
    if (known) continue;
    TRY_ASSIGN(Manifest manifest, scan_layer(store, layer));
    scanned.push_back({layer, std::move(manifest)});
  }
  return scanned;
}

Status make_durable(const Store& store, const Generation& generation) {
  // Since Linux 5.8 syncfs reports every write error that nobody has seen before the descriptor was opened, and all
  // later ones, so it is opened first. One syncfs costs less than an fsync for each of thousands of files.
  TRY_ASSIGN(const UniqueFd file_system, store.os().open_dir(store.dir(), "layers"));
  TRY_ASSIGN(const auto scanned, scan_new_layers(store, generation));
  TRY(store.os().syncfs(file_system.get()));
  for (const Scanned& layer : scanned) TRY(write_manifest(store, layer.layer, layer.manifest));
  return {};
}

Result<bool> is_current(const Store& store, const VolumeKey& key, const std::string& generation) {
  TRY_ASSIGN(const auto current, current_generation(store, key));
  return current && current->id == generation;
}

/// False when `current` has moved meanwhile. The store's lock keeps collectors away from what `settled` is about to
/// name; the other one keeps two processes from moving `settled` back. Commits wait for neither.
Result<bool> move_settled(const Store& store, const VolumeKey& key, const std::string& generation) {
  TRY_ASSIGN(const FileLock store_lock, store.lock(LockMode::shared));
  TRY_ASSIGN(const FileLock lock,
             FileLock::acquire(store.os(), store.dir(), ref_dir(key) + "/settling", LockMode::exclusive));
  TRY_ASSIGN(const bool current, is_current(store, key, generation));
  if (!current) return false;
  TRY(write_ref(store, key, RefName::settled, generation, Durability::disk));
  return true;
}

}  // namespace

Status settle(const Store& store, const VolumeKey& key) {
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    TRY_ASSIGN(const auto generation, current_generation(store, key));
    if (!generation) return {};
    TRY_ASSIGN(const auto settled, settled_id(store, key));
    if (settled == generation->id) return {};
    if (const Status durable = make_durable(store, *generation); !durable) {
      TRY_ASSIGN(const bool current, is_current(store, key, generation->id));
      if (current) return durable;
      continue;  // what was being read has been replaced, and perhaps collected
    }
    TRY_ASSIGN(const bool moved, move_settled(store, key, generation->id));
    if (moved) return {};
  }
  return fail(ErrorCode::environment, "cannot make the volume " + key.name + " durable",
              "other builds commit to it all the time");
}

Status settle_all(const Store& store) {
  return for_each_volume(store, [&](const VolumeKey& key) { return settle(store, key); });
}

}  // namespace larder::store
