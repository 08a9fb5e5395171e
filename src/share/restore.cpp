#include "share/restore.hpp"

#include <fcntl.h>
#include <sys/sysmacros.h>

#include <map>
#include <set>
#include <utility>

#include "base/hash_file.hpp"
#include "base/parallel.hpp"
#include "base/sha256.hpp"
#include "share/pack.hpp"

namespace larder::share {
namespace {

timespec time_of(const Entry& entry) {
  return {static_cast<time_t>(entry.mtime_seconds), static_cast<long>(entry.mtime_nanoseconds)};
}

class Restoring {
 public:
  Restoring(Os& os, int root, const Index& index, const Blobs& blobs, const LocalContents& local)
      : os_(os), root_(root), index_(index), blobs_(blobs), local_(local) {}

  Status run(const std::function<bool(const Entry&)>& is_wanted) {
    for (const Entry& entry : index_.entries)
      if (is_directory(entry) || is_wanted(entry)) TRY(make(entry));
    TRY(restore_local());
    TRY(restore_packed());
    for (const Entry* name : names_) TRY(os_.link(root_, name->target, root_, name->path));
    return finish_directories();
  }

 private:
  static bool is_directory(const Entry& entry) { return entry.type == 'd' || entry.type == 'o'; }

  /// Makes what has no content; files come later, with all others that have the same one.
  Status make(const Entry& entry) {
    switch (entry.type) {
      case 'd':
      case 'o':
        TRY(os_.mkdir(root_, entry.path, 0700));
        if (entry.type == 'o') TRY(os_.set_xattr(root_, entry.path, "user.overlay.opaque", "y"));
        return {};
      case 'l':
        TRY(os_.symlink(entry.target, root_, entry.path));
        return os_.utimens(root_, entry.path, {time_of(entry), time_of(entry)});
      case 'x':
        return os_.mknod(root_, entry.path, S_IFCHR, makedev(0, 0));
      case 'h':
        names_.push_back(&entry);
        return {};
      default:
        if (entry.content.bytes > 0) {
          files_[entry.content.digest].push_back(&entry);
          return {};
        }
        TRY_ASSIGN(const UniqueFd file, create(entry));
        return finish(entry, file.get());
    }
  }

