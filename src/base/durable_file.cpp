#include "base/durable_file.hpp"

#include <fcntl.h>

#include "base/random_id.hpp"

namespace larder {
namespace {

Status write_new(Os& os, int dir, const std::string& path, std::string_view content, Durability durability,
                 mode_t mode) {
  TRY_ASSIGN(const UniqueFd fd, os.open(dir, path, O_WRONLY | O_CREAT | O_EXCL, mode));
  TRY(os.write_all(fd.get(), content));
  if (durability == Durability::disk) TRY(os.fsync(fd.get()));
  return {};
}

Status sync_parent(Os& os, int dir, const std::string& path) {
  const size_t slash = path.rfind('/');
  TRY_ASSIGN(const UniqueFd parent, os.open_dir(dir, slash == std::string::npos ? "." : path.substr(0, slash)));
  return os.fsync(parent.get());
}

}  // namespace

Status replace_file(Os& os, int dir, const std::string& path, std::string_view content, Durability durability,
                    mode_t mode) {
  const std::string temporary = path + ".new-" + random_id();
  Status done = write_new(os, dir, temporary, content, durability, mode);
  if (done) done = os.rename(dir, temporary, dir, path);
  if (!done) {
    (void)os.unlink(dir, temporary);  // the first error is the one to report
    const bool names_temporary = done.error().message.find(temporary) != std::string::npos;
    if (names_temporary) done.error().message = "cannot write " + path;
    return done;
  }
  if (durability == Durability::disk) return sync_parent(os, dir, path);
  return {};
}

}  // namespace larder
