#include "store/branch/writer.hpp"

#include <cerrno>

#include "base/durable_file.hpp"
#include "store/branch/ref.hpp"

namespace larder::store {

Result<std::optional<FileLock>> try_writer(const Store& store, const VolumeKey& key, const std::string& holder) {
  TRY(make_dirs(store.os(), store.dir(), ref_dir(key)));
  auto lock = FileLock::try_acquire(store.os(), store.dir(), ref_dir(key) + "/writer", LockMode::exclusive);
  if (!lock) return fail(with_other_place(std::move(lock.error())));
  if (!*lock) return lock;
  TRY_ASSIGN(const FileLock store_lock, store.lock(LockMode::shared));  // no collector takes away what is half written
  TRY(replace_file(store.os(), store.dir(), ref_dir(key) + "/holder", holder, Durability::none));
  return lock;
}

Result<bool> has_writer(const Store& store, const VolumeKey& key) {
  const std::string path = ref_dir(key) + "/writer";
  TRY_ASSIGN(const auto status, store.os().stat(store.dir(), path));
  if (!status) return false;
  TRY_ASSIGN(const auto lock, FileLock::try_acquire(store.os(), store.dir(), path, LockMode::shared));
  return !lock.has_value();
}

Result<FileLock> claim_writer(const Store& store, const VolumeKey& key, const std::string& holder) {
  TRY_ASSIGN(auto writer, try_writer(store, key, holder));
  if (writer) return std::move(*writer);
  TRY_ASSIGN(const std::string other, writer_holder(store, key));
  return fail(ErrorCode::environment, "the volume " + key.name() + " is in use", "by " + other,
              "wait until it has ended, or stop it, then try again");
}

Result<std::string> writer_holder(const Store& store, const VolumeKey& key) {
  auto text = read_file(store.os(), store.dir(), ref_dir(key) + "/holder", 65536);
  if (!text && text.error().sys_errno == ENOENT) return std::string();
  return text;
}

}  // namespace larder::store
