#include "source/corrections.hpp"

#include <fcntl.h>

#include <algorithm>
#include <map>

#include "base/durable_file.hpp"
#include "base/random_id.hpp"
#include "base/sha256.hpp"
#include "source/kept_layer.hpp"
#include "source/layer_tree.hpp"

namespace larder::source {
namespace {

using What = Correction::What;

/// What a layer is for.
enum class Purpose {
  corrections,  ///< it lies above a volume's own layers
  checkout      ///< it is the whole project, without git
};

class Provider {
 public:
  Provider(const store::Store& store, const Walk& walk, const OwnWrites& own, Purpose purpose)
      : store_(store), walk_(walk), own_(own), purpose_(purpose) {}

  Result<std::optional<CorrectionsLayer>> provide(std::vector<Correction> corrections) {
    if (purpose_ == Purpose::corrections) add_index(corrections);
    name_unknown(corrections);
    TRY_ASSIGN(auto known, hold_layer(store_, layer_key(walk_.folder, {"", corrections})));
    if (known) return known;
    LayerSpec base;
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
  Result<std::optional<Below>> hold_noted(LayerSpec& spec) const {
    const auto note = read_file(store_.os(), store_.dir(), note_path(), 4096);
    if (!note || note->size() != layer_key("", {}).size()) return std::optional<Below>();
    TRY_ASSIGN(auto layer, hold_layer(store_, *note, &spec));
    if (!layer || !spec.base.empty()) return std::optional<Below>();
    return std::optional(Below{*note, std::move(*layer)});
  }

  Result<std::optional<CorrectionsLayer>> provide_and_note(const std::vector<Correction>& corrections) {
    TRY_ASSIGN(auto layer, provide_alone(corrections));
    const std::string key = layer_key(walk_.folder, {"", corrections});
    if (layer) TRY(replace_file(store_.os(), store_.dir(), note_path(), key, Durability::none));
    return layer;
  }

  /// The layer of this, which shows `shown` together with those below it.
  Result<std::optional<CorrectionsLayer>> provide_layer(const LayerSpec& spec, const std::vector<Correction>& shown,
                                                        const std::vector<std::string>& below) {
    const std::string key = layer_key(walk_.folder, spec);
    TRY_ASSIGN(auto known, hold_layer(store_, key));
    if (known) return known;
    TRY_ASSIGN(const bool made, make_layer(key, spec, shown, below));
    if (!made) return std::optional<CorrectionsLayer>();
    return hold_made(key);
  }

  Result<std::optional<CorrectionsLayer>> hold_made(const std::string& key) const {
    TRY_ASSIGN(auto held, hold_layer(store_, key));
    if (!held) return fail(ErrorCode::damage, "the corrections that a build needs have gone", "corrections/" + key);
    return held;
  }

  /// git compares stamps first, and the copies have others than it knows: it would take each for changed.
  void add_index(std::vector<Correction>& corrections) const {
    const Seen* index = find_seen(walk_, index_path);
    const bool copies = std::any_of(corrections.begin(), corrections.end(),
                                    [](const Correction& one) { return one.what == What::copy; });
    if (index == nullptr || index->entry.kind != Kind::file || !copies) return;
    std::erase_if(corrections, [](const Correction& one) { return one.path == index_path; });
    insert(corrections,
           {index_path, What::copy, Kind::file, index->entry.mode, index->entry.time, index->entry.content});
    const Seen* folder = find_seen(walk_, ".git");
    if (folder == nullptr || find_by_path(corrections, ".git") != nullptr) return;
    insert(corrections, {".git", What::folder, Kind::folder, folder->entry.mode, folder->entry.time, {}});
  }

  /// Two files whose content is not known are not the same unless their stamps are.
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

  /// Names the last layer of the folder that has nothing below it. Layers of one purpose are never put above another's.
  std::string note_path() const {
    const char* kind = purpose_ == Purpose::corrections ? "of-" : "checkout-of-";
    return "corrections/" + std::string(kind) + sha256_hex(walk_.folder).substr(0, 16);
  }

  Result<bool> make_layer(const std::string& key, const LayerSpec& spec, const std::vector<Correction>& shown,
                          std::vector<std::string> trees) {
    Os& os = store_.os();
    TRY_ASSIGN(const FileLock store_lock, store_.lock(LockMode::shared));  // a collector would take it for a dead one's
    const std::string place = "corrections/new-" + random_id();
    TRY(os.mkdir(store_.dir(), place, 0700));
    TRY(os.mkdir(store_.dir(), place + "/tree", 0755));
    const auto made = fill(place, spec, shown, std::move(trees));
    if (made && *made) {
      TRY(put_layer(store_, place, key));
      return true;
    }
    (void)os.rename(store_.dir(), place, store_.dir(),
                    "trash/" + random_id());  // else the collector finds it
    return made;
  }

  Result<bool> fill(const std::string& place, const LayerSpec& spec, const std::vector<Correction>& shown,
                    std::vector<std::string> below) {
    Os& os = store_.os();
    TRY_ASSIGN(const bool whole,
               make_layer_tree(store_, walk_, {place + "/tree", std::move(below), spec.corrections, shown}));
    if (!whole) return false;
    TRY(replace_file(os, store_.dir(), place + "/spec", spec.encode(), Durability::none));
    TRY_ASSIGN(const UniqueFd lock, os.open(store_.dir(), place + "/lock", O_WRONLY | O_CREAT, 0600));
    return true;
  }

  /// What a layer above `base` must have, so that both together show `wanted`; no value where that cannot be, or is not
  /// worth it.
  std::optional<std::vector<Correction>> difference(const std::vector<Correction>& base,
                                                    const std::vector<Correction>& wanted) const {
    std::vector<Correction> delta;
    for (const Correction& one : wanted) {
      const Correction* below = find_by_path(base, one.path);
      if (below != nullptr && *below == one && one.path != index_path) continue;
      if (below != nullptr && below->what != What::folder && one.what == What::folder) return std::nullopt;
      delta.push_back(one);
    }
    for (const Correction& below : base) {
      if (find_by_path(wanted, below.path) != nullptr) continue;
      auto plain = undo(below);
      if (!plain || (below.what != What::folder && plain->what == What::folder)) return std::nullopt;
      delta.push_back(std::move(*plain));
    }
    drop_hidden(delta);
    add_folders(wanted, delta);
    if (delta.size() > 64 + wanted.size() / 4) return std::nullopt;
    return delta;
  }

  /// Shows again what the project has; no value where the volume may have something else there.
  std::optional<Correction> undo(const Correction& below) const {
    if (find_by_path(own_, below.path) != nullptr || below.what == What::gone) return std::nullopt;
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

  /// Folders around the entries of a delta, as they are wanted or else lie there.
  void add_folders(const std::vector<Correction>& wanted, std::vector<Correction>& delta) const {
    std::map<std::string, Correction> all;
    for (Correction& one : delta) all.emplace(one.path, one);
    for (const Correction& one : delta)
      for (size_t slash = one.path.rfind('/'); slash != std::string::npos; slash = one.path.rfind('/', slash - 1)) {
        const std::string folder = one.path.substr(0, slash);
        if (all.count(folder) > 0) continue;
        const Correction* known = find_by_path(wanted, folder);
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
  Purpose purpose_;
};

}  // namespace

Result<std::optional<CorrectionsLayer>> provide_corrections(const store::Store& store, const Walk& walk,
                                                            const Shown& shown) {
  if (shown.corrections.empty()) return std::optional(CorrectionsLayer());
  return Provider(store, walk, shown.own, Purpose::corrections).provide(shown.corrections);
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
  return Provider(store, walk, all.own, Purpose::checkout).provide(std::move(all.corrections));
}

Result<CorrectionsLayer> provide_mask(const store::Store& store, const Walk& walk, const std::string& covered,
                                      const std::vector<std::string>& hidden) {
  Shown mask;
  mask.entries = entries_of(walk);
  if (!covered.empty()) mask.corrections.push_back({covered, What::cover, Kind::folder, 0755, 0, {}});
  for (const std::string& path : hidden) mask.corrections.push_back({path, What::gone, Kind::none, 0, 0, {}});
  if (mask.corrections.empty()) return CorrectionsLayer();
  add_folders_around(mask);
  TRY_ASSIGN(auto layer, Provider(store, walk, mask.own, Purpose::corrections).provide_alone(mask.corrections));
  INVARIANT(layer.has_value());  // nothing is copied, so nothing can have changed
  return std::move(*layer);
}

}  // namespace larder::source
