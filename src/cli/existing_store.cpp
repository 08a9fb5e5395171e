#include "cli/existing_store.hpp"

#include <fcntl.h>

namespace larder::cli {

Result<std::optional<store::Store>> open_existing_store(Os& os, const std::string& path) {
  TRY_ASSIGN(const auto found, os.stat(AT_FDCWD, path));
  if (!found) return std::optional<store::Store>();
  TRY_ASSIGN(store::Store store, store::Store::open(os, path));
  return std::optional(std::move(store));
}

}  // namespace larder::cli
