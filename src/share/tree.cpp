#include "share/tree.hpp"

#include <algorithm>
#include <utility>

#include "base/glob.hpp"
#include "store/branch/marks.hpp"
#include "store/layer/diff.hpp"

namespace larder::share {
namespace {

class Reading {
 public:
  Reading(const store::Store& store, const store::Marks& marks, store::Content content,
          const std::vector<std::string>& left_out)
      : os_(store.os()), marks_(marks), content_(std::move(content)), left_out_(left_out) {}

  Status take(const store::MergedEntry& entry) {
    if (is_below(entry.path, out_)) return {};
    if (matches_any(left_out_, entry.path)) {
      out_ = entry.path;
      return {};
    }
    if (store::is_whiteout(entry.status)) return take_deletion(entry);
    if (S_ISREG(entry.status.st_mode)) return take_file(entry);
    if (S_ISDIR(entry.status.st_mode)) return take_directory(entry);
    if (S_ISLNK(entry.status.st_mode)) return take_link(entry);
    return {};
  }

  Tree finish() { return std::move(tree_); }

 private:
  static bool is_below(const std::string& path, const std::string& folder) {
    return !folder.empty() && path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
  }

  Entry& add(const store::MergedEntry& entry, char type) {
    const timespec& time = entry.status.st_mtim;
    tree_.entries.push_back({entry.path, type, entry.status.st_mode & 01777U, time.tv_sec, time.tv_nsec});
    tree_.newest = std::max<int64_t>(tree_.newest, time.tv_sec);
    return tree_.entries.back();
  }

  Status take_deletion(const store::MergedEntry& entry) {
    if (marks_.keep(entry.path)) tree_.entries.push_back({entry.path, 'x'});
    return {};
  }

  Status take_directory(const store::MergedEntry& entry) {
    const bool opaque = marks_.opaque && entry.closed && !is_below(entry.path, closed_);
    if (opaque) closed_ = entry.path;
    Entry& made = add(entry, opaque ? 'o' : 'd');
    TRY_ASSIGN(made.attributes, read_user_attributes(os_, entry.dir, entry.name));
    return {};
  }

  Status take_link(const store::MergedEntry& entry) {
    TRY_ASSIGN(std::string text, os_.read_link(entry.dir, entry.name));
    add(entry, 'l').target = std::move(text);
    return {};
  }

  Status take_file(const store::MergedEntry& entry) {
    if (entry.status.st_nlink > 1) {
      const auto [first, is_new] = names_.emplace(std::pair(entry.status.st_dev, entry.status.st_ino), entry.path);
      if (!is_new) {
        tree_.entries.push_back({entry.path, 'h'});
        tree_.entries.back().target = first->second;
        return {};
      }
    }
    const auto known = content_.find(entry.path);
    const auto size = static_cast<uint64_t>(entry.status.st_size);
    if (known == content_.end() || known->second->type != 'f' || known->second->size_bytes != size)
      return fail(ErrorCode::damage, "a layer is not what its manifest says", entry.path,
                  "`larder cache verify --repair` goes back to what is sound");
    Entry& made = add(entry, 'f');
    TRY_ASSIGN(made.attributes, read_user_attributes(os_, entry.dir, entry.name));
    if (size == 0) return {};
    made.content = {known->second->content, size};
    if (!tree_.files.emplace(made.content.digest, entry.path).second) return {};
    tree_.contents.push_back(made.content);
    tree_.bytes += size;
    return {};
  }

  Os& os_;
  const store::Marks& marks_;
  const store::Content content_;
  const std::vector<std::string>& left_out_;
  std::string out_;     ///< the last folder that was left out
  std::string closed_;  ///< the last folder with a mark; one below it needs none
  std::map<std::pair<dev_t, ino_t>, std::string> names_;
  Tree tree_;
};

}  // namespace

Result<Tree> read_tree(const store::Store& store, const store::Generation& generation,
                       const std::vector<std::string>& left_out) {
  store::ContentReader reader(store);
  TRY_ASSIGN(store::Content content, reader.content(generation.layers));
  TRY_ASSIGN(const auto merged, store::MergedTree::open(store, store::layer_roots(generation.layers)));
  const store::Marks marks = store::marks_of(generation);
  Reading reading(store, marks, std::move(content), left_out);
  const auto visit = [&](const store::MergedEntry& entry) { return reading.take(entry); };
  TRY(marks.none() ? merged.walk(visit) : merged.walk_with_marks(visit));
  return reading.finish();
}

}  // namespace larder::share
