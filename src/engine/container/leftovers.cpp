#include "engine/container/leftovers.hpp"

#include <fcntl.h>

#include <list>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.hpp"
#include "engine/container/names.hpp"
#include "engine/container/owner.hpp"
#include "engine/container/volumes.hpp"

namespace larder::engine {
namespace {

using nlohmann::json;

constexpr std::string_view container_prefix = "larder-";

std::string folder_of(const std::string& store_path) { return store_path + "/containers"; }

struct Note {
  std::string scope;
  Remains remains;
};

std::optional<Note> read_note(Os& os, const std::string& path) {
  const auto text = read_file(os, AT_FDCWD, path, 65536);
  if (!text) return std::nullopt;
  try {
    const json data = json::parse(*text);
    Note note{data.at("scope"),
              {data.at("container"), data.at("volumes"), path, data.value("locks", std::vector<std::string>())}};
    if (note.remains.container.starts_with(container_prefix)) return note;
  } catch (const json::exception&) {
    // it is being written
  }
  return std::nullopt;
}

/// By label: also what a note's loss has left.
void remove_labelled(const Client& client, const std::string& store_path) {
  const auto text = ask(client, {"ps", "--all", "--no-trunc", "--filter", "label=larder.store=" + store_path,
                                 "--format", client.dialect == Dialect::docker ? "{{json .}}" : "json"});
  const auto known = text ? parse_listing(*text) : Result<std::vector<KnownVolume>>(std::vector<KnownVolume>());
  if (!known) return;  // the next build looks again
  for (const KnownVolume& container : *known)
    if (container.name.starts_with(container_prefix) && is_over(container.labels))
      (void)remove_remains(client, {container.name, {}, ""});
}

/// Of these volumes those that the dead run has made: the name may be a foreign volume's.
std::vector<std::string> made_by(const Client& client, const Note& note, const std::vector<std::string>& names) {
  const std::string transaction = note.remains.container.substr(container_prefix.size());
  std::vector<std::string> made;
  if (names.empty()) return made;
  const auto known = list_volumes(client, names);
  if (!known) return made;  // they go when somebody needs the name
  for (const KnownVolume& volume : *known)
    if (volume.transaction() == transaction && contains(names, volume.name)) made.push_back(volume.name);
  return made;
}

/// Without the volumes whose names a living run has taken over meanwhile.
void remove_dead(const Client& client, const Note& note) {
  std::list<NameLock> locks;
  std::vector<std::string> names;
  for (const std::string& name : note.remains.volumes) {
    auto lock = NameLock::try_take(note.scope, name);
    if (!lock) continue;
    locks.push_back(std::move(*lock));
    names.push_back(name);
  }
  const Remains remains{note.remains.container, made_by(client, note, names), note.remains.note, note.remains.locks};
  (void)remove_remains(client, remains);  // told by what cannot be done because of it
}

}  // namespace

Result<FileLock> note_remains(const std::string& store_path, const std::string& scope, Remains& remains) {
  Os os;
  TRY(make_dirs(os, AT_FDCWD, folder_of(store_path)));
  remains.note = folder_of(store_path) + "/" + remains.container;
  TRY_ASSIGN(FileLock lock, FileLock::acquire(os, AT_FDCWD, remains.note, LockMode::exclusive));
  const json data = {{"engine", "container"},
                     {"scope", scope},
                     {"container", remains.container},
                     {"volumes", remains.volumes},
                     {"locks", remains.locks}};
  TRY(os.write_all(lock.fd(), data.dump()));
  return lock;
}

Status remove_leftovers(const Client& client, const std::string& scope, const std::string& store_path) {
  Os os;
  TRY_ASSIGN(const auto folder, os.stat(AT_FDCWD, folder_of(store_path)));
  if (!folder) return {};
  TRY_ASSIGN(const auto entries, os.list(AT_FDCWD, folder_of(store_path)));
  bool found = false;
  for (const DirEntry& entry : entries) {
    const std::string path = folder_of(store_path) + "/" + entry.name;
    TRY_ASSIGN(const auto lock, FileLock::try_acquire(os, AT_FDCWD, path, LockMode::exclusive));
    const auto note = lock ? read_note(os, path) : std::nullopt;
    if (!note || note->scope != scope) continue;
    found = true;
    remove_dead(client, *note);
  }
  if (found) remove_labelled(client, store_path);
  return {};
}

}  // namespace larder::engine
