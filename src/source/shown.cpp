#include "source/shown.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

namespace larder::source {
namespace {

std::string parent_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

/// Where a link leads, as a path in the project; no value where it leads out of it.
std::optional<std::string> target_of(const Link& link) {
  const std::filesystem::path text(link.text);
  if (text.is_absolute()) return std::nullopt;
  std::string target = (std::filesystem::path(parent_of(link.path)) / text).lexically_normal().string();
  while (!target.empty() && target.back() == '/') target.pop_back();
  if (target == ".") target.clear();
  if (target == ".." || target.starts_with("../")) return std::nullopt;
  return target;
}

/// Where links lead, with the links on the way there and those below it.
class Reach {
 public:
  explicit Reach(const Links& links) : links_(links) {}

  void follow(const Link& link) { follow(link, "", 0); }
  /// All paths that were reached; what lies below them is reached, too.
  std::set<std::string> take() { return std::move(reached_); }

 private:
  void follow(const Link& link, const std::string& rest, int hops) {
    constexpr int hops_max = 40;  // as the kernel's
    const auto target = target_of(link);
    if (!target || hops == hops_max) return;
    const std::string path = *target + (target->empty() || rest.empty() ? "" : "/") + rest;
    if (!reached_.insert(path).second) return;
    for (size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
      if (const Link* around = find_by_path(links_, path.substr(0, slash)))
        follow(*around, path.substr(slash + 1), hops + 1);
    for (auto inner = first_from(path); inner != links_.end(); ++inner) {
      if (inner->path != path && !is_below(inner->path, path)) return;
      follow(*inner, "", hops + 1);
    }
  }

  Links::const_iterator first_from(const std::string& path) const {
    return std::lower_bound(links_.begin(), links_.end(), path,
                            [](const Link& a, const std::string& b) { return path_before(a.path, b); });
  }

  const Links& links_;
  std::set<std::string> reached_;
};

/// A walk forward through a sorted list, asked for ascending paths.
template <typename Item>
class Cursor {
 public:
  explicit Cursor(std::vector<Item>& items) : next_(items.begin()), end_(items.end()) {}

  bool at_end() const { return next_ == end_; }
  const std::string& path() const { return next_->path; }
  Item* take() { return &*next_++; }
  /// The item with this path; nullptr where there is none. Passes over those before it.
  Item* at(std::string_view path) {
    while (next_ != end_ && path_before(next_->path, path)) ++next_;
    return next_ != end_ && next_->path == path ? &*next_ : nullptr;
  }

 private:
  typename std::vector<Item>::iterator next_;
  typename std::vector<Item>::iterator end_;
};

/// The build's own upper gives the project's folder its time, and what is never opened needs none.
std::optional<Correction> correction_of(const Entry& entry) {
  if (entry.path.empty() || entry.kind == Kind::other) return std::nullopt;
  const auto what = entry.kind == Kind::folder ? Correction::What::folder : Correction::What::copy;
  return Correction{entry.path, what, entry.kind, entry.mode, entry.time, entry.content};
}

/// A folder as it is seen now: the project's, or one that a build has made.
Correction plain_folder(const Shown& shown, const std::string& path) {
  const OwnWrite* own = find_by_path(shown.own, path);
  const Entry* entry = find(shown.entries, path);
  const bool written = own != nullptr && own->kind == Kind::folder;
  Correction folder{path, Correction::What::folder, Kind::folder, 0755, 0, {}};
  if (entry != nullptr) folder.mode = entry->mode;
  if (entry != nullptr) folder.time = entry->time;
  if (written && (entry == nullptr || !own->users_mode)) folder.mode = own->mode;
  if (written && entry == nullptr) folder.time = own->time;
  return folder;
}

class Decision {
 public:
  Decision(const Walk& walk, const Record& base, const VolumeFacts& volume, int64_t now)
      : walk_(walk), record_(base.entries), links_before_(base.links), volume_(volume), now_(now) {
    shown_.own = base.own;
  }

