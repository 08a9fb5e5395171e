#include "share/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include "base/parallel.hpp"
#include "base/text.hpp"
#include "share/left_out.hpp"
#include "share/tar.hpp"
#include "share/workroom.hpp"
#include "store/space/room.hpp"

namespace larder::share {
namespace {

Status need_room(const store::Store& store, uint64_t bytes) {
  const uint64_t free = store::free_bytes(store);
  if (bytes < free) return {};
  return fail(ErrorCode::environment, "the disk has no room for what is imported",
              fmt::format("it goes on with {}, and {} are free", format_bytes(bytes), format_bytes(free)),
              "`larder cache prune --max-size SIZE` makes room");
}

/// A file that can be read at any place: the given one, or a copy in the workroom.
Result<UniqueFd> seekable(const store::Store& store, UniqueFd file, const std::string& room) {
  Os& os = store.os();
  TRY_ASSIGN(const auto status, os.fstat(file.get()));
  if (S_ISREG(status.st_mode)) return file;
  if (S_ISDIR(status.st_mode))
    return fail(ErrorCode::usage, "a folder holds no volume", {},
                "a file that `larder cache export VOLUME -o FILE` wrote");
  TRY_ASSIGN(UniqueFd copy, os.open(store.dir(), room + "/incoming", O_RDWR | O_CREAT | O_EXCL, 0600));
  TRY(copy_tar(os, file.get(), copy.get(), [&](uint64_t bytes) { return need_room(store, bytes); }));
  return copy;
}

}  // namespace

Result<std::vector<Packed>> export_volumes(const store::Store& store, const std::vector<store::VolumeKey>& keys,
                                           const config::RecipeTable& recipes, int file, const std::string& holder) {
  TRY_ASSIGN(const Workroom room, Workroom::open(store, holder));
  TRY_ASSIGN(const BlobWriter writer, BlobWriter::make(store.os(), store.dir(), room.path()));
  std::vector<Packed> all;
  std::vector<Tagged> manifests;
  for (const store::VolumeKey& key : keys) {
    TRY_ASSIGN(const store::Transaction lease, hold_generation(store, key, holder));
    const store::Generation& generation = lease.forks().front().base;
    TRY_ASSIGN(Packed packed, pack_generation(store, generation, left_out(recipes, generation.spec), {}, writer));
    TRY_ASSIGN(packed.manifest, writer.put(format_manifest(packed.parts)));
    manifests.push_back({packed.manifest, key.name() + "." + key.variant()});
    all.push_back(std::move(packed));
  }
  TRY(writer.finish(manifests));
  TRY(write_tar(store.os(), writer, file));
  return all;
}

Result<std::vector<TakenIn>> import_volumes(const store::Store& store, UniqueFd file, const std::string& holder,
                                            store::Trust trust) {
  TRY_ASSIGN(const Workroom room, Workroom::open(store, holder));
  TRY_ASSIGN(UniqueFd readable, seekable(store, std::move(file), room.path()));
  TRY_ASSIGN(const Layout layout, open_tar(store.os(), std::move(readable)));
  if (layout.manifests.empty()) return fail(ErrorCode::usage, "the file holds no volume");
  std::vector<Arrived> arrived;
  for (const Tagged& one : layout.manifests) {
    TRY_ASSIGN(Arrived next, read_arrived(layout.blobs, one.manifest));
    TRY(in_parallel(next.manifest.packs.size(), worker_count(),
                    [&](unsigned, size_t i) { return layout.blobs.check(next.manifest.packs[i]); }));
    arrived.push_back(std::move(next));
  }
  std::vector<TakenIn> all;
  for (const Arrived& one : arrived) {
    TRY_ASSIGN(TakenIn taken, take_in(store, one, layout.blobs, {}, holder, trust));
    all.push_back(std::move(taken));
  }
  return all;
}

}  // namespace larder::share
