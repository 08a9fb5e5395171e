#pragma once

#include <optional>
#include <string>

#include "base/file_lock.hpp"
#include "base/os.hpp"

namespace larder::store {

/// A store is the directory that holds everything Larder keeps; docs/format.md says what lies where. Opening it creates
/// what is missing. Any number of processes may have it open.
class Store {
 public:
  /// Opens the store at `path`, which is absolute. A store of another format is refused.
  static Result<Store> open(Os& os, const std::string& path);

  /// Opens the store at `path` to look at it: nothing is created. No value where there is none.
  static Result<std::optional<Store>> look(Os& os, const std::string& path);

  Os& os() const { return *os_; }
  int dir() const { return dir_.get(); }
  const std::string& path() const { return path_; }

  /// Takes the store's lock. Forks and commits hold it shared for their few milliseconds; a process that decides what
  /// is garbage holds it exclusively, and gets its turn however many forks follow each other: flock(2) alone would let
  /// those pass it for ever.
  Result<FileLock> lock(LockMode mode) const;

 private:
  Store(Os& os, std::string path, UniqueFd dir) : os_(&os), path_(std::move(path)), dir_(std::move(dir)) {}

  Os* os_;
  std::string path_;
  UniqueFd dir_;
};

/// The error; where the system does not let this user write, with the hint that the store may lie elsewhere.
Error with_other_place(Error error);

/// Opens the user's own store, the one at `default_store_path`.
Result<Store> open_default_store(Os& os);

/// The path of the user's own store: `LARDER_STORE`, else `$XDG_DATA_HOME/larder`, else `$HOME/.local/share/larder`.
Result<std::string> default_store_path();

/// The kernel's boot id. Data that was written under another boot id may not have reached the disk.
Result<std::string> boot_id(Os& os);

}  // namespace larder::store
