#include "base/copy_file.hpp"

#include <fcntl.h>

#include "base/user_attributes.hpp"

namespace larder {
Status copy_file(Os& os, int from_dir, const std::string& from, int to_dir, const std::string& to) {
  TRY_ASSIGN(const UniqueFd source, os.open(from_dir, from, O_RDONLY | O_NOFOLLOW));
  TRY_ASSIGN(const auto status, os.fstat(source.get()));
  TRY_ASSIGN(const UniqueFd copy, os.open(to_dir, to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
  const auto fill = [&]() -> Status {
    TRY(os.copy_range(source.get(), copy.get(), static_cast<size_t>(status.st_size)));
    TRY(copy_user_attributes(os, from_dir, from, to_dir, to));
    TRY(os.fchmod(copy.get(), status.st_mode & 0777U));
    return os.futimens(copy.get(), {status.st_atim, status.st_mtim});
  };
  const Status done = fill();
  if (!done) (void)os.unlink(to_dir, to);  // the first error is the one to report
  return done;
}

}  // namespace larder
