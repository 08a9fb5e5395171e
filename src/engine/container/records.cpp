#include "engine/container/records.hpp"

#include <fcntl.h>

#include <list>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "base/text.hpp"
#include "engine/container/engine.hpp"
#include "engine/container/names.hpp"

namespace larder::engine {
namespace {

using nlohmann::json;

std::string folder_of(const std::string& store_path) { return store_path + "/containers"; }

struct Record {
  std::string scope;
  Remains remains;
};

std::optional<Record> read_record(Os& os, const std::string& path) {
  const auto text = read_file(os, AT_FDCWD, path, 65536);
  if (!text) return std::nullopt;
  try {
    const json data = json::parse(*text);
    return Record{data.at("scope"), {data.at("container"), data.at("volumes"), path}};
  } catch (const json::exception&) {
    return std::nullopt;  // it is being written
  }
}

/// By label: also what another record's loss has left.
void remove_labelled(const Client& client, const std::string& store_path, const std::set<std::string>& living) {
  const auto names =
      ask(client, {"ps", "--all", "--filter", "label=larder.store=" + store_path, "--format", "{{.Names}}"});
  if (!names) return;
  for (const std::string& name : split(*names, '\n'))
    if (name.starts_with("larder-") && living.count(name) == 0) (void)remove_remains(client, {name, {}, ""});
}

/// Without the volumes whose names a living run has taken over meanwhile.
void remove_dead(const Client& client, const Record& record) {
  std::list<NameLock> locks;
  Remains remains{record.remains.container, {}, record.remains.record};
  for (const std::string& volume : record.remains.volumes) {
    auto lock = NameLock::try_take(record.scope, volume);
    if (!lock) continue;
    locks.push_back(std::move(*lock));
    remains.volumes.push_back(volume);
  }
  (void)remove_remains(client, remains);  // told by what cannot be done because of it
}

}  // namespace

Result<FileLock> write_record(const std::string& store_path, const std::string& scope, Remains& remains) {
  Os os;
  TRY(make_dirs(os, AT_FDCWD, folder_of(store_path)));
  remains.record = folder_of(store_path) + "/" + remains.container;
  TRY_ASSIGN(FileLock lock, FileLock::acquire(os, AT_FDCWD, remains.record, LockMode::exclusive));
  const json data = {
      {"engine", "container"}, {"scope", scope}, {"container", remains.container}, {"volumes", remains.volumes}};
  TRY(os.write_all(lock.fd(), data.dump()));
  return lock;
}

Status remove_leftovers(const Client& client, const std::string& scope, const std::string& store_path) {
  Os os;
  TRY_ASSIGN(const auto folder, os.stat(AT_FDCWD, folder_of(store_path)));
  if (!folder) return {};
  TRY_ASSIGN(const auto entries, os.list(AT_FDCWD, folder_of(store_path)));
  std::set<std::string> living;
  bool found = false;
  for (const DirEntry& entry : entries) {
    const std::string path = folder_of(store_path) + "/" + entry.name;
    TRY_ASSIGN(const auto lock, FileLock::try_acquire(os, AT_FDCWD, path, LockMode::exclusive));
    if (!lock) living.insert(entry.name);
    const auto record = lock ? read_record(os, path) : std::nullopt;
    if (!record || record->scope != scope) continue;
    found = true;
    remove_dead(client, *record);
  }
  if (found) remove_labelled(client, store_path, living);
  return {};
}

}  // namespace larder::engine