  Result<UniqueFd> create(const Entry& entry) const {
    return os_.open(root_, entry.path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  }

  Status set_attributes(const Entry& entry) const {
    for (const auto& [name, value] : entry.attributes) TRY(os_.set_xattr(root_, entry.path, name.c_str(), value));
    return {};
  }

  Status finish(const Entry& entry, int file) const {
    TRY(set_attributes(entry));
    TRY(os_.fchmod(file, entry.mode));
    return os_.futimens(file, {time_of(entry), time_of(entry)});
  }

  /// The first file that has a content is done; all others are copies of it.
  Status finish_all(const std::vector<const Entry*>& files, UniqueFd first) const {
    for (size_t i = 1; i < files.size(); ++i) {
      TRY_ASSIGN(const UniqueFd source, os_.open(root_, files.front()->path, O_RDONLY | O_NOFOLLOW));
      TRY_ASSIGN(const UniqueFd copy, create(*files[i]));
      TRY(os_.copy_range(source.get(), copy.get(), files.front()->content.bytes));
      TRY(finish(*files[i], copy.get()));
    }
    return finish(*files.front(), first.get());
  }

  /// Whether what is said to have the content has it; damage here is none of what is restored if a pack has it, too.
  Result<bool> copy_local(const std::vector<const Entry*>& files) const {
    const Content& content = files.front()->content;
    TRY_ASSIGN(const UniqueFd source, local_.open(os_, content));
    TRY_ASSIGN(UniqueFd file, create(*files.front()));
    TRY(os_.copy_range(source.get(), file.get(), content.bytes));
    std::vector<char> buffer(hash_buffer_bytes);
    TRY_ASSIGN(const UniqueFd copy, os_.open(root_, files.front()->path, O_RDONLY | O_NOFOLLOW));
    TRY_ASSIGN(const std::string digest, hash_file(os_, copy.get(), buffer));
    if (digest != content.digest) return false;
    TRY(finish_all(files, std::move(file)));
    return true;
  }

  Status restore_local() {
    std::vector<const std::vector<const Entry*>*> here;
    for (const auto& [digest, files] : files_)
      if (local_.has(files.front()->content)) here.push_back(&files);
    TRY(in_parallel(here.size(), worker_count(), [&](unsigned, size_t i) -> Status {
      TRY_ASSIGN(const bool done, copy_local(*here[i]));
      if (!done)
        return fail(ErrorCode::damage, "a volume of this store is damaged",
                    "a file is not what its layer's manifest says",
                    "`larder cache verify --repair` goes back to what is sound");
      return {};
    }));
    for (const auto* files : here) restored_.insert(files->front()->content.digest);
    return {};
  }

  /// A content that lies in several packs is taken from the first.
  std::vector<std::set<size_t>> places_to_take() const {
    std::set<std::string_view> taken(restored_.begin(), restored_.end());
    std::vector<std::set<size_t>> wanted(index_.packs.size());
    for (size_t i = 0; i < index_.packs.size(); ++i)
      for (size_t place = 0; place < index_.packs[i].contents.size(); ++place) {
        const std::string& digest = index_.packs[i].contents[place].digest;
        if (files_.count(digest) > 0 && taken.insert(digest).second) wanted[i].insert(place);
      }
    return wanted;
  }

  Status restore_packed() const {
    const auto wanted = places_to_take();
    return in_parallel(index_.packs.size(), worker_count(), [&](unsigned, size_t i) -> Status {
      if (wanted[i].empty()) return {};
      TRY(blobs_.check({index_.packs[i].digest, index_.packs[i].bytes}));
      return restore_pack(index_.packs[i], wanted[i]);
    });
  }

  Status restore_pack(const Pack& pack, const std::set<size_t>& wanted) const {
    UniqueFd file;
    const auto files_at = [&](size_t place) -> const std::vector<const Entry*>& {
      return files_.at(pack.contents[place].digest);
    };
    Unpacking unpacking;
    unpacking.wants = [&](size_t place) { return wanted.count(place) > 0; };
    unpacking.take = [&](size_t place, std::string_view bytes) -> Status {
      if (!file) {
        TRY_ASSIGN(file, create(*files_at(place).front()));
      }
      return os_.write_all(file.get(), bytes);
    };
    unpacking.end = [&](size_t place) { return finish_all(files_at(place), std::exchange(file, UniqueFd())); };
    return unpack(pack, blobs_, unpacking);
  }

  Status finish_directories() const {
    for (auto entry = index_.entries.rbegin(); entry != index_.entries.rend(); ++entry) {
      if (!is_directory(*entry)) continue;
      TRY(set_attributes(*entry));
      TRY(os_.chmod(root_, entry->path, entry->mode));
      TRY(os_.utimens(root_, entry->path, {time_of(*entry), time_of(*entry)}));
    }
    return {};
  }

  Os& os_;
  int root_;
  const Index& index_;
  const Blobs& blobs_;
  const LocalContents& local_;
  std::map<std::string, std::vector<const Entry*>> files_;  ///< by content
  std::vector<const Entry*> names_;
  std::set<std::string> restored_;
};

}  // namespace

std::vector<Pack> needed_packs(const Index& index, const LocalContents& local) {
  std::set<std::string_view> wanted;
  for (const Entry& entry : index.entries)
    if (entry.content.bytes > 0 && !local.has(entry.content)) wanted.insert(entry.content.digest);
  std::vector<Pack> packs;
  for (const Pack& pack : index.packs) {
    bool needed = false;
    for (const Content& content : pack.contents) needed = wanted.erase(content.digest) > 0 || needed;
    if (needed) packs.push_back(pack);
  }
  return packs;
}

Status restore_tree(Os& os, int root, const Index& index, const Blobs& blobs, const LocalContents& local,
                    const std::function<bool(const Entry&)>& is_wanted) {
  return Restoring(os, root, index, blobs, local).run(is_wanted);
}

}  // namespace larder::share
