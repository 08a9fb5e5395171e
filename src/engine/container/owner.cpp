#include "engine/container/owner.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>

#include "base/os.hpp"
#include "base/sha256.hpp"

namespace larder::engine {
namespace {

std::string label(const Labels& labels, const char* name) {
  const auto found = labels.find(name);
  return found == labels.end() ? "" : found->second;
}

/// As store::Transaction makes ids: the label may be anybody's.
bool is_id(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

/// The file `format` is written once in a store's life.
std::string store_key(const std::string& store_path) {
  Os os;
  const auto format = os.stat(AT_FDCWD, store_path + "/format");
  if (!format || !*format) return {};
  Sha256 hash;
  hash.field(store_path);
  hash.field(fmt::format("{} {}.{}", (*format)->st_ino, (*format)->st_mtim.tv_sec, (*format)->st_mtim.tv_nsec));
  return hash.finish().substr(0, 16);
}

bool is_over(const Labels& labels) {
  const std::string store = label(labels, "larder.store");
  const std::string transaction = label(labels, "larder.transaction");
  if (!store.starts_with('/') || !is_id(transaction)) return false;
  Os os;
  const std::string path = store + "/transactions/" + transaction + "/lease";
  const auto lease = os.open(AT_FDCWD, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (lease) return os.flock(lease->get(), LOCK_SH | LOCK_NB).has_value();
  const std::string key = label(labels, "larder.store-key");
  return lease.error().sys_errno == ENOENT && !key.empty() && key == store_key(store);
}

}  // namespace larder::engine
