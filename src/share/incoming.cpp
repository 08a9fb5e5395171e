#include "share/incoming.hpp"

#include <dirent.h>
#include <fcntl.h>

#include <map>
#include <memory>

namespace larder::share {
namespace {

constexpr const char* incoming_folder = "remotes/incoming";
constexpr uint64_t disk_block_bytes = 512;  // of st_blocks

/// Whether the file is the whole blob. A placeholder has its size and takes no disk.
Result<bool> is_whole(Os& os, int dir, const std::string& path, const Blob& blob) {
  TRY_ASSIGN(auto file, os.open(dir, path, O_RDONLY | O_NOFOLLOW));
  TRY_ASSIGN(const auto status, os.fstat(file.get()));
  if (static_cast<uint64_t>(status.st_size) != blob.bytes ||
      static_cast<uint64_t>(status.st_blocks) * disk_block_bytes < blob.bytes / 2)
    return false;
  Blobs blobs(os);
  blobs.add(blob.digest, std::make_shared<const UniqueFd>(std::move(file)), 0, blob.bytes);
  return blobs.check(blob).has_value();
}

/// Removes all of the folder but those of the packs that are whole, and gives what these take.
Result<uint64_t> keep_whole(Os& os, int dir, const std::string& folder, const std::vector<Pack>& needed) {
  const std::string blobs = folder + "/blobs/sha256";
  TRY_ASSIGN(const auto there, os.stat(dir, blobs));
  if (!there) return uint64_t{0};
  std::map<std::string, uint64_t> packs;
  for (const Pack& pack : needed) packs.emplace(pack.digest, pack.bytes);
  uint64_t kept = 0;
  TRY_ASSIGN(const auto names, os.list(dir, blobs));
  for (const DirEntry& name : names) {
    const std::string path = blobs + "/" + name.name;
    const auto pack = packs.find(name.name);
    if (pack != packs.end() && name.type == DT_REG) {
      TRY_ASSIGN(const bool whole, is_whole(os, dir, path, {pack->first, pack->second}));
      if (whole) kept += pack->second;
      if (whole) continue;
    }
    TRY(remove_tree(os, dir, path));
  }
  return kept;
}

}  // namespace

Result<Incoming> Incoming::open(const store::Store& store, const Blob& manifest, const std::vector<Pack>& needed,
                                const std::string& own_folder) {
  Os& os = store.os();
  TRY(make_dirs(os, store.dir(), incoming_folder));
  const std::string folder = std::string(incoming_folder) + "/" + manifest.digest;
  TRY_ASSIGN(auto lock, FileLock::try_acquire(os, store.dir(), folder + ".lock", LockMode::exclusive));
  if (!lock) {
    TRY_ASSIGN(BlobWriter layout, BlobWriter::make(os, store.dir(), own_folder));
    return Incoming(store, std::move(layout), std::nullopt);
  }
  TRY_ASSIGN(const uint64_t kept, keep_whole(os, store.dir(), folder, needed));
  TRY_ASSIGN(BlobWriter layout, BlobWriter::make(os, store.dir(), folder));
  Incoming incoming(store, std::move(layout), std::move(lock));
  incoming.resumed_bytes_ = kept;
  return incoming;
}

UniqueFd Incoming::let_programs_lock() const { return UniqueFd(lock_ ? ::fcntl(lock_->fd(), F_DUPFD, 3) : -1); }

void Incoming::remove() {
  if (!lock_) return;
  // What cannot be removed now goes with the store's upkeep, as does the lock's file.
  (void)remove_tree(store_->os(), store_->dir(), layout_.path());
}

}  // namespace larder::share
