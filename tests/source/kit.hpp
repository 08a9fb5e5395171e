#pragma once

// A project, and a target's volume with it: builds that see the one through the other.

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/random_id.hpp"
#include "base/sha256.hpp"
#include "engine/namespaces.hpp"
#include "engine/overlay.hpp"
#include "source/contents.hpp"
#include "source/corrections.hpp"
#include "source/own_writes.hpp"
#include "source/record.hpp"
#include "source/shown.hpp"
#include "source/walk.hpp"
#include "store/layer/merged_tree.hpp"
#include "support/child.hpp"
#include "support/files.hpp"
#include "support/overlay.hpp"
#include "support/store_kit.hpp"

namespace larder::test {

using source::CorrectionsLayer;
using source::Digest;
using source::Entries;
using source::Entry;
using source::Kind;
using source::one_second;
using source::OwnWrite;
using source::Record;
using source::Seen;
using source::Shown;
using source::Walk;

inline int64_t clock_now() {
  timespec now{};
  must(::clock_gettime(CLOCK_REALTIME, &now) == 0, "clock");
  return source::nanoseconds(now);
}

inline Digest digest(std::string_view text) {
  Sha256 hash;
  hash.update(text);
  return hash.finish_bytes();
}

inline void set_time(int dir, const std::string& path, int64_t time) {
  const timespec both = source::to_timespec(time);
  set_mtime(dir, path, both.tv_sec, both.tv_nsec);
}

/// The folder as a build finds it, with all contents read.
inline Walk look(const std::string& folder, const std::vector<std::string>& left_out = {}) {
  Os os;
  Walk walk = must(source::walk(os, folder, left_out, 2));
  must(source::read_contents(os, walk, {}, 2));
  return walk;
}

inline std::vector<std::string> paths_of(const Walk& walk) {
  std::vector<std::string> paths;
  for (const Seen& seen : walk.seen) paths.push_back(seen.entry.path);
  return paths;
}

inline const Seen& seen_at(const Walk& walk, const std::string& path) {
  for (const Seen& seen : walk.seen)
    if (seen.entry.path == path) return seen;
  throw std::runtime_error("the walk has not met " + path);
}

/// Lists a folder without the code under test. A folder's content is that of its names and kinds.
inline void list_entries(int dir, const std::string& folder, Entries& all) {
  Os os;
  const size_t own = all.size();
  const struct stat status = must(os.fstat(dir));
  all.push_back(
      {folder, Kind::folder, static_cast<uint16_t>(status.st_mode & 07777U), {}, source::nanoseconds(status.st_mtim)});
  std::string names = "folder:";
  for (const DirEntry& child : must(os.list(dir, "."))) {
    const struct stat inner = must(os.stat(dir, child.name)).value();
    const std::string path = folder.empty() ? child.name : folder + "/" + child.name;
    names += child.name + "/" + std::to_string(inner.st_mode & S_IFMT) + "/";
    if (S_ISDIR(inner.st_mode)) {
      list_entries(must(os.open_dir(dir, child.name)).get(), path, all);
      continue;
    }
    const bool link = S_ISLNK(inner.st_mode);
    const Kind kind = link ? Kind::link : S_ISREG(inner.st_mode) ? Kind::file : Kind::other;
    const Digest content = kind == Kind::other
                               ? digest("other")
                               : digest(link ? must(os.read_link(dir, child.name)) : get_file(dir, child.name));
    all.push_back(
        {path, kind, static_cast<uint16_t>(inner.st_mode & 07777U), content, source::nanoseconds(inner.st_mtim)});
  }
  all[own].content = digest(names);
}

inline Entries entries_in(int dir) {
  Entries all;
  list_entries(dir, "", all);
  return all;
}

/// Everything that could tell that somebody has touched a folder.
inline std::string trace_of(const std::string& folder) {
  Os os;
  std::string text;
  const Walk walk = must(source::walk(os, folder, {}, 1));
  for (const Seen& seen : walk.seen)
    text +=
        fmt::format("{} {} {} {} {} {} {} {}\n", seen.entry.path, static_cast<int>(seen.entry.kind), seen.entry.mode,
                    seen.stamp.mtime, seen.stamp.ctime, seen.stamp.inode, seen.stamp.size_bytes, seen.link);
  return text;
}

/// What a build at its start has been given.
struct Start {
  Walk walk;
  Shown shown;
  CorrectionsLayer corrections;
  CorrectionsLayer mask;
  int64_t newest = 0;  ///< of the volume
  int64_t now = 0;
};

/// A project's folder and the volumes of its targets, one of which is built at a time.
class Workspace {
 public:
  explicit Workspace(Place place = Place::memory) : temp(place), path_(temp.dir.path() + "/project") {
    put_dir(temp.dir.fd(), "project");
    Os os;
    project_ = must(os.open_dir(AT_FDCWD, path_));
    put_dir(store().dir(), "corrections", 0700);
  }

  const Store& store() const { return temp.store; }
  int project() const { return project_.get(); }
  const std::string& path() const { return path_; }
  /// From here on builds are of this target.
  void turn_to(size_t target) { target_ = target; }
  void hide(std::vector<std::string> paths) { hidden_ = std::move(paths); }

  Start start() const {
    Start start;
    start.walk = look(path_);
    for (const std::string& path : hidden_)
      std::erase_if(start.walk.seen, [&](const Seen& seen) {
        return seen.entry.path == path || source::is_below(seen.entry.path, path);
      });
    start.now = clock_now();
    start.newest = newest();
    start.shown = volume().record.entries.empty() ? source::show_all(start.walk, start.now) : must(decide(start));
    start.corrections = must(source::provide_corrections(store(), start.walk, start.shown)).value();
    start.mask = must(source::provide_mask(store(), start.walk, "", hidden_there()));
    return start;
  }

