#include "store/branch/ref.hpp"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>

#include "base/sha256.hpp"
#include "base/text.hpp"
#include "store/era.hpp"

namespace larder::store {
namespace {

constexpr const char* first_word = "larder-ref-1";

const char* file_name(RefName name) {
  switch (name) {
    case RefName::current:
      return "current";
    case RefName::settled:
      return "settled";
    case RefName::oldest:
      return "oldest";
  }
  INVARIANT(false);
  return "";
}

std::string checksum(const VolumeKey& key, const std::string& generation) {
  Sha256 hash;
  for (const std::string& field : {std::string(to_string(key.trust())), key.name(), key.variant(), generation})
    hash.field(field);
  return hash.finish().substr(0, 16);
}

std::string line_of(const VolumeKey& key, const std::string& generation) {
  return std::string(first_word) + " " + generation + " " + checksum(key, generation) + "\n";
}

bool is_damage(const Error& error) { return error.code == ErrorCode::damage; }

Result<std::optional<Generation>> read_named(const Store& store, const VolumeKey& key, RefName name) {
  TRY_ASSIGN(const auto id, read_ref(store, key, name));
  if (!id) return std::optional<Generation>();
  TRY_ASSIGN(Generation generation, read_generation(store, *id));
  return std::optional(std::move(generation));
}

/// Unsettled generations of this era are sound: nothing but a power cut or a failing disk can tear them.
Result<bool> usable(const Store& store, const VolumeKey& key, const Generation& generation) {
  TRY_ASSIGN(const std::string now, era(store));
  if (generation.era == now) return true;
  const auto settled = read_ref(store, key, RefName::settled);
  return settled && *settled && **settled == generation.id;
}

}  // namespace

std::string ref_dir(const VolumeKey& key) {
  INVARIANT(!key.name().empty());
  return std::string("refs/") + to_string(key.trust()) + "/" + key.name() + "/" + key.variant();
}

std::string ref_path(const VolumeKey& key, RefName name) { return ref_dir(key) + "/" + file_name(name); }

std::optional<std::string> parse_ref(const VolumeKey& key, const std::string& text) {
  const auto words = split(text, ' ');
  const bool is_one = words.size() == 3 && check_name(words[1], "generation") && text == line_of(key, words[1]);
  return is_one ? std::optional(words[1]) : std::nullopt;
}

Result<std::optional<std::string>> read_ref(const Store& store, const VolumeKey& key, RefName name) {
  const std::string path = ref_path(key, name);
  Result<std::string> text = read_file(store.os(), store.dir(), path, 4096);
  if (!text) {
    if (text.error().sys_errno == ENOENT) return std::optional<std::string>();
    return fail(text.error());
  }
  if (auto id = parse_ref(key, *text)) return id;
  return fail(ErrorCode::damage, "the ref " + path + " is damaged", {},
              "`larder cache verify " + key.name() + " --repair` goes back to what is sound");
}

Status write_ref(const Store& store, const VolumeKey& key, RefName name, const std::string& generation,
                 Durability durability) {
  return replace_file(store.os(), store.dir(), ref_path(key, name), line_of(key, generation), durability);
}

Result<std::optional<Generation>> current_generation(const Store& store, const VolumeKey& key) {
  auto current = read_named(store, key, RefName::current);
  if (!current && !is_damage(current.error())) return current;
  if (current && !*current) return current;
  if (current) {
    TRY_ASSIGN(const bool sound, usable(store, key, **current));
    if (sound) return current;
  }
  return read_named(store, key, RefName::settled);
}

Status remove_refs(const Store& store, const VolumeKey& key) {
  TRY_ASSIGN(const FileLock lock, lock_ref(store, key));
  for (const char* name : {"/settled", "/current", "/oldest", "/note", "/good"}) {
    const Status gone = store.os().unlink(store.dir(), ref_dir(key) + name);
    if (!gone && gone.error().sys_errno != ENOENT) return gone;
  }
  TRY_ASSIGN(const UniqueFd dir, store.os().open_dir(store.dir(), ref_dir(key)));
  return store.os().fsync(dir.get());
}

Result<std::optional<std::string>> read_note(const Store& store, const VolumeKey& key) {
  auto text = read_file(store.os(), store.dir(), ref_dir(key) + "/note", 1 << 20);
  if (text) return std::optional(std::move(*text));
  if (text.error().sys_errno == ENOENT) return std::optional<std::string>();
  return fail(text.error());
}

Status write_note(const Store& store, const VolumeKey& key, const std::string& text) {
  TRY_ASSIGN(const FileLock lock, store.lock(LockMode::shared));  // the collector removes temporary files
  TRY(make_dirs(store.os(), store.dir(), ref_dir(key)));
  return replace_file(store.os(), store.dir(), ref_dir(key) + "/note", text, Durability::none);
}

Status remove_note(const Store& store, const VolumeKey& key) {
  const Status gone = store.os().unlink(store.dir(), ref_dir(key) + "/note");
  if (!gone && gone.error().sys_errno != ENOENT) return gone;
  return {};
}

Result<FileLock> lock_ref(const Store& store, const VolumeKey& key) {
  TRY(make_dirs(store.os(), store.dir(), ref_dir(key)));
  return FileLock::acquire(store.os(), store.dir(), ref_dir(key) + "/lock", LockMode::exclusive);
}

Result<std::vector<VolumeKey>> list_volumes(const Store& store) {
  Os& os = store.os();
  std::vector<VolumeKey> keys;
  TRY_ASSIGN(const auto trusts, os.list(store.dir(), "refs"));
  for (const DirEntry& trust : trusts) {
    const std::string of_trust = "refs/" + trust.name;
    TRY_ASSIGN(const auto names, os.list(store.dir(), of_trust));
    for (const DirEntry& name : names) {
      const std::string of_name = of_trust + "/" + name.name;
      TRY_ASSIGN(const auto variants, os.list(store.dir(), of_name));
      for (const DirEntry& variant : variants) {
        TRY_ASSIGN(const auto status, os.stat(store.dir(), of_name + "/" + variant.name + "/current"));
        if (!status) continue;
        TRY_ASSIGN(VolumeKey key, VolumeKey::parse(name.name, variant.name, trust.name));
        keys.push_back(std::move(key));
      }
    }
  }
  return keys;
}

Result<std::vector<VolumeKey>> list_variants(const Store& store, const std::string& name) {
  TRY_ASSIGN(const auto keys, list_volumes(store));
  std::vector<std::pair<int64_t, VolumeKey>> variants;
  for (const VolumeKey& key : keys) {
    if (key.name() != name) continue;
    TRY_ASSIGN(const int64_t used_seconds, last_used_seconds(store, key));
    variants.emplace_back(used_seconds, key);
  }
  std::stable_sort(variants.begin(), variants.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<VolumeKey> sorted;
  for (auto& [used_seconds, key] : variants) sorted.push_back(std::move(key));
  return sorted;
}

Status for_each_volume(const Store& store, const std::function<Status(const VolumeKey&)>& action) {
  TRY_ASSIGN(const auto keys, list_volumes(store));
  Status first;
  for (const VolumeKey& key : keys)
    if (Status done = action(key); !done && first) first = std::move(done);
  return first;
}

Result<int64_t> last_used_seconds(const Store& store, const VolumeKey& key) {
  TRY_ASSIGN(const auto status, store.os().stat(store.dir(), ref_path(key, RefName::current)));
  return status ? static_cast<int64_t>(status->st_mtim.tv_sec) : 0;
}

Status mark_used(const Store& store, const VolumeKey& key) {
  const timespec now[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
  return store.os().utimens(store.dir(), ref_path(key, RefName::current), now);
}

}  // namespace larder::store
