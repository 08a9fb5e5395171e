#include "source/corrections.hpp"

#include <fcntl.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <functional>
#include <map>

#include "base/durable_file.hpp"
#include "base/parallel.hpp"
#include "base/random_id.hpp"
#include "base/sha256.hpp"
#include "base/user_attributes.hpp"
#include "source/codec.hpp"
#include "source/git_index.hpp"

namespace larder::source {
namespace {

using What = Correction::What;

constexpr std::string_view corrections_line = "larder-corrections-1\n";
constexpr size_t spec_bytes_max = size_t{1} << 30;
constexpr size_t index_bytes_max = size_t{1} << 30;
constexpr size_t racy_bytes_max = size_t{64} << 20;
constexpr const char* index_path = ".git/index";

/// What a kept layer shows: its own entries above those of another layer, where
/// it has a base.
struct Spec {
  std::string base;  ///< key of the layer below; empty: none
  std::vector<Correction> corrections;
};

std::string folder_of(const std::string& key) { return "corrections/" + key; }

void write_correction(Writer& writer, const Correction& one) {
  writer.text(one.path);
  writer.number(static_cast<uint8_t>(one.what));
  writer.number(static_cast<uint8_t>(one.kind));
  writer.number(one.mode);
  writer.number(one.time);
  writer.bytes(one.content.data(), one.content.size());
}

std::string encode(const Spec& spec) {
  Writer writer(corrections_line);
  writer.text(spec.base);
  writer.number(static_cast<uint64_t>(spec.corrections.size()));
  for (const Correction& one : spec.corrections) write_correction(writer, one);
  return writer.finish();
}

std::optional<Spec> decode(const std::string& text) {
  auto reader = Reader::open(text, corrections_line);
  if (!reader) return std::nullopt;
  Spec spec;
  spec.base = reader->text();
  const auto count = reader->number<uint64_t>();
  for (uint64_t i = 0; i < count && !reader->failed(); ++i) {
    Correction one;
    one.path = reader->text();
    one.what = static_cast<What>(reader->number<uint8_t>());
    one.kind = static_cast<Kind>(reader->number<uint8_t>());
    one.mode = reader->number<uint16_t>();
    one.time = reader->number<int64_t>();
    reader->bytes(one.content.data(), one.content.size());
    spec.corrections.push_back(std::move(one));
  }
  if (reader->failed()) return std::nullopt;
  return spec;
}

/// Layers of one folder only: copies of two folders have other inodes, which
/// git's index tells.
std::string key_of(const std::string& folder, const Spec& spec) {
  Sha256 hash;
  hash.field(folder);
  hash.update(encode(spec));
  return hash.finish().substr(0, 32);
}

/// The layer with this key and those below it, held; no value where one is not
/// there.
Result<std::optional<CorrectionsLayer>> hold(const store::Store& store, const std::string& key, Spec* spec = nullptr) {
  Os& os = store.os();
  TRY_ASSIGN(const auto there, os.stat(store.dir(), folder_of(key) + "/spec"));
  if (!there) return std::optional<CorrectionsLayer>();
  auto lock = FileLock::acquire(os, store.dir(), folder_of(key) + "/lock", LockMode::shared);
  if (!lock && lock.error().sys_errno == ENOENT) return std::optional<CorrectionsLayer>();
  if (!lock) return fail(lock.error());
  const auto text = read_file(os, store.dir(), folder_of(key) + "/spec", spec_bytes_max);
  if (!text && text.error().sys_errno == ENOENT) return std::optional<CorrectionsLayer>();
  if (!text) return fail(text.error());
  auto read = decode(*text);
  if (!read) return std::optional<CorrectionsLayer>();
  CorrectionsLayer layer;
  if (!read->base.empty()) {
    TRY_ASSIGN(auto below, hold(store, read->base));
    if (!below) return below;
    layer = std::move(*below);
  }
  TRY(os.futimens(lock->fd(), {{0, UTIME_NOW}, {0, UTIME_NOW}}));  // when it was used last
  layer.trees.push_back(folder_of(key) + "/tree");
  layer.locks.push_back(std::move(*lock));
  if (spec != nullptr) *spec = std::move(*read);
  return std::optional(std::move(layer));
}

const Correction* find_correction(const std::vector<Correction>& all, const std::string& path) {
  const auto found = std::lower_bound(all.begin(), all.end(), path,
                                      [](const Correction& a, const std::string& b) { return path_before(a.path, b); });
  return found != all.end() && found->path == path ? &*found : nullptr;
}

/// Makes the tree of a layer in a folder of its own.
class LayerMaker {
 public:
  LayerMaker(const store::Store& store, const Walk& walk, int project, int tree)
      : os_(store.os()), walk_(walk), project_(project), tree_(tree) {}

