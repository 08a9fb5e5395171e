#include "store/space/footprint.hpp"

#include <algorithm>
#include <array>

#include "store/layer/disk_usage.hpp"

namespace larder::store {
namespace {

constexpr std::array folders_of_parts = {"layers", "generations", "transactions", "trash"};

}  // namespace

Result<LayersSize> measure_layers(const Store& store, const std::set<std::string>& layers) {
  LayersSize size;
  std::map<std::pair<dev_t, ino_t>, uint64_t> links_seen;
  for (const std::string& layer : layers)
    TRY(visit_tree(store, "layers/" + layer, [&](const struct stat& status) {
      const bool directory = S_ISDIR(status.st_mode);
      const uint64_t seen = directory ? 1 : ++links_seen[{status.st_dev, status.st_ino}];
      if (seen == 1) size.disk_bytes += disk_bytes(status);
      if (directory || seen == status.st_nlink) size.own_bytes += disk_bytes(status);
    }));
  return size;
}

Result<Footprint> Footprint::measure(const Store& store) {
  Footprint all;
  TRY_ASSIGN(const auto entries, store.os().list(store.dir(), "."));
  TRY_ASSIGN(const auto root, store.os().fstat(store.dir()));
  all.bytes_ = disk_bytes(root);
  for (const DirEntry& entry : entries) {
    const auto* const folder = std::find(folders_of_parts.begin(), folders_of_parts.end(), entry.name);
    if (folder != folders_of_parts.end())
      TRY(all.add(store, *folder));
    else
      TRY(all.look_at(store, entry.name));
  }
  return all;
}

Result<Footprint::Part> Footprint::look_at(const Store& store, const std::string& path) {
  Part part;
  TRY(visit_tree(store, path, [&](const struct stat& status) {
    if (S_ISDIR(status.st_mode) || status.st_nlink < 2) {
      part.own_bytes += disk_bytes(status);
      return;
    }
    const auto [number, is_new] = numbers_.try_emplace({status.st_dev, status.st_ino}, files_.size());
    if (is_new) {
      files_.push_back({disk_bytes(status), 0});
      bytes_ += disk_bytes(status);
    }
    ++files_[number->second].links;
    part.linked.push_back(number->second);
  }));
  bytes_ += part.own_bytes;
  return part;
}

Status Footprint::add(const Store& store, const std::string& folder) {
  TRY_ASSIGN(const auto status, store.os().stat(store.dir(), folder));
  if (status) bytes_ += disk_bytes(*status);
  TRY_ASSIGN(const auto entries, store.os().list(store.dir(), folder));
  for (const DirEntry& entry : entries) {
    std::string path = folder + "/" + entry.name;
    TRY_ASSIGN(Part part, look_at(store, path));
    parts_.emplace(std::move(path), std::move(part));
  }
  return {};
}

std::vector<std::string> Footprint::parts() const {
  std::vector<std::string> paths;
  for (const auto& [path, part] : parts_) paths.push_back(path);
  return paths;
}

std::map<size_t, uint64_t> Footprint::links_in(const std::vector<std::string>& parts) const {
  std::map<size_t, uint64_t> links;
  for (const std::string& path : parts) {
    const auto part = parts_.find(path);
    if (part == parts_.end()) continue;
    for (const size_t number : part->second.linked) ++links[number];
  }
  return links;
}

uint64_t Footprint::bytes_of(const std::vector<std::string>& parts) const {
  uint64_t bytes = 0;
  for (const std::string& path : parts)
    if (const auto part = parts_.find(path); part != parts_.end()) bytes += part->second.own_bytes;
  for (const auto& [number, links] : links_in(parts)) bytes += files_[number].bytes;
  return bytes;
}

uint64_t Footprint::freed_by(const std::vector<std::string>& parts) const {
  uint64_t bytes = 0;
  for (const std::string& path : parts)
    if (const auto part = parts_.find(path); part != parts_.end()) bytes += part->second.own_bytes;
  for (const auto& [number, links] : links_in(parts))
    if (links == files_[number].links) bytes += files_[number].bytes;
  return bytes;
}

uint64_t Footprint::remove(const std::string& part) {
  const uint64_t freed = freed_by({part});
  const auto gone = parts_.find(part);
  if (gone == parts_.end()) return 0;
  for (const size_t number : gone->second.linked) --files_[number].links;
  parts_.erase(gone);
  bytes_ -= freed;
  return freed;
}

}  // namespace larder::store