  Result<Shown> run() {
    find_turned_links();
    Cursor<Entry> before(record_);
    Cursor<OwnWrite> own(shown_.own);
    for (const Seen& seen : walk_.seen) {
      while (!own.at_end() && path_before(own.path(), seen.entry.path)) judge_alone(*own.take());
      OwnWrite* write = !own.at_end() && own.path() == seen.entry.path ? own.take() : nullptr;
      TRY(judge(seen, before.at(seen.entry.path), write));
    }
    while (!own.at_end()) judge_alone(*own.take());
    add_folders_around(shown_);
    return std::move(shown_);
  }

 private:
  /// A folder of the project's in whose place a build's write stands.
  struct Hidden {
    OwnWrite* write;
    size_t entry;  ///< number in `shown_.entries`
    int64_t own_time;
  };

  /// Links that lead elsewhere than they did, or are new or gone: what they lead to now is new to who goes through
  /// them, and what they led to has gone for a tool that has noted where it came to.
  void find_turned_links() {
    for (const Links& links : {links_of(walk_), links_before_}) {
      Reach reach(links);
      for (const Link& link : links)
        if (!is_as_before(link.path)) reach.follow(link);
      turned_.merge(reach.take());
    }
  }

  bool is_as_before(const std::string& path) const {
    const Entry* before = find(record_, path);
    const Seen* now = find_seen(walk_, path);
    return before != nullptr && now != nullptr && same_content(*before, now->entry);
  }

  bool is_reached_anew(std::string path) const {
    if (turned_.empty()) return false;
    for (; !path.empty(); path = parent_of(path))
      if (turned_.count(path) > 0) return true;
    return turned_.count("") > 0;
  }

  /// The time of what has changed: its own where that is newer than the volume and not in the future.
  Result<int64_t> new_time(int64_t own_time) {
    if (!newest_) {
      TRY_ASSIGN(newest_, volume_.newest());
      shown_.ahead = *newest_ >= now_;
    }
    if (own_time > *newest_ && own_time <= now_) return own_time;
    return std::max(now_, *newest_ + 1);
  }

  Status judge(const Seen& seen, const Entry* before, OwnWrite* write) {
    Entry entry = seen.entry;
    const bool same = before != nullptr && same_content(*before, entry);
    const bool as_new = volume_.counts_as_new && volume_.counts_as_new(entry.path);
    if (same && !as_new && !is_reached_anew(entry.path)) {
      entry.time = before->time;
    } else {
      if (entry.kind != Kind::folder) ++shown_.changed;
      TRY_ASSIGN(entry.time, new_time(seen.entry.time));
    }
    if (entry.time != seen.entry.time && is_mounted(walk_, entry.path) && entry.kind != Kind::folder) {
      shown_.ahead = true;  // no layer can lie over what is mounted in the project
      entry.time = seen.entry.time;
    }
    if (write != nullptr && !same && is_merged(*write, entry)) write->users_mode = true;
    TRY(correct(seen, entry, write));
    shown_.entries.push_back(std::move(entry));
    return {};
  }

  Status correct(const Seen& seen, Entry& entry, OwnWrite* write) {
    const bool covered = !cover_.empty() && is_below(entry.path, cover_);
    if (!covered) cover_.clear();
    while (!hidden_.empty() && !is_below(entry.path, hidden_.back().write->path)) hidden_.pop_back();
    if (write != nullptr && is_merged(*write, entry)) {
      if (write->alone && cover_.empty()) cover_ = entry.path;
      return entry.time != write->time ? show(entry, *write) : Status();
    }
    if (write == nullptr) return covered || entry.time != seen.entry.time ? show(entry) : Status();
    TRY_ASSIGN(const bool stands, stands_against(*write, seen));
    if (write->kind != Kind::folder && entry.kind == Kind::folder && cover_.empty()) cover_ = entry.path;
    if (stands && entry.kind == Kind::folder) hidden_.push_back({write, shown_.entries.size(), seen.entry.time});
    if (stands) return {};
    if (!write->overruled) {
      TRY_ASSIGN(entry.time, new_time(seen.entry.time));
    }
    overrule(*write);
    return show(entry);
  }

