#include "store/branch/history.hpp"

#include <algorithm>
#include <ctime>
#include <set>

#include "base/text.hpp"
#include "store/layer/disk_usage.hpp"

namespace larder::store {
namespace {

/// No value for what is not there any more, or cannot be understood: the past ends there.
Result<std::optional<Generation>> read_if_sound(const Store& store, const std::string& id) {
  auto generation = read_generation(store, id);
  if (generation) return std::optional(std::move(*generation));
  if (generation.error().code == ErrorCode::damage || generation.error().code == ErrorCode::usage)
    return std::optional<Generation>();
  return fail(generation.error());
}

Result<std::string> oldest_kept(const Store& store, const VolumeKey& key) {
  const auto oldest = read_ref(store, key, RefName::oldest);
  if (oldest) return oldest->value_or("");
  if (oldest.error().code == ErrorCode::damage) return std::string();  // then all of it is kept
  return fail(oldest.error());
}

}  // namespace

Result<std::vector<Generation>> kept_generations(const Store& store, const VolumeKey& key, const std::string& id) {
  TRY_ASSIGN(const std::string oldest, oldest_kept(store, key));
  std::vector<Generation> all;
  std::set<std::string> seen;
  for (std::string next = id; !next.empty() && seen.insert(next).second;) {
    TRY_ASSIGN(auto generation, read_if_sound(store, next));
    if (!generation) break;
    next = generation->id == oldest ? "" : generation->parent;
    all.push_back(std::move(*generation));
  }
  if (all.empty() || all.front().last_success.empty() || seen.count(all.front().last_success) > 0) return all;
  TRY_ASSIGN(auto good, read_if_sound(store, all.front().last_success));
  if (good) all.push_back(std::move(*good));
  return all;
}

Result<History> history(const Store& store, const VolumeKey& key) {
  TRY_ASSIGN(const auto current, current_generation(store, key));
  if (!current) return History();
  return kept_generations(store, key, current->id);
}

Result<Generation> find_generation(const History& history, const std::string& text) {
  const Generation* found = nullptr;
  for (const Generation& generation : history) {
    if (text.empty() || !generation.id.starts_with(text)) continue;
    if (found != nullptr)
      return fail(ErrorCode::usage, "several generations begin with " + printable(text), {},
                  "give more of its letters");
    found = &generation;
  }
  if (found != nullptr) return *found;
  return fail(ErrorCode::usage, "no such generation: " + printable(text), {},
              "`larder cache log VOLUME` shows those that are kept");
}

std::vector<Generation> line_of(std::vector<Generation> kept) {
  const auto end = std::adjacent_find(kept.begin(), kept.end(), [](const Generation& newer, const Generation& older) {
    return newer.parent != older.id;
  });
  if (end != kept.end()) kept.erase(end + 1, kept.end());
  return kept;
}

Result<size_t> count_kept(const Store& store, const std::vector<Generation>& line, const Retention& retention,
                          int64_t now_seconds) {
  TRY_ASSIGN(const uint64_t content, content_bytes(store, line.front().layers));
  DiskUsage usage(store);
  uint64_t total = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    const bool wanted = i < static_cast<size_t>(std::max(1, retention.generations)) ||
                        line[i].created_seconds > now_seconds - retention.seconds;
    for (const std::string& layer : line[i].layers) {
      TRY_ASSIGN(const uint64_t bytes, usage.add_layer(layer));
      total += bytes;
    }
    if (i > 0 && (!wanted || total > allowed_bytes(content))) return i;
  }
  return line.size();
}

Status trim_history(const Store& store, const VolumeKey& key, const Retention& retention, int64_t now_seconds) {
  TRY_ASSIGN(const FileLock store_lock, store.lock(LockMode::shared));
  TRY_ASSIGN(const FileLock lock, lock_ref(store, key));
  TRY_ASSIGN(const auto current, current_generation(store, key));
  if (!current) return {};
  TRY_ASSIGN(auto kept, kept_generations(store, key, current->id));
  const std::vector<Generation> line = line_of(std::move(kept));
  TRY_ASSIGN(const size_t count, count_kept(store, line, retention, now_seconds));
  if (count == line.size()) return {};
  return write_ref(store, key, RefName::oldest, line[count - 1].id, Durability::none);
}

Result<bool> cut_history(const Store& store, const VolumeKey& key, const std::string& newest,
                         const std::string& oldest) {
  TRY_ASSIGN(const FileLock lock, lock_ref(store, key));
  TRY_ASSIGN(const auto current, current_generation(store, key));
  if (!current || current->id != newest) return false;
  TRY(write_ref(store, key, RefName::oldest, oldest, Durability::none));
  return true;
}

}  // namespace larder::store
