#include "store/layer/disk_usage.hpp"

#include <algorithm>
#include <cerrno>

#include "store/layer/merged_tree.hpp"

namespace larder::store {
namespace {

template <typename T>
bool is_passed_over(const Result<T>& result) {
  return !result && (result.error().sys_errno == EACCES || result.error().sys_errno == ENOENT);
}

using Visitor = std::function<void(const struct stat&)>;

Status visit_entry(Os& os, int dir, const std::string& name, const Visitor& visitor) {
  const auto found = os.stat(dir, name);
  if (is_passed_over(found)) return {};
  if (!found) return fail(found.error());
  if (!*found) return {};
  visitor(**found);
  if (!S_ISDIR((*found)->st_mode)) return {};
  const auto fd = os.open_dir(dir, name);
  if (is_passed_over(fd)) return {};
  if (!fd) return fail(fd.error());
  const auto entries = os.list(fd->get(), ".");
  if (is_passed_over(entries)) return {};
  if (!entries) return fail(entries.error());
  for (const DirEntry& entry : *entries) TRY(visit_entry(os, fd->get(), entry.name, visitor));
  return {};
}

}  // namespace

uint64_t disk_bytes(const struct stat& status) { return static_cast<uint64_t>(status.st_blocks) * 512; }

Status visit_tree(const Store& store, const std::string& path, const Visitor& visitor) {
  return visit_entry(store.os(), store.dir(), path, visitor);
}

Result<uint64_t> DiskUsage::add(const std::string& path) {
  uint64_t bytes = 0;
  TRY(visit_tree(*store_, path, [&](const struct stat& status) {
    const bool several = status.st_nlink > 1 && !S_ISDIR(status.st_mode);
    if (several && !seen_.emplace(status.st_dev, status.st_ino).second) return;
    bytes += disk_bytes(status);
  }));
  return bytes;
}

Result<uint64_t> DiskUsage::add_layer(const std::string& layer) {
  if (!layers_.insert(layer).second) return uint64_t{0};
  return add("layers/" + layer);
}

uint64_t allowed_bytes(uint64_t content_bytes) {
  constexpr uint64_t small_bytes = 4 << 20;
  return content_bytes + std::max(content_bytes, small_bytes);
}

Result<uint64_t> content_bytes(const Store& store, const std::vector<std::string>& layers) {
  uint64_t bytes = 0;
  TRY_ASSIGN(const MergedTree merged, MergedTree::open(store, layer_roots(layers)));
  const Status walked = merged.walk([&](const MergedEntry& entry) -> Status {
    bytes += disk_bytes(entry.status);
    return {};
  });
  if (!walked && walked.error().sys_errno != EACCES) return fail(walked.error());  // opened when it is settled
  return bytes;
}

}  // namespace larder::store
