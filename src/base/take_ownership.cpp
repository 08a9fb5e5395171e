#include "base/take_ownership.hpp"

#include <sys/stat.h>

namespace larder {
namespace {

constexpr mode_t identity_bits = S_ISUID | S_ISGID;

bool is_kept(const struct stat& status) {
  const bool deletion = S_ISCHR(status.st_mode) && status.st_rdev == 0;
  return S_ISREG(status.st_mode) || S_ISDIR(status.st_mode) || S_ISLNK(status.st_mode) || deletion;
}

Status take_entry(Os& os, int dir, const std::string& name, const struct stat& status) {
  // Also of a file that is root's already: the kernel then takes away its capabilities.
  if (S_ISREG(status.st_mode) || status.st_uid != 0 || status.st_gid != 0) TRY(os.chown(dir, name, 0, 0));
  if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return {};
  const mode_t needed = S_ISDIR(status.st_mode) ? 0700 : 0600;
  const mode_t wanted = ((status.st_mode & 07777) | needed) & ~identity_bits;
  return wanted == (status.st_mode & 07777) ? Status() : os.chmod(dir, name, wanted);
}

Status take_tree(Os& os, int dir, const std::string& name) {
  TRY_ASSIGN(const auto status, os.stat(dir, name));
  if (!status) return {};
  if (!is_kept(*status)) return os.unlink(dir, name);
  TRY(take_entry(os, dir, name, *status));
  if (!S_ISDIR(status->st_mode)) return {};
  TRY_ASSIGN(const UniqueFd folder, os.open_dir(dir, name));
  TRY_ASSIGN(const auto entries, os.list(folder.get(), "."));
  for (const DirEntry& entry : entries) TRY(take_tree(os, folder.get(), entry.name));
  return {};
}

}  // namespace

Status take_ownership(Os& os, int dir, const std::string& path) { return take_tree(os, dir, path); }

}  // namespace larder
