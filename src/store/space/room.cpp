#include "store/space/room.hpp"

#include <sys/statvfs.h>

#include <cerrno>

namespace larder::store {

uint64_t free_bytes(const Store& store) {
  struct statvfs status {};
  if (::fstatvfs(store.dir(), &status) != 0) return UINT64_MAX;
  return uint64_t{status.f_bavail} * status.f_frsize;
}

bool is_full(const Store& store) {
  constexpr uint64_t room_bytes_min = uint64_t{1} << 20U;
  return free_bytes(store) < room_bytes_min;
}

bool is_disk_full(const Error& error) { return error.sys_errno == ENOSPC || error.sys_errno == EDQUOT; }

}  // namespace larder::store