  /// False where an entry is not as the walk has seen it.
  Result<bool> make(const std::vector<Correction>& corrections) {
    std::vector<const Correction*> copies;
    for (const Correction& one : corrections) {
      if (one.what == What::folder || one.what == What::cover) TRY(os_.mkdir(tree_, one.path, 0700));
      if (one.what == What::cover) TRY(os_.set_xattr(tree_, one.path, "user.overlay.opaque", "y"));
      if (one.what == What::gone) TRY(os_.mknod(tree_, one.path, S_IFCHR, makedev(0, 0)));
      if (one.what == What::copy && one.path != index_path) copies.push_back(&one);
    }
    TRY(in_parallel(copies.size(), worker_count(), [&](unsigned, size_t index) { return copy(*copies[index]); }));
    return !changed_;
  }

  /// Last, and from the inside out, since each entry that is made in a folder
  /// changes its time.
  Status finish_folders(const std::vector<Correction>& corrections) {
    for (auto one = corrections.rbegin(); one != corrections.rend(); ++one) {
      if (one->what != What::folder && one->what != What::cover) continue;
      TRY(os_.chmod(tree_, one->path, one->mode));
      TRY(set_time(one->path, one->time));
    }
    return {};
  }

  Status set_time(const std::string& path, int64_t time) {
    return os_.utimens(tree_, path, {to_timespec(time), to_timespec(time)});
  }

