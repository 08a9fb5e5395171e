#include "base/copy_file.hpp"

#include <fcntl.h>

namespace larder {
namespace {

Status copy_into(Os& os, int from, int to, const struct stat& status) {
  TRY(os.copy_range(from, to, static_cast<size_t>(status.st_size)));
  TRY(os.fchmod(to, status.st_mode & 0777U));
  return os.futimens(to, {status.st_atim, status.st_mtim});
}

}  // namespace

Status copy_file(Os& os, int from_dir, const std::string& from, int to_dir, const std::string& to) {
  TRY_ASSIGN(const UniqueFd source, os.open(from_dir, from, O_RDONLY | O_NOFOLLOW));
  TRY_ASSIGN(const auto status, os.fstat(source.get()));
  TRY_ASSIGN(const UniqueFd copy, os.open(to_dir, to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
  const Status done = copy_into(os, source.get(), copy.get(), status);
  if (!done) (void)os.unlink(to_dir, to);  // the first error is the one to report
  return done;
}

}  // namespace larder
