#include "cli/existing_store.hpp"

#include <fcntl.h>

namespace larder::cli {

Result<std::optional<store::Store>> open_existing_store(Os& os, const std::string& path) {
  TRY_ASSIGN(const auto found, os.stat(AT_FDCWD, path));
  if (!found) return std::optional<store::Store>();
  TRY_ASSIGN(store::Store store, store::Store::open(os, path));
  return std::optional(std::move(store));
}

std::optional<store::Store> look_at_store(Os& os) {
  const auto path = store::default_store_path();
  auto store = path ? store::Store::look(os, *path) : Result<std::optional<store::Store>>(std::nullopt);
  return store ? std::move(*store) : std::nullopt;
}

}  // namespace larder::cli
