#include "store/stamp.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/sysmacros.h>

#include <cerrno>

#include "base/file_lock.hpp"
#include "base/random_id.hpp"

namespace larder::store {
namespace {

constexpr const char* stamp = "stamp";
constexpr const char* attribute = "user.larder.stamp";

Status make_time(Os& os, int store, const std::string& path) {
  constexpr timespec nanoseconds = {1'000'000'000, 123'456'789};
  const timespec times[2] = {nanoseconds, nanoseconds};
  TRY_ASSIGN(const UniqueFd file, os.open(store, path, O_WRONLY | O_CREAT | O_EXCL, 0600));
  TRY(os.futimens(file.get(), times));
  return os.fsync(file.get());
}

Status make_deletion(Os& os, int store, const std::string& path) {
  const Status made = os.mknod(store, path, S_IFCHR, makedev(0, 0));
  return made || made.error().sys_errno != EPERM ? made : Status();
}

/// What the stamp has beside its attribute: the time as the file system keeps it, and whether there is a deletion.
Result<std::string> specimens(Os& os, int store, const std::string& folder) {
  TRY_ASSIGN(const auto time, os.stat(store, folder + "/time"));
  TRY_ASSIGN(const auto deletion, os.stat(store, folder + "/deletion"));
  const bool is_deletion = deletion && S_ISCHR(deletion->st_mode) && deletion->st_rdev == makedev(0, 0);
  if (!time) return std::string();
  return fmt::format("{}.{:09}{}", time->st_mtim.tv_sec, time->st_mtim.tv_nsec, is_deletion ? " deletion" : "");
}

Status fill(Os& os, int store, const std::string& folder) {
  TRY(os.mkdir(store, folder, 0700));
  TRY(make_time(os, store, folder + "/time"));
  TRY(make_deletion(os, store, folder + "/deletion"));
  TRY_ASSIGN(const std::string text, specimens(os, store, folder));
  TRY(os.set_xattr(store, folder, attribute, text));
  TRY_ASSIGN(const UniqueFd made, os.open_dir(store, folder));
  return os.fsync(made.get());
}

}  // namespace

Status make_stamp(Os& os, int store) {
  // Whoever empties the trash meanwhile would take the stamp away before it has its name.
  TRY_ASSIGN(const FileLock lock, FileLock::acquire(os, store, "trash.lock", LockMode::exclusive));
  const std::string folder = "trash/stamp-" + random_id();
  const Status filled = fill(os, store, folder);
  if (!filled && filled.error().sys_errno == ENOTSUP) return {};  // the collector removes what there is of it
  TRY(filled);
  const Status moved = os.rename_new(store, folder, store, stamp);
  return moved || moved.error().sys_errno != EEXIST ? moved : Status();
}

Status check_stamp(Os& os, int store, const std::string& path) {
  TRY_ASSIGN(const auto known, os.stat(store, stamp));
  if (!known) return {};
  TRY_ASSIGN(const auto expected, os.get_xattr(store, stamp, attribute));
  TRY_ASSIGN(const std::string found, specimens(os, store, stamp));
  if (expected == found) return {};
  return fail(ErrorCode::damage, "the store " + path + " is an incomplete copy",
              "it was copied without extended attributes, times to the nanosecond or devices: deleted files would be "
              "back, and changed ones be taken for old",
              "copy it with what keeps them (`cp -a`, `tar --posix --xattrs`), or delete it: builds fill a new one");
}

}  // namespace larder::store