 private:
  Status copy(const Correction& one) {
    const Seen* seen = find_seen(walk_, one.path);
    if (seen == nullptr) return note_change();
    if (one.kind == Kind::link) {
      TRY(os_.symlink(seen->link, tree_, one.path));
      return set_time(one.path, one.time);
    }
    const auto source = os_.open(project_, one.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (!source && source.error().sys_errno == EACCES) return {};  // nobody reads it through the project either
    if (!source && is_something_else(source.error())) return note_change();
    if (!source) return fail(source.error());
    TRY_ASSIGN(const UniqueFd file, os_.open(tree_, one.path, O_WRONLY | O_CREAT | O_EXCL, 0600));
    TRY_ASSIGN(const struct stat before, os_.fstat(source->get()));
    if (!S_ISREG(before.st_mode)) return note_change();
    const Status copied = os_.copy_range(source->get(), file.get(), static_cast<size_t>(before.st_size));
    TRY_ASSIGN(const struct stat after, os_.fstat(source->get()));
    if (nanoseconds(after.st_ctim) != seen->stamp.ctime) return note_change();
    TRY(copied);
    TRY(copy_user_attributes(os_, project_, one.path, tree_, one.path));
    TRY(os_.fchmod(file.get(), one.mode & 0777U));
    return os_.futimens(file.get(), {to_timespec(one.time), to_timespec(one.time)});
  }

  /// Nothing, a link, a socket, or a file in a folder's place.
  static bool is_something_else(const Error& error) {
    constexpr std::array numbers = {ENOENT, ELOOP, ENXIO, ENOTDIR};
    return std::find(numbers.begin(), numbers.end(), error.sys_errno) != numbers.end();
  }

  Status note_change() {
    changed_ = true;
    return {};
  }

  Os& os_;
  const Walk& walk_;
  int project_;
  int tree_;
  std::atomic<bool> changed_ = false;
};

/// How the copies look, which git's index must know, in the layer that is being
/// made or in one below. `shown` are the corrections that are wanted, `own`
/// those of the uppermost layer: it has copies also of what is shown as it lies
/// there.
Status write_index(const store::Store& store, const Walk& walk, int project, const std::vector<std::string>& trees,
                   const std::vector<Correction>& shown, const std::vector<Correction>& own) {
  Os& os = store.os();
  TRY_ASSIGN(std::string bytes, read_file(os, project, index_path, index_bytes_max));
  Status failed;
  const auto is_copy = [&](const std::vector<Correction>& all, const std::string& path) {
    const Correction* one = find_correction(all, path);
    return one != nullptr && one->what == What::copy;
  };
  const auto restamp = [&](const std::string& path) -> std::optional<Restamp> {
    const Seen* seen = find_seen(walk, path);
    if (seen == nullptr || (!is_copy(shown, path) && !is_copy(own, path))) return std::nullopt;
    for (auto tree = trees.rbegin(); tree != trees.rend(); ++tree) {
      const auto status = os.stat(store.dir(), *tree + "/" + path);
      if (!status && status.error().sys_errno != ENOTDIR) failed = fail(status.error());
      if (!status || !*status) continue;
      return Restamp{seen->stamp,
                     {seen->stamp.size_bytes, nanoseconds((*status)->st_mtim), nanoseconds((*status)->st_ctim),
                      (*status)->st_ino, 0}};
    }
    return std::nullopt;
  };
  const auto read = [&](const std::string& path) -> std::optional<std::string> {
    const Seen* seen = find_seen(walk, path);
    if (seen->entry.kind == Kind::link) return seen->link;
    const auto text = read_file(os, project, path, racy_bytes_max);
    return text ? std::optional(*text) : std::nullopt;
  };
  const Correction& index = *find_correction(own, index_path);
  const auto stamped = restamp_index(bytes, find_seen(walk, index_path)->stamp.mtime, restamp, read);
  TRY(failed);
  const std::string path = trees.back() + "/" + index_path;
  TRY_ASSIGN(const UniqueFd file, os.open(store.dir(), path, O_WRONLY | O_CREAT | O_EXCL, 0600));
  TRY(os.write_all(file.get(), stamped ? *stamped : bytes));
  TRY(os.fchmod(file.get(), index.mode & 0777U));
  return os.futimens(file.get(), {to_timespec(index.time), to_timespec(index.time)});
}

/// Puts a finished folder in its place; another process may have done so
/// meanwhile, and then theirs is as good.
Status put_in_place(const store::Store& store, const std::string& made, const std::string& key) {
  Os& os = store.os();
  const std::string place = folder_of(key);
  const auto move = [&] { return os.rename(store.dir(), made, store.dir(), place); };
  Status moved = move();
  const auto taken = [](const Status& status) {
    return !status && (status.error().sys_errno == EEXIST || status.error().sys_errno == ENOTEMPTY);
  };
  if (!taken(moved)) return moved;
  TRY_ASSIGN(const auto theirs, hold(store, key));
  if (theirs) return os.rename(store.dir(), made, store.dir(), "trash/" + random_id());
  // What is there lacks its base or is damaged.
  TRY(os.rename(store.dir(), place, store.dir(), "trash/" + random_id()));
  return move();
}

class Provider {
 public:
  /// `purpose`: layers of one are never put above those of another.
  Provider(const store::Store& store, const Walk& walk, const OwnWrites& own, std::string purpose = "of")
      : store_(store), walk_(walk), own_(own), purpose_(std::move(purpose)) {}

