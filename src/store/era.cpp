#include "store/era.hpp"

#include <cerrno>

#include "base/durable_file.hpp"
#include "base/random_id.hpp"

namespace larder::store {

Result<std::string> era(const Store& store) {
  TRY_ASSIGN(const std::string boot, boot_id(store.os()));
  const auto text = read_file(store.os(), store.dir(), "era", 4096);
  if (!text && text.error().sys_errno == ENOENT) return boot;
  if (!text) return fail(text.error());
  if (!text->starts_with(boot + "/") || text->back() != '\n') return boot;  // of another boot
  return text->substr(0, text->size() - 1);
}

/// It need not be durable: after a power cut the boot id is another one.
Status begin_era(const Store& store) {
  TRY_ASSIGN(const std::string boot, boot_id(store.os()));
  return replace_file(store.os(), store.dir(), "era", boot + "/" + random_id() + "\n", Durability::none);
}

}  // namespace larder::store