  /// Runs `body` on the mounted view in a child, and keeps what it has written as a layer of the volume. `meanwhile` is
  /// what the user does until the tool has ended.
  void build(const Start& start, const std::function<void(int)>& body, const std::function<void()>& meanwhile = {}) {
    const std::string place = run(start, body);
    Os os;
    if (meanwhile) meanwhile();
    Walk walk = start.walk;
    Walk later = look(path_);
    source::forget_changed(walk, later);
    volumes_[target_].record = must(source::collect_own_writes(store(), {place + "/upper", ""}, walk, start.shown));
    if (must(os.list(store().dir(), place + "/upper")).empty()) return;
    std::vector<std::string>& layers = volumes_[target_].layers;
    const std::string id = fmt::format("{}-{}", target_, layers.size());
    put_dir(store().dir(), "layers/" + id);
    must(os.rename(store().dir(), place + "/upper", store().dir(), "layers/" + id + "/tree"));
    layers.push_back(id);
  }

  void build(const std::function<void(int)>& body) { build(start(), body); }

  /// What the next build sees.
  Entries view() {
    const Start next = start();
    return view(next);
  }
  Entries view(const Start& start) {
    (void)run(start, [this](int dir) { keep("view", entries_in(dir)); });
    return kept("view");
  }

  /// A child cannot give a list back; a file can.
  void keep(const std::string& name, const Entries& entries) const {
    put_file(temp.dir.fd(), name, Record{entries, {}}.encode());
  }
  Entries kept(const std::string& name) const { return Record::decode(get_file(temp.dir.fd(), name)).value().entries; }

  TempStore temp;

 private:
  struct Volume {
    std::vector<std::string> layers;
    Record record;
  };
  const Volume& volume() const { return volumes_.at(target_); }

  std::vector<std::string> hidden_there() const {
    std::vector<std::string> all;
    for (const std::string& path : hidden_)
      if (exists(project(), path)) all.push_back(path);
    return all;
  }

  /// Gives where the build has left what it wrote.
  std::string run(const Start& start, const std::function<void(int)>& body) const {
    const std::string place = "transactions/" + random_id();
    put_dir(store().dir(), place + "/upper", start.shown.entries[0].mode);
    put_dir(store().dir(), place + "/work");
    set_time(store().dir(), place + "/upper", start.shown.entries[0].time);
    must(run_in_child([&] { body(mount(start, place)); }));
    return place;
  }

  int mount(const Start& start, const std::string& place) const {
    must(engine::enter_namespaces());
    must(::chdir(store().path().c_str()) == 0, "cannot enter the store");
    Os os;
    must(os.mkdir(AT_FDCWD, place + "/merged", 0700));
    engine::Overlay overlay{{path_}, place + "/upper", place + "/work"};
    const auto add = [&](const std::vector<std::string>& trees) {
      overlay.lowers.insert(overlay.lowers.end(), trees.begin(), trees.end());
    };
    add(start.mask.trees);
    add(store::layer_roots(volume().layers));
    add(start.corrections.trees);
    must(engine::mount_overlay(overlay, place + "/merged"));
    return must(os.open_dir(AT_FDCWD, place + "/merged")).release();
  }

  Result<Shown> decide(const Start& start) const {
    const source::VolumeFacts facts{[&]() -> Result<int64_t> { return start.newest; },
                                    [this](const Seen& seen) -> Result<bool> { return has_same(seen); }};
    return source::decide(start.walk, volume().record, facts, start.now);
  }

  bool has_same(const Seen& seen) const {
    const auto view = must(store::MergedTree::open(store(), store::layer_roots(volume().layers)));
    const auto found = must(view.find(seen.entry.path));
    if (!found || (found->status.st_mode & 07777U) != seen.entry.mode) return false;
    Os os;
    if (seen.entry.kind == Kind::link)
      return S_ISLNK(found->status.st_mode) && must(os.read_link(found->dir.get(), found->name)) == seen.link;
    return S_ISREG(found->status.st_mode) && digest(get_file(found->dir.get(), found->name)) == seen.entry.content;
  }

  int64_t newest() const {
    int64_t time = 0;
    for (const std::string& layer : volume().layers) {
      const auto view = must(store::MergedTree::open(store(), store::layer_roots({layer})));
      must(view.walk([&](const store::MergedEntry& entry) -> Status {
        time = std::max(time, source::nanoseconds(entry.status.st_mtim));
        return {};
      }));
    }
    return time;
  }

  std::string path_;
  UniqueFd project_;
  std::vector<std::string> hidden_;
  std::array<Volume, 2> volumes_;
  size_t target_ = 0;
};

/// What is the same of two entries whatever their times: kind, mode and content, as text for messages.
inline std::string look_of(const Entry* entry) {
  if (entry == nullptr || entry->kind == Kind::none) return "nothing";
  const char* kinds[] = {"nothing", "file", "folder", "link", "other"};
  const unsigned content = entry->kind == Kind::folder ? 0 : entry->content[0] * 256U + entry->content[1];
  return fmt::format("{} {:o} {:04x}", kinds[static_cast<int>(entry->kind)],
                     entry->kind == Kind::link ? 0 : entry->mode, content);
}

}  // namespace larder::test