  Result<std::optional<CorrectionsLayer>> provide(std::vector<Correction> corrections) {
    add_index(corrections);
    name_unknown(corrections);
    TRY_ASSIGN(auto known, hold(store_, key_of(walk_.folder, {"", corrections})));
    if (known) return known;
    Spec base;
    TRY_ASSIGN(const auto below, hold_noted(base));
    auto delta = below ? difference(base.corrections, corrections) : std::nullopt;
    if (!delta) return provide_and_note(corrections);
    name_unknown(*delta);
    // Its own entries make the key: some only undo what is below them, and show the project as it is now.
    return provide_layer({below->key, std::move(*delta)}, corrections, below->layer.trees);
  }

  /// The same without anything below it and without git's index.
  Result<std::optional<CorrectionsLayer>> provide_alone(const std::vector<Correction>& corrections) {
    return provide_layer({"", corrections}, corrections, {});
  }

 private:
  struct Below {
    std::string key;
    CorrectionsLayer layer;
  };

  /// The last layer of the folder that has nothing below it; gives what it shows.
  Result<std::optional<Below>> hold_noted(Spec& spec) const {
    const auto note = read_file(store_.os(), store_.dir(), note_path(), 4096);
    if (!note || note->size() != key_of("", {}).size()) return std::optional<Below>();
    TRY_ASSIGN(auto layer, hold(store_, *note, &spec));
    if (!layer || !spec.base.empty()) return std::optional<Below>();
    return std::optional(Below{*note, std::move(*layer)});
  }

  Result<std::optional<CorrectionsLayer>> provide_and_note(const std::vector<Correction>& corrections) {
    TRY_ASSIGN(auto layer, provide_alone(corrections));
    const std::string key = key_of(walk_.folder, {"", corrections});
    if (layer) TRY(replace_file(store_.os(), store_.dir(), note_path(), key, Durability::none));
    return layer;
  }

  /// The layer of this, which shows `shown` together with those below it.
  Result<std::optional<CorrectionsLayer>> provide_layer(const Spec& spec, const std::vector<Correction>& shown,
                                                        const std::vector<std::string>& below) {
    const std::string key = key_of(walk_.folder, spec);
    TRY_ASSIGN(auto known, hold(store_, key));
    if (known) return known;
    TRY_ASSIGN(const bool made, make_layer(key, spec, shown, below));
    if (!made) return std::optional<CorrectionsLayer>();
    return hold_made(key);
  }

  Result<std::optional<CorrectionsLayer>> hold_made(const std::string& key) const {
    TRY_ASSIGN(auto held, hold(store_, key));
    if (!held) return fail(ErrorCode::damage, "the corrections that a build needs have gone", folder_of(key));
    return held;
  }

  /// git compares stamps first, and the copies have others than it knows: it
  /// would take each for changed.
  void add_index(std::vector<Correction>& corrections) const {
    const Seen* index = purpose_ == "of" ? find_seen(walk_, index_path) : nullptr;
    const bool copies = std::any_of(corrections.begin(), corrections.end(),
                                    [](const Correction& one) { return one.what == What::copy; });
    if (index == nullptr || index->entry.kind != Kind::file || !copies) return;
    std::erase_if(corrections, [](const Correction& one) { return one.path == index_path; });
    insert(corrections,
           {index_path, What::copy, Kind::file, index->entry.mode, index->entry.time, index->entry.content});
    const Seen* folder = find_seen(walk_, ".git");
    if (folder == nullptr || find_correction(corrections, ".git") != nullptr) return;
    insert(corrections, {".git", What::folder, Kind::folder, folder->entry.mode, folder->entry.time, {}});
  }

  /// Two files whose content is not known are not the same unless their stamps
  /// are.
  void name_unknown(std::vector<Correction>& corrections) const {
    for (Correction& one : corrections) {
      const Seen* seen = find_seen(walk_, one.path);
      if (one.what != What::copy || is_known(one.content) || seen == nullptr) continue;
      Sha256 hash;
      hash.update("unknown");
      hash.update(&seen->stamp, sizeof seen->stamp);
      one.content = hash.finish_bytes();
    }
  }

