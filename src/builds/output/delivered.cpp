#include "builds/output/delivered.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <set>

#include "base/durable_file.hpp"
#include "base/hash_file.hpp"
#include "base/sha256.hpp"
#include "builds/output/result_path.hpp"

namespace larder::builds {
namespace {

using nlohmann::json;

constexpr size_t record_bytes_max = size_t{16} << 20;

/// What the entry of that name is now; empty where there is none, or it is neither file nor link.
Result<std::string> mark_of(Os& os, int dir, const std::string& name) {
  TRY_ASSIGN(const auto status, os.stat(dir, name));
  if (!status) return std::string();
  if (S_ISLNK(status->st_mode)) {
    TRY_ASSIGN(const std::string text, os.read_link(dir, name));
    return "-> " + text;
  }
  if (!S_ISREG(status->st_mode)) return std::string();
  TRY_ASSIGN(const UniqueFd file, os.open(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  std::vector<char> buffer(hash_buffer_bytes);
  return hash_file(os, file.get(), buffer);
}

/// Whether what was put there is surely not there any more: its folder has gone, or is another thing now.
bool tells_of_absence(const Error& error) {
  return error.sys_errno == ENOENT || error.sys_errno == ENOTDIR || error.sys_errno == ELOOP ||
         error.sys_errno == EXDEV;
}

/// An older Larder has written the last kind alone.
std::set<std::string> kinds_in(const json& entry) {
  if (const auto kind = entry.find("kind"); kind != entry.end()) return {kind->get<std::string>()};
  return entry.at("kinds").get<std::set<std::string>>();
}

std::string recipe_of(const std::string& kind) { return kind.substr(0, kind.find(kind_mark)); }

}  // namespace

std::string Delivered::path() const { return "results/" + sha256_hex(folder_).substr(0, 32); }

Result<Delivered> Delivered::read(const store::Store& store, const std::string& project, const std::string& folder) {
  Delivered delivered(store, project, folder);
  const auto text = read_file(store.os(), store.dir(), delivered.path(), record_bytes_max);
  if (!text) return delivered;  // none yet, or none that is of use
  try {
    const json data = json::parse(*text);
    if (data.at("folder") != folder) return delivered;
    for (const auto& [name, entry] : data.at("results").items())
      delivered.entries_[name] = {entry.at("content"), kinds_in(entry)};
    delivered.text_ = *text;
  } catch (const json::exception&) {
    delivered.entries_.clear();
  }
  return delivered;
}

Status Delivered::remove_others(const std::string& kind, const std::vector<std::string>& names) {
  const std::set<std::string> kept(names.begin(), names.end());
  const auto folder = open_folder();
  if (!folder && !tells_of_absence(folder.error())) return fail(folder.error());
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const std::set<std::string>& kinds = entry->second.kinds;
    const bool goes = std::any_of(kinds.begin(), kinds.end(), [&](const std::string& other) {
      return other == kind || recipe_of(other) != recipe_of(kind);
    });
    if (!goes || kept.count(entry->first) != 0) {
      ++entry;
      continue;
    }
    if (folder) TRY(remove(folder->get(), entry->first, entry->second));
    entry = entries_.erase(entry);
  }
  return {};
}

Result<UniqueFd> Delivered::open_folder() const {
  Os& os = store_->os();
  TRY_ASSIGN(const UniqueFd project, os.open(AT_FDCWD, project_, O_RDONLY | O_DIRECTORY));
  return os.open_dir_beneath(project.get(), folder_.substr(project_.size() + 1));
}

Status Delivered::remove(int folder, const std::string& name, const Entry& entry) const {
  Os& os = store_->os();
  const std::string inner = folder_of(name);
  const auto holder = os.open_dir_beneath(folder, inner.empty() ? "." : inner);
  if (!holder && tells_of_absence(holder.error())) return {};
  if (!holder) return fail(holder.error());
  TRY_ASSIGN(const std::string mark, mark_of(os, holder->get(), name_of(name)));
  if (mark != entry.mark) return {};
  TRY(os.unlink(holder->get(), name_of(name)));
  for (std::string empty = inner; !empty.empty(); empty = folder_of(empty)) {
    const std::string outer = folder_of(empty);
    const auto parent = os.open_dir_beneath(folder, outer.empty() ? "." : outer);
    if (!parent || !os.rmdir(parent->get(), name_of(empty))) break;  // something else lies in it
  }
  return {};
}

Status Delivered::keep(const std::string& kind, const std::vector<Artifact>& artifacts) {
  for (const Artifact& artifact : artifacts) {
    Entry& entry = entries_[artifact.path.substr(folder_.size() + 1)];
    entry.mark = artifact.link.empty() ? artifact.sha256 : "-> " + artifact.link;
    entry.kinds.insert(kind);
  }
  json results = json::object();
  for (const auto& [name, entry] : entries_) results[name] = {{"content", entry.mark}, {"kinds", entry.kinds}};
  const std::string text =
      json({{"folder", folder_}, {"results", results}}).dump(-1, ' ', false, json::error_handler_t::replace);
  if (text == text_) return {};
  TRY_ASSIGN(const FileLock lock, store_->lock(LockMode::shared));
  return replace_file(store_->os(), store_->dir(), path(), text, Durability::none);
}

}  // namespace larder::builds
