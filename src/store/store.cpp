#include "store/store.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <thread>

#include "base/durable_file.hpp"
#include "base/environment.hpp"
#include "base/text.hpp"
#include "base/user_name.hpp"
#include "store/stamp.hpp"

namespace larder::store {
namespace {

constexpr std::string_view format_line = "larder-store 2";
constexpr const char* lock_file = "lock";
constexpr const char* turn_file = "lock.next";  ///< held by who waits for the exclusive lock

Status check_format(Os& os, int dir, const std::string& path) {
  TRY_ASSIGN(const std::string text, read_file(os, dir, "format", 4096));
  if (text == std::string(format_line) + "\n") return {};
  return fail(ErrorCode::environment, "the store " + path + " has a format this larder does not know",
              "it says: " + text.substr(0, text.find('\n')) + "; this larder writes: " + std::string(format_line),
              "use the larder that wrote it, or set LARDER_STORE to another directory, which builds fill anew");
}

constexpr std::array folders = {"layers",     "generations", "refs",        "transactions", "trash",
                                "quarantine", "logs",        "empty",       "work",         "engines",
                                "containers", "sources",     "corrections", "contents",     "results"};

Status make_folders(Os& os, int dir) {
  for (const char* name : folders)
    if (const Status made = os.mkdir(dir, name, 0700); !made && made.error().sys_errno != EEXIST) return made;
  return {};
}

/// Whether the entry of a folder without `format` may be what a creation that was cut short has left: an empty folder
/// by the name of one of the store's, but for a stamp in the making, a lock, or a file that is written before `format`.
/// An own file system has lost+found.
Result<bool> may_be_ours(Os& os, int dir, const std::string& name) {
  if (name == "lost+found" || name == lock_file || name.ends_with(".lock") || name.starts_with("stamp") ||
      name.starts_with("format"))
    return true;
  if (std::find(folders.begin(), folders.end(), name) == folders.end()) return false;
  const auto inner = os.list(dir, name);
  const auto is_stamp = [](const DirEntry& entry) { return entry.name.starts_with("stamp-"); };
  return inner && std::all_of(inner->begin(), inner->end(), is_stamp);
}

/// A folder with something else in it is no place for a store: what is cleaned later would be the user's.
Status check_is_free(Os& os, int dir, const std::string& path) {
  TRY_ASSIGN(const auto entries, os.list(dir, "."));
  for (const DirEntry& entry : entries) {
    TRY_ASSIGN(const bool ours, may_be_ours(os, dir, entry.name));
    if (ours) continue;
    TRY_ASSIGN(const auto made_meanwhile, os.stat(dir, "format"));
    if (made_meanwhile) return {};
    return fail(ErrorCode::environment, path + " is no store, and not empty", "it has " + entry.name,
                "set LARDER_STORE to a folder of its own, which need not exist yet");
  }
  return {};
}

/// Files of another user's among a user's own would be in the way of all later commands.
Status check_owner(const struct stat& root, const std::string& path) {
  if (root.st_uid == ::geteuid()) return {};
  const std::string name = user_name(root.st_uid);
  return fail(ErrorCode::environment, "the store " + path + " belongs to another user",
              (name.empty() ? "the user with the number " + std::to_string(root.st_uid) : name) + ", and this is " +
                  std::to_string(::geteuid()),
              "run larder as that user, or set LARDER_STORE to a directory of your own");
}

Status create(Os& os, int dir) {
  TRY(make_folders(os, dir));
  TRY(make_stamp(os, dir));
  return replace_file(os, dir, "format", std::string(format_line) + "\n", Durability::disk);
}

Error cannot_use(const Error& error, const std::string& path) {
  Error told = error;
  told.message = "cannot use the store " + path;
  told.cause = error.message + ": " + error.cause;
  if (told.hint.empty()) told.hint = "set LARDER_STORE to a directory of yours that can be written";
  return with_other_place(std::move(told));
}

/// What others could write to, or lock, would be theirs to spoil.
Status make_root(Os& os, const std::string& path) {
  TRY_ASSIGN(const auto found, os.stat(AT_FDCWD, path));
  if (found) return {};
  if (const size_t slash = path.rfind('/'); slash > 0) TRY(make_dirs(os, AT_FDCWD, path.substr(0, slash)));
  const Status made = os.mkdir(AT_FDCWD, path, 0700);
  return made || made.error().sys_errno == EEXIST ? Status() : made;
}

Result<UniqueFd> open_root(Os& os, const std::string& path) {
  TRY(make_root(os, path));
  return os.open_dir(AT_FDCWD, path + "/.");
}

/// Lets whoever waits for the exclusive lock go first, but no longer than a moment: who holds the lock already and
/// takes it once more would wait for ever, as would a child that its parent waits for.
Status let_others_go_first(const Store& store) {
  constexpr int tries_max = 200;
  for (int i = 0; i < tries_max; ++i) {
    TRY_ASSIGN(const auto turn, FileLock::try_acquire(store.os(), store.dir(), turn_file, LockMode::shared));
    if (turn) return {};
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return {};
}

}  // namespace

Result<Store> Store::open(Os& os, const std::string& path) {
  Result<UniqueFd> dir = open_root(os, path);
  if (!dir) return fail(cannot_use(dir.error(), path));
  TRY_ASSIGN(const struct stat root, os.fstat(dir->get()));
  TRY(check_owner(root, path));
  const auto known = os.stat(dir->get(), "format");
  if (!known) return fail(cannot_use(known.error(), path));
  if (!*known) {
    TRY(check_is_free(os, dir->get(), path));
    if (const Status made = create(os, dir->get()); !made) return fail(cannot_use(made.error(), path));
  }
  for (const auto check : {check_format, check_stamp})
    if (Status checked = check(os, dir->get(), path); !checked)
      return fail(with_other_place(std::move(checked.error())));
  if (const Status made = make_folders(os, dir->get()); !made) return fail(cannot_use(made.error(), path));
  return Store(os, path, std::move(*dir));
}

Result<std::optional<Store>> Store::look(Os& os, const std::string& path) {
  TRY_ASSIGN(const auto root, os.stat(AT_FDCWD, path + "/."));
  if (!root) return std::optional<Store>();
  TRY(check_owner(*root, path));
  TRY_ASSIGN(const auto found, os.stat(AT_FDCWD, path + "/format"));
  if (!found) return std::optional<Store>();
  TRY_ASSIGN(UniqueFd dir, os.open_dir(AT_FDCWD, path + "/."));
  TRY(check_format(os, dir.get(), path));
  return std::optional(Store(os, path, std::move(dir)));
}

Result<FileLock> Store::lock(LockMode mode) const {
  if (mode == LockMode::shared) {
    TRY(let_others_go_first(*this));
    return FileLock::acquire(os(), dir(), lock_file, mode);
  }
  TRY_ASSIGN(const FileLock turn, FileLock::acquire(os(), dir(), turn_file, LockMode::exclusive));
  return FileLock::acquire(os(), dir(), lock_file, mode);
}

Error with_other_place(Error error) {
  if (error.sys_errno == EROFS || error.sys_errno == EACCES || error.sys_errno == EPERM)
    error.hint += "; LARDER_STORE names another place for the store";
  return error;
}

Result<Store> open_default_store(Os& os) {
  TRY_ASSIGN(const std::string path, default_store_path());
  return Store::open(os, path);
}

Result<std::string> default_store_path() {
  std::string path = environment("LARDER_STORE");
  const std::string data = environment("XDG_DATA_HOME");
  const std::string home = environment("HOME");
  if (path.empty() && !data.empty()) path = data + "/larder";
  if (path.empty() && !home.empty()) path = home + "/.local/share/larder";
  if (path.empty())
    return fail(ErrorCode::environment, "no place for the store", "neither LARDER_STORE nor HOME is set",
                "set LARDER_STORE to a directory");
  if (path.front() != '/')
    return fail(ErrorCode::usage, "the store's path must be absolute: " + path, {},
                "set LARDER_STORE to an absolute path");
  return path;
}

Result<std::string> boot_id(Os& os) {
  const std::string path = "/proc/sys/kernel/random/boot_id";
  auto text = read_file(os, AT_FDCWD, path, 4096);
  if (text && !trim(*text).empty()) return trim(*text);
  // By an empty one, as a container may have it, all times would be the same era.
  Error error = text ? Error{ErrorCode::environment, path + " is empty", {}, {}, 0} : std::move(text.error());
  error.hint = "the store knows by it what is on disk: in a container nothing may lie over /proc/sys/kernel/random";
  return fail(std::move(error));
}

}  // namespace larder::store
