#pragma once

#include <dirent.h>
#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

#include "base/closing_line.hpp"
#include "base/sha256.hpp"
#include "base/user_attributes.hpp"
#include "store/branch/copy.hpp"
#include "store/branch/flatten.hpp"
#include "store/branch/history.hpp"
#include "store/branch/lease.hpp"
#include "store/branch/ref.hpp"
#include "store/branch/settle.hpp"
#include "store/branch/transaction.hpp"
#include "store/branch/writer.hpp"
#include "store/layer/merged_tree.hpp"
#include "store/space/clean.hpp"
#include "store/space/collect.hpp"
#include "support/files.hpp"
#include "support/temp_dir.hpp"

namespace larder::test {

using store::Access;
using store::Fork;
using store::ForkRequest;
using store::Generation;
using store::Outcome;
using store::RefName;
using store::Store;
using store::Transaction;
using store::Trust;
using store::VolumeClass;
using store::VolumeKey;
using store::VolumeSpec;

inline constexpr int64_t one_day = 24 * 60 * 60;  ///< in seconds

/// A store of the test's own.
struct TempStore {
  explicit TempStore(Place place = Place::memory) : dir(place), store(must(Store::open(os, dir.path() + "/store"))) {}

  TempDir dir;
  Os os;
  Store store;
};

inline VolumeKey volume_key(const std::string& name, const std::string& variant = store::any_variant,
                            Trust trust = Trust::trusted) {
  return must(VolumeKey::make(name, variant, trust));
}

inline VolumeSpec download(const std::string& name) {
  VolumeSpec spec;
  spec.key = volume_key(name);
  spec.target = "x64";
  spec.mount_path = "/usr/local/cargo/registry";
  spec.recipe = "cargo 1";
  return spec;
}

inline VolumeSpec compiled(const std::string& name, const std::string& variant = "v1") {
  VolumeSpec spec;
  spec.key = volume_key(name, variant);
  spec.volume_class = VolumeClass::compiled;
  spec.target = "x64";
  spec.mount_path = "/workspace/target";
  spec.project = "pantry";
  spec.workspace = "/home/me/pantry";
  spec.image = "sha256:1";
  spec.recipe = "cargo 1";
  return spec;
}

inline Transaction begin(const Store& store, std::vector<ForkRequest> requests) {
  return must(Transaction::begin(store, std::move(requests), "the test"));
}

inline ForkRequest writing(const VolumeSpec& spec, std::vector<VolumeKey> siblings = {},
                           std::vector<VolumeSpec> also = {}) {
  ForkRequest request;
  request.spec = spec;
  request.siblings = std::move(siblings);
  request.also = std::move(also);
  return request;
}

inline ForkRequest reading(const VolumeSpec& spec) {
  ForkRequest request = writing(spec);
  request.access = Access::read;
  return request;
}

inline Transaction begin(const Store& store, const ForkRequest& request) {
  return begin(store, std::vector<ForkRequest>{request});
}

inline Transaction begin(const Store& store, const VolumeSpec& spec) { return begin(store, writing(spec)); }

/// The fork's upper, relative to the store.
inline std::string upper(const Transaction& transaction, size_t index = 0) {
  return transaction.forks().at(index).dir + "/upper";
}

using Files = std::map<std::string, std::string>;

/// Writes files into an upper, as a build would through the overlay.
inline void fill(const Store& store, const Transaction& transaction, const Files& files, size_t index = 0) {
  for (const auto& [path, content] : files) put_file(store.dir(), upper(transaction, index) + "/" + path, content);
}

/// One build that writes these files and commits.
inline void commit(const Store& store, const VolumeSpec& spec, const Files& files) {
  Transaction transaction = begin(store, spec);
  fill(store, transaction, files);
  must(transaction.seal(Outcome::success));
}

/// Every entry as text: its type, mode, mtime in ns, content or link target, and user attributes.
using Snapshot = std::map<std::string, std::string>;

enum class DirTimes { kept, ignored };

inline std::string describe_attributes(int dir, const std::string& name) {
  Os os;
  std::string text;
  for (const auto& [key, value] : must(read_user_attributes(os, dir, name))) text += " {" + key + "=" + value + "}";
  return text;
}

inline std::string describe_entry(int dir, const std::string& name, const struct stat& status, DirTimes dir_times) {
  Os os;
  const std::string rest =
      fmt::format(" {:o} {}.{:09}", status.st_mode & 07777U, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
  if (S_ISLNK(status.st_mode)) return "l" + rest + " " + must(os.read_link(dir, name));
  if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return "?" + rest;
  const std::string attributes = describe_attributes(dir, name);
  if (S_ISDIR(status.st_mode))
    return (dir_times == DirTimes::kept ? "d" + rest : fmt::format("d {:o}", status.st_mode & 07777U)) + attributes;
  const std::string content = get_file(dir, name);
  return "f" + rest + " " + (content.size() > 64 ? sha256_hex(content) : content) + attributes;
}

inline Snapshot snapshot(const Store& store, const std::vector<std::string>& roots,
                         DirTimes dir_times = DirTimes::kept) {
  Snapshot all;
  const store::MergedTree merged = must(store::MergedTree::open(store, roots));
  must(merged.walk([&](const store::MergedEntry& entry) -> Status {
    all[entry.path] = describe_entry(entry.dir, entry.name, entry.status, dir_times);
    return {};
  }));
  return all;
}

/// The same of a plain directory, such as a mounted overlay.
inline void add_directory(int dir, const std::string& prefix, DirTimes dir_times, Snapshot& all) {
  Os os;
  for (const DirEntry& entry : must(os.list(dir, "."))) {
    const auto status = must(os.stat(dir, entry.name));
    all[prefix + entry.name] = describe_entry(dir, entry.name, status.value(), dir_times);
    if (S_ISDIR(status->st_mode))
      add_directory(must(os.open_dir(dir, entry.name)).get(), prefix + entry.name + "/", dir_times, all);
  }
}

inline Snapshot directory_snapshot(int dir, DirTimes dir_times = DirTimes::kept) {
  Snapshot all;
  add_directory(dir, "", dir_times, all);
  return all;
}

inline std::vector<std::string> current_layers(const Store& store, const VolumeKey& key) {
  const auto generation = must(store::current_generation(store, key));
  return generation ? generation->layers : std::vector<std::string>{};
}

inline std::string current_id(const Store& store, const VolumeKey& key) {
  return must(store::read_ref(store, key, RefName::current)).value_or("");
}

inline std::string settled_id(const Store& store, const VolumeKey& key) {
  return must(store::read_ref(store, key, RefName::settled)).value_or("");
}

inline Snapshot volume_snapshot(const Store& store, const VolumeKey& key, DirTimes dir_times = DirTimes::kept) {
  return snapshot(store, store::layer_roots(current_layers(store, key)), dir_times);
}

/// Path and content of the volume's files.
inline Files files_of(const Store& store, const std::vector<std::string>& layers) {
  Files files;
  const store::MergedTree merged = must(store::MergedTree::open(store, store::layer_roots(layers)));
  must(merged.walk([&](const store::MergedEntry& entry) -> Status {
    if (S_ISREG(entry.status.st_mode)) files[entry.path] = get_file(entry.dir, entry.name);
    return {};
  }));
  return files;
}

inline Files files_of(const Store& store, const VolumeKey& key) { return files_of(store, current_layers(store, key)); }

inline std::vector<std::string> names_in(const Store& store, const std::string& dir) {
  std::vector<std::string> names;
  for (const DirEntry& entry : must(store.os().list(store.dir(), dir))) names.push_back(entry.name);
  return names;
}

/// What a generation's file says, but for its last line.
inline std::string record_of(const Store& store, const std::string& id) {
  const std::string text = get_file(store.dir(), "generations/" + id);
  return std::string(without_closing_line(text).value());
}

/// Makes this the generation's file, with the right last line.
inline void put_record(const Store& store, const std::string& id, const std::string& record) {
  put_file(store.dir(), "generations/" + id, record + closing_line(record));
}

/// Makes a settled or unsettled generation look as if it had been written before the machine's last start.
inline void move_to_another_boot(const Store& store, const std::string& id) {
  Generation generation = must(store::read_generation(store, id));
  generation.era = "00000000-0000-0000-0000-000000000000";
  must(store::write_generation(store, generation));
}

/// Harms a volume beyond what the store can mend by itself.
inline void damage(const Store& store, const VolumeKey& key) {
  for (const char* name : {"/current", "/settled"}) put_file(store.dir(), store::ref_dir(key) + name, "torn");
}

}  // namespace larder::test
