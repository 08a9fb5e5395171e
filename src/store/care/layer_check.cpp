#include "store/care/layer_check.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <map>
#include <unordered_map>

#include "base/hash_file.hpp"

namespace larder::store {
namespace {

/// The disk, its file system or a mode refuses: damage, where other errors say that the machine lacks something.
bool is_refusal(const Error& error) {
  switch (error.sys_errno) {
    case EIO:
    case EUCLEAN:
    case EBADMSG:
    case EACCES:
    case EPERM:
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
      return true;
    default:
      return false;
  }
}

/// A disk that refuses once may have had a hiccup, and taking that for damage would cost builds' work.
template <typename Read>
auto read_twice(Read&& read) {
  auto result = read();
  return result || result.error().sys_errno != EIO ? std::move(result) : read();
}

char without_mark(char type) { return type == 'o' ? 'd' : type; }

class Check {
 public:
  Check(const Store& store, const std::string& layer) : store_(store), os_(store.os()), layer_(layer) {}

  Result<LayerCheck> run() {
    const std::string folder = "layers/" + layer_;
    TRY_ASSIGN(const auto tree, os_.stat(store_.dir(), folder + "/tree"));
    if (!tree || !S_ISDIR(tree->st_mode)) {
      report("", Harm::missing);
      return std::move(result_);
    }
    TRY_ASSIGN(result_.settled, has_manifest(store_, layer_));
    if (!result_.settled) return std::move(result_);
    const auto manifest = read_twice([&] { return read_manifest(store_, layer_); });
    if (!manifest && manifest.error().code != ErrorCode::damage && !is_refusal(manifest.error()))
      return fail(manifest.error());
    if (!manifest) {
      report("", Harm::torn);
      return std::move(result_);
    }
    for (const ManifestEntry& entry : *manifest) expect(entry);
    TRY(open_and_compare(store_.dir(), folder + "/tree", ""));
    return std::move(result_);
  }

 private:
  using Names = std::map<std::string, const ManifestEntry*>;

  void expect(const ManifestEntry& entry) {
    const size_t name = entry.path.rfind('/') + 1;
    expected_[entry.path.substr(0, name)][entry.path.substr(name)] = &entry;
  }

  void report(const std::string& path, Harm harm) { result_.damage.push_back({layer_, path, harm}); }

  Status report_refusal(const std::string& path, const Error& error) {
    if (!is_refusal(error)) return fail(error);
    report(path, Harm::unreadable);
    return {};
  }

  /// Gives whether the directory has the names that it should have; `prefix` is its path and a slash.
  Result<bool> open_and_compare(int parent, const std::string& name, const std::string& prefix) {
    const auto dir = read_twice([&] { return os_.open_dir(parent, name); });
    if (!dir) return refuse_names(prefix, dir.error());
    const auto listed = read_twice([&] { return os_.list(dir->get(), "."); });
    if (!listed) return refuse_names(prefix, listed.error());
    return compare_names(dir->get(), *listed, prefix);
  }

  Result<bool> refuse_names(const std::string& prefix, const Error& error) {
    TRY(report_refusal(prefix.substr(0, prefix.rfind('/')), error));
    return false;
  }

  Result<bool> compare_names(int dir, const std::vector<DirEntry>& listed, const std::string& prefix) {
    const Names& names = expected_[prefix];
    size_t found = 0;
    for (const DirEntry& entry : listed) {
      const auto expected = names.find(entry.name);
      if (expected == names.end()) {
        report(prefix + entry.name, Harm::extra);
      } else {
        ++found;
        TRY(compare(dir, entry.name, *expected->second));
      }
    }
    if (found < names.size()) report_missing(listed, names);
    return found == names.size() && found == listed.size();
  }

  /// What is listed is sorted, and so are the names.
  void report_missing(const std::vector<DirEntry>& listed, const Names& names) {
    auto at = listed.begin();
    for (const auto& [name, entry] : names) {
      while (at != listed.end() && at->name < name) ++at;
      if (at == listed.end() || at->name != name) report(entry->path, Harm::missing);
    }
  }

  Status compare(int dir, const std::string& name, const ManifestEntry& expected) {
    const auto status = read_twice([&] { return os_.stat(dir, name); });
    if (!status) return report_refusal(expected.path, status.error());
    if (!*status) {
      report(expected.path, Harm::missing);
      return {};
    }
    const auto found = read_twice([&] { return describe_entry(os_, dir, name, **status); });
    if (!found) return report_refusal(expected.path, found.error());
    if (without_mark(found->type) == without_mark(expected.type))
      return compare_same_type(dir, name, *found, **status, expected);
    report(expected.path, Harm::type);
    return {};
  }

  Status compare_same_type(int dir, const std::string& name, const ManifestEntry& found, const struct stat& status,
                           const ManifestEntry& expected) {
    const std::string& path = expected.path;
    if (found.type != expected.type) report(path, Harm::opaque);
    if (found.mode != expected.mode) report(path, Harm::mode);
    if (found.attributes != expected.attributes) report(path, Harm::xattr);
    bool same_names = true;
    if (S_ISDIR(status.st_mode)) {
      TRY_ASSIGN(same_names, open_and_compare(dir, name, path + "/"));
    } else if (found.type == 'l') {
      if (found.content != expected.content) report(path, Harm::link);
    } else if (found.type == 'f') {
      if (found.size_bytes != expected.size_bytes)
        report(path, Harm::size);
      else
        result_.files.push_back({status.st_dev, status.st_ino, found.size_bytes, path, expected.content});
    }
    // The times of directories are recorded when nobody writes to them any more; lower layers of an overlay, and files
    // that get more links, leave them as they are.
    const bool same_time =
        found.mtime_seconds == expected.mtime_seconds && found.mtime_nanoseconds == expected.mtime_nanoseconds;
    if (same_names && !same_time) report(path, Harm::mtime);
    return {};
  }

  const Store& store_;
  Os& os_;
  const std::string& layer_;
  std::unordered_map<std::string, Names> expected_;  ///< by folder, with a slash
  LayerCheck result_;
};

Result<UniqueFd> open_file(Os& os, int dir, const std::string& path) {
  if (path.size() < PATH_MAX) return os.open(dir, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  const size_t slash = path.rfind('/', PATH_MAX - 1);
  TRY_ASSIGN(const UniqueFd part, os.open_dir(dir, path.substr(0, slash)));
  return open_file(os, part.get(), path.substr(slash + 1));
}

}  // namespace

Result<LayerCheck> check_layer(const Store& store, const std::string& layer) { return Check(store, layer).run(); }

Result<std::optional<std::string>> hash_layer_file(const Store& store, const std::string& layer,
                                                   const std::string& path, std::vector<char>& buffer,
                                                   const std::function<void(size_t bytes)>& progress) {
  const auto hash = read_twice([&]() -> Result<std::string> {
    TRY_ASSIGN(const UniqueFd fd, open_file(store.os(), store.dir(), "layers/" + layer + "/tree/" + path));
    return hash_file(store.os(), fd.get(), buffer, progress);
  });
  if (hash) return std::optional(*hash);
  if (is_refusal(hash.error())) return std::optional<std::string>();
  return fail(hash.error());
}

}  // namespace larder::store
