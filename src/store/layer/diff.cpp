#include "store/layer/diff.hpp"

#include <array>

#include "store/layer/merged_tree.hpp"

namespace larder::store {
namespace {

constexpr std::array change_names = {"added", "removed", "changed"};

bool is_listed(const ManifestEntry& entry) { return entry.type == 'f' || entry.type == 'l' || entry.type == 'p'; }

void erase_beneath(Content& content, const std::string& folder) {
  const auto begin = content.lower_bound(folder + "/");
  const auto end = content.lower_bound(folder + static_cast<char>('/' + 1));
  content.erase(begin, end);
}

void lay_over(Content& content, const Manifest& layer) {
  for (const ManifestEntry& entry : layer) {
    content.erase(entry.path);
    if (entry.type != 'd') erase_beneath(content, entry.path);
  }
  for (const ManifestEntry& entry : layer)
    if (is_listed(entry)) content.emplace(entry.path, &entry);
}

bool same_file(const ManifestEntry& a, const ManifestEntry& b) {
  return a.type == b.type && a.mode == b.mode && a.size_bytes == b.size_bytes && a.content == b.content &&
         a.attributes == b.attributes;
}

Status check_present(const Store& store, const std::string& layer) {
  TRY_ASSIGN(const auto missing, missing_layer(store, {layer}));
  if (missing) return fail(ErrorCode::damage, "layer " + layer + " is missing");
  return {};
}

}  // namespace

Result<const Manifest*> ContentReader::layer(const std::string& layer) {
  const auto known = manifests_.find(layer);
  if (known != manifests_.end()) return &known->second;
  TRY(check_present(*store_, layer));
  TRY_ASSIGN(const bool settled, has_manifest(*store_, layer));
  TRY_ASSIGN(Manifest manifest, settled ? read_manifest(*store_, layer) : scan_layer(*store_, layer));
  return &manifests_.emplace(layer, std::move(manifest)).first->second;
}

Result<Content> ContentReader::content(const std::vector<std::string>& layers) {
  Content content;
  for (const std::string& name : layers) {
    TRY_ASSIGN(const Manifest* const manifest, layer(name));
    lay_over(content, *manifest);
  }
  return content;
}

const char* to_string(Change change) { return change_names[static_cast<size_t>(change)]; }

std::vector<FileChange> compare(const Content& from, const Content& to) {
  std::vector<FileChange> changes;
  auto before = from.begin();
  auto after = to.begin();
  while (before != from.end() || after != to.end()) {
    const bool gone = after == to.end() || (before != from.end() && before->first < after->first);
    const bool is_new = !gone && (before == from.end() || after->first < before->first);
    if (gone)
      changes.push_back({std::string(before->first), Change::removed, before->second->size_bytes, 0});
    else if (is_new)
      changes.push_back({std::string(after->first), Change::added, 0, after->second->size_bytes});
    else if (!same_file(*before->second, *after->second))
      changes.push_back(
          {std::string(after->first), Change::changed, before->second->size_bytes, after->second->size_bytes});
    if (!is_new) ++before;
    if (!gone) ++after;
  }
  return changes;
}

Result<std::vector<FileChange>> diff_layers(const Store& store, const std::vector<std::string>& from,
                                            const std::vector<std::string>& to) {
  ContentReader reader(store);
  TRY_ASSIGN(const Content before, reader.content(from));
  TRY_ASSIGN(const Content after, reader.content(to));
  return compare(before, after);
}

}  // namespace larder::store
