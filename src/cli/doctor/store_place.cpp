#include <fmt/format.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include <array>

#include "base/text.hpp"
#include "cli/doctor/checks.hpp"

namespace larder::cli {
namespace {

constexpr uint64_t few_bytes = 5'000'000'000;
constexpr uint64_t too_few_bytes = 100'000'000;

constexpr const char* another_place = "mkdir -p /var/tmp/larder-$USER && export LARDER_STORE=/var/tmp/larder-$USER";

struct KnownFileSystem {
  uint64_t magic;
  const char* type;
};

// statfs(2) and linux/magic.h
constexpr std::array disk_types = {
    KnownFileSystem{0xEF53, "ext4"},        KnownFileSystem{0x58465342, "xfs"}, KnownFileSystem{0x9123683E, "btrfs"},
    KnownFileSystem{0xF2F52010, "f2fs"},    KnownFileSystem{0x2FC12FC1, "zfs"}, KnownFileSystem{0xCA451A4E, "bcachefs"},
    KnownFileSystem{0x794C7630, "overlay"}, KnownFileSystem{0x4D44, "vfat"},
};
constexpr std::array network_types = {
    KnownFileSystem{0x6969, "nfs"},     KnownFileSystem{0xFF534D42, "cifs"}, KnownFileSystem{0xFE534D42, "smb"},
    KnownFileSystem{0x01021997, "9p"},  KnownFileSystem{0x65735546, "fuse"}, KnownFileSystem{0x00C36400, "ceph"},
    KnownFileSystem{0x5346414F, "afs"},
};
constexpr uint64_t tmpfs_magic = 0x01021994;

}  // namespace

FileSystem file_system_of(uint64_t magic) {
  for (const KnownFileSystem& known : disk_types)
    if (known.magic == magic) return {known.type, false, false};
  for (const KnownFileSystem& known : network_types)
    if (known.magic == magic) return {known.type, true, false};
  if (magic == tmpfs_magic) return {"tmpfs", false, true};
  return {fmt::format("unknown (0x{:X})", magic), false, false};
}

Check judge_file_system(const FileSystem& file_system) {
  const std::string name = "file system";
  if (file_system.is_network)
    return {Mark::warning, name, file_system.type + ": locks and overlays may not work there", another_place};
  if (file_system.is_memory)
    return {Mark::warning, name, file_system.type + ": the caches are gone at the next start", another_place};
  return {Mark::good, name, file_system.type, ""};
}

Check judge_free_space(uint64_t free_bytes) {
  const std::string text = format_bytes(free_bytes);
  if (free_bytes >= few_bytes) return {Mark::good, "free space", text, ""};
  return {free_bytes < too_few_bytes ? Mark::failed : Mark::warning, "free space", text + ": a build may need more",
          "larder cache clean --all   # or make room elsewhere; `larder cache stats` tells what the store takes"};
}

Section examine_store(const std::string& path, const Result<store::Store>& store) {
  if (!store)
    return {"Store", {{Mark::failed, "place", store.error().message + ": " + store.error().cause, another_place}}};
  Section section{"Store", {{Mark::good, "place", path, ""}}};
  struct statfs file_system {};
  struct statvfs space {};
  if (::fstatfs(store->dir(), &file_system) == 0)
    section.checks.push_back(judge_file_system(file_system_of(static_cast<uint64_t>(file_system.f_type) & 0xFFFFFFFF)));
  if (::fstatvfs(store->dir(), &space) == 0)
    section.checks.push_back(judge_free_space(static_cast<uint64_t>(space.f_bavail) * space.f_frsize));
  return section;
}

}  // namespace larder::cli
