#include "store/branch/settle.hpp"

#include "base/text.hpp"
#include "store/branch/history.hpp"
#include "store/era.hpp"
#include "store/layer/manifest.hpp"

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

/// The layers to settle: the current generation's, and those of the generations since the last settled one that history
/// keeps, as far as they are still there.
Result<std::vector<std::string>> new_layers(const Store& store, const Generation& current) {
  std::vector<std::string> layers = current.layers;
  TRY_ASSIGN(const auto settled, settled_id(store, current.spec.key));
  TRY_ASSIGN(const auto kept, kept_generations(store, current.spec.key, current.id));
  for (const Generation& generation : kept) {
    if (generation.id == settled) break;
    for (const std::string& layer : generation.layers) {
      TRY_ASSIGN(const auto tree, store.os().stat(store.dir(), "layers/" + layer + "/tree"));
      if (tree && !contains(layers, layer)) layers.push_back(layer);
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
  TRY_ASSIGN(const auto scanned, scan_new_layers(store, generation));
  // One syncfs costs less than an fsync for each of thousands of files. Since Linux 5.8 it reports every write error
  // since the descriptor was opened, also one that another process has seen: the store's own is as old as this process,
  // and in the upkeep after a build as old as the build.
  TRY(store.os().syncfs(store.dir()));
  for (const Scanned& layer : scanned) TRY(write_manifest(store, layer.layer, layer.manifest));
  return {};
}

Error lost(Error error) {
  error.hint = "look at the disk; builds go on from what had been on it before";
  return error;
}

/// The kernel forgets what it could not write, and the next sync succeeds without it.
Status give_up_unless_synced(const Store& store, const Status& done) {
  if (done || !done.error().sync_failed) return done;
  Error error = lost(done.error());
  if (!begin_era(store)) error.cause += ", nor can that be noted in the store";
  return fail(std::move(error));
}

/// Whether the error of a settling counts: it says nothing where what was read has been replaced meanwhile, and perhaps
/// collected.
Result<bool> still_matters(const Store& store, const Generation& generation, const Error& error) {
  if (error.sync_failed) return true;
  TRY_ASSIGN(const auto current, read_ref(store, generation.spec.key, RefName::current));
  return current == generation.id;
}

Result<bool> is_current(const Store& store, const VolumeKey& key, const std::string& generation) {
  TRY_ASSIGN(const auto current, current_generation(store, key));
  return current && current->id == generation;
}

/// After a failed sync of its folder the new ref stands, and the next settling would take it for durable.
void put_back(const Store& store, const VolumeKey& key, const std::optional<std::string>& settled) {
  if (settled)
    (void)write_ref(store, key, RefName::settled, *settled, Durability::none);
  else
    (void)store.os().unlink(store.dir(), ref_path(key, RefName::settled));
}

/// False when `current` has moved meanwhile. The store's lock keeps collectors away from what `settled` is about to
/// name; the other one keeps two processes from moving `settled` back. Commits wait for neither.
Result<bool> move_settled(const Store& store, const VolumeKey& key, const std::string& generation) {
  TRY_ASSIGN(const FileLock store_lock, store.lock(LockMode::shared));
  TRY_ASSIGN(const FileLock lock,
             FileLock::acquire(store.os(), store.dir(), ref_dir(key) + "/settling", LockMode::exclusive));
  TRY_ASSIGN(const bool current, is_current(store, key, generation));
  if (!current) return false;
  TRY_ASSIGN(const auto before, settled_id(store, key));
  const Status written = write_ref(store, key, RefName::settled, generation, Durability::disk);
  if (written) return true;
  if (written.error().sync_failed) put_back(store, key, before);
  return fail(written.error());
}

/// False when there is something newer to be settled.
Result<bool> settle_once(const Store& store, const VolumeKey& key) {
  TRY_ASSIGN(const auto generation, current_generation(store, key));
  if (!generation) return true;
  TRY_ASSIGN(const auto settled, settled_id(store, key));
  if (settled == generation->id) return true;
  if (const Status durable = make_durable(store, *generation); !durable) {
    TRY_ASSIGN(const bool matters, still_matters(store, *generation, durable.error()));
    if (matters) return fail(durable.error());
    return false;
  }
  return move_settled(store, key, generation->id);
}

}  // namespace

Status settle(const Store& store, const VolumeKey& key) {
  TRY_ASSIGN(const std::string began, era(store));
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    const auto done = settle_once(store, key);
    if (!done) return give_up_unless_synced(store, fail(done.error()));
    TRY_ASSIGN(const std::string now, era(store));
    if (now != began)
      return fail(lost({ErrorCode::environment,
                        "cannot make the volume " + key.name() + " durable",
                        "another process was told that the disk did not take all that was written",
                        {}}));
    if (*done) return {};
  }
  return fail(ErrorCode::environment, "cannot make the volume " + key.name() + " durable",
              "other builds commit to it all the time");
}

Status settle_all(const Store& store) {
  return for_each_volume(store, [&](const VolumeKey& key) { return settle(store, key); });
}

}  // namespace larder::store