  static void insert(std::vector<Correction>& corrections, Correction one) {
    const auto place =
        std::lower_bound(corrections.begin(), corrections.end(), one,
                         [](const Correction& a, const Correction& b) { return path_before(a.path, b.path); });
    corrections.insert(place, std::move(one));
  }

  std::string note_path() const { return "corrections/" + purpose_ + "-" + sha256_hex(walk_.folder).substr(0, 16); }

  Result<bool> make_layer(const std::string& key, const Spec& spec, const std::vector<Correction>& shown,
                          std::vector<std::string> trees) {
    Os& os = store_.os();
    TRY_ASSIGN(const FileLock store_lock, store_.lock(LockMode::shared));  // a collector would take it for a dead one's
    const std::string place = "corrections/new-" + random_id();
    TRY(os.mkdir(store_.dir(), place, 0700));
    TRY(os.mkdir(store_.dir(), place + "/tree", 0755));
    const auto made = fill(place, spec, shown, std::move(trees));
    if (made && *made) {
      TRY(put_in_place(store_, place, key));
      return true;
    }
    (void)os.rename(store_.dir(), place, store_.dir(),
                    "trash/" + random_id());  // else the collector finds it
    return made;
  }

  Result<bool> fill(const std::string& place, const Spec& spec, const std::vector<Correction>& shown,
                    std::vector<std::string> trees) {
    Os& os = store_.os();
    TRY_ASSIGN(const UniqueFd project, os.open(AT_FDCWD, walk_.folder, O_RDONLY | O_DIRECTORY));
    TRY_ASSIGN(const UniqueFd tree, os.open_dir(store_.dir(), place + "/tree"));
    LayerMaker maker(store_, walk_, project.get(), tree.get());
    TRY_ASSIGN(const bool whole, maker.make(spec.corrections));
    if (!whole) return false;
    trees.push_back(place + "/tree");
    if (const Correction* index = find_correction(spec.corrections, index_path);
        index != nullptr && index->what == What::copy)
      TRY(write_index(store_, walk_, project.get(), trees, shown, spec.corrections));
    TRY(maker.finish_folders(spec.corrections));
    TRY(replace_file(os, store_.dir(), place + "/spec", encode(spec), Durability::none));
    TRY_ASSIGN(const UniqueFd lock, os.open(store_.dir(), place + "/lock", O_WRONLY | O_CREAT, 0600));
    return true;
  }

  /// What a layer above `base` must have, so that both together show `wanted`;
  /// no value where that cannot be, or is not worth it.
  std::optional<std::vector<Correction>> difference(const std::vector<Correction>& base,
                                                    const std::vector<Correction>& wanted) const {
    std::vector<Correction> delta;
    for (const Correction& one : wanted) {
      const Correction* below = find_correction(base, one.path);
      if (below != nullptr && *below == one && one.path != index_path) continue;
      if (below != nullptr && below->what != What::folder && one.what == What::folder) return std::nullopt;
      delta.push_back(one);
    }
    for (const Correction& below : base) {
      if (find_correction(wanted, below.path) != nullptr) continue;
      auto plain = undo(below);
      if (!plain || (below.what != What::folder && plain->what == What::folder)) return std::nullopt;
      delta.push_back(std::move(*plain));
    }
    drop_hidden(delta);
    add_folders(wanted, delta);
    if (delta.size() > 64 + wanted.size() / 4) return std::nullopt;
    return delta;
  }

  /// Shows again what the project has; no value where the volume may have
  /// something else there.
  std::optional<Correction> undo(const Correction& below) const {
    const bool owned =
        std::any_of(own_.begin(), own_.end(), [&](const OwnWrite& write) { return write.path == below.path; });
    if (owned || below.what == What::gone) return std::nullopt;
    const Seen* seen = find_seen(walk_, below.path);
    if (seen == nullptr || seen->entry.kind == Kind::other)
      return Correction{below.path, What::gone, Kind::none, 0, 0, {}};
    const Entry& entry = seen->entry;
    const auto what = entry.kind == Kind::folder ? What::folder : What::copy;
    return Correction{entry.path, what, entry.kind, entry.mode, entry.time, entry.content};
  }