  static bool is_merged(const OwnWrite& write, const Entry& entry) {
    return write.kind == Kind::folder && entry.kind == Kind::folder;
  }

  /// A folder of both: with the mode that the build has given it, until the user changes theirs.
  Status show(Entry entry, const OwnWrite& write) {
    if (!write.users_mode) entry.mode = write.mode;
    return show(entry);
  }

  /// What is the user's in a folder that the build has deleted or replaced makes the folder the user's, too.
  Status show(const Entry& entry) {
    for (const Hidden& around : hidden_) {
      if (around.write->overruled) continue;
      around.write->overruled = true;
      Entry& folder = shown_.entries[around.entry];
      TRY_ASSIGN(folder.time, new_time(around.own_time));
      add(folder);
    }
    add(entry);
    return {};
  }

  Result<bool> stands_against(const OwnWrite& write, const Seen& seen) {
    if (write.overruled) return false;
    if (same_content(write.replaced, seen.entry)) return true;
    if (write.kind != seen.entry.kind || (write.kind != Kind::file && write.kind != Kind::link)) return false;
    return volume_.has_same(seen);
  }

  /// What is below a write that no longer counts does not count either.
  void overrule(OwnWrite& write) {
    write.overruled = true;
    dead_ = write.path;
    has_dead_ = true;
  }

  /// A write where the project has nothing now.
  void judge_alone(OwnWrite& write) {
    if (write.kind == Kind::none) return;
    if (has_dead_ && is_below(write.path, dead_)) {
      write.overruled = true;
      return;
    }
    const bool created = write.replaced.kind == Kind::none;
    if (created && !write.overruled) return;
    overrule(write);
    shown_.corrections.push_back({write.path, Correction::What::gone, Kind::none, 0, 0, {}});
  }

  void add(const Entry& entry) {
    if (auto correction = correction_of(entry)) shown_.corrections.push_back(std::move(*correction));
  }

  const Walk& walk_;
  Entries record_;
  const Links& links_before_;
  const VolumeFacts& volume_;
  int64_t now_;
  Shown shown_;
  std::set<std::string> turned_;  ///< where links lead, or led, that lead elsewhere now
  std::optional<int64_t> newest_;
  std::string cover_;           ///< a folder of the project that the volume hides; empty: none
  std::vector<Hidden> hidden_;  ///< around the entry that is judged, outermost first
  std::string dead_;            ///< the last write that was overruled
  bool has_dead_ = false;
};

}  // namespace

void add_folders_around(Shown& shown) {
  std::set<std::string> there;
  for (const Correction& correction : shown.corrections) there.insert(correction.path);
  std::vector<Correction> around;
  for (const Correction& correction : shown.corrections)
    for (std::string folder = parent_of(correction.path); !folder.empty(); folder = parent_of(folder)) {
      if (!there.insert(folder).second) break;
      around.push_back(plain_folder(shown, folder));
    }
  shown.corrections.insert(shown.corrections.end(), around.begin(), around.end());
  std::sort(shown.corrections.begin(), shown.corrections.end(),
            [](const Correction& a, const Correction& b) { return path_before(a.path, b.path); });
}

Result<Shown> decide(const Walk& walk, const Record& base, const VolumeFacts& volume, int64_t now) {
  return Decision(walk, base, volume, now).run();
}

Shown show_all(const Walk& walk, int64_t now) {
  Shown shown;
  shown.entries = entries_of(walk);
  shown.changed = shown.entries.size();
  for (Entry& entry : shown.entries) {
    if (entry.time <= now || is_mounted(walk, entry.path)) continue;
    entry.time = now;
    if (auto correction = correction_of(entry)) shown.corrections.push_back(std::move(*correction));
  }
  add_folders_around(shown);
  return shown;
}

}  // namespace larder::source