  /// What lies below something else than a folder is hidden by that.
  static void drop_hidden(std::vector<Correction>& delta) {
    sort(delta);
    std::string hiding;
    std::erase_if(delta, [&](const Correction& one) {
      if (!hiding.empty() && is_below(one.path, hiding)) return true;
      hiding = one.what == What::folder ? "" : one.path;
      return false;
    });
  }

  static void sort(std::vector<Correction>& corrections) {
    std::sort(corrections.begin(), corrections.end(),
              [](const Correction& a, const Correction& b) { return path_before(a.path, b.path); });
  }

  /// Folders around the entries of a delta, as they are wanted or else lie
  /// there.
  void add_folders(const std::vector<Correction>& wanted, std::vector<Correction>& delta) const {
    std::map<std::string, Correction> all;
    for (Correction& one : delta) all.emplace(one.path, one);
    for (const Correction& one : delta)
      for (size_t slash = one.path.rfind('/'); slash != std::string::npos; slash = one.path.rfind('/', slash - 1)) {
        const std::string folder = one.path.substr(0, slash);
        if (all.count(folder) > 0) continue;
        const Correction* known = find_correction(wanted, folder);
        const Seen* seen = find_seen(walk_, folder);
        Correction around{folder, What::folder, Kind::folder, 0755, 0, {}};
        if (known != nullptr)
          around = *known;
        else if (seen != nullptr)
          around = {folder, What::folder, Kind::folder, seen->entry.mode, seen->entry.time, {}};
        all.emplace(folder, std::move(around));
        if (slash == 0) break;
      }
    delta.clear();
    for (auto& [path, one] : all) delta.push_back(std::move(one));
    sort(delta);
  }

  const store::Store& store_;
  const Walk& walk_;
  const OwnWrites& own_;
  std::string purpose_;
};

}  // namespace

Result<std::optional<CorrectionsLayer>> provide_corrections(const store::Store& store, const Walk& walk,
                                                            const Shown& shown) {
  if (shown.corrections.empty()) return std::optional(CorrectionsLayer());
  return Provider(store, walk, shown.own).provide(shown.corrections);
}

Result<std::optional<CorrectionsLayer>> provide_checkout(const store::Store& store, const Walk& walk) {
  Shown all;
  all.entries = entries_of(walk);
  for (const Entry& entry : all.entries) {
    if (entry.path.empty() || entry.kind == Kind::other || entry.path == ".git" || is_below(entry.path, ".git"))
      continue;
    if (is_mounted(walk, entry.path)) continue;
    const auto what = entry.kind == Kind::folder ? What::folder : What::copy;
    all.corrections.push_back({entry.path, what, entry.kind, entry.mode, entry.time, entry.content});
  }
  return Provider(store, walk, all.own, "checkout-of").provide(std::move(all.corrections));
}

Result<CorrectionsLayer> provide_mask(const store::Store& store, const Walk& walk, const std::string& covered,
                                      const std::vector<std::string>& hidden) {
  Shown mask;
  mask.entries = entries_of(walk);
  if (!covered.empty()) mask.corrections.push_back({covered, What::cover, Kind::folder, 0755, 0, {}});
  for (const std::string& path : hidden) mask.corrections.push_back({path, What::gone, Kind::none, 0, 0, {}});
  if (mask.corrections.empty()) return CorrectionsLayer();
  add_folders_around(mask);
  TRY_ASSIGN(auto layer, Provider(store, walk, mask.own).provide_alone(mask.corrections));
  INVARIANT(layer.has_value());  // nothing is copied, so nothing can have changed
  return std::move(*layer);
}

}  // namespace larder::source
