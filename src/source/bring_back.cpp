#include "source/bring_back.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/hash_file.hpp"
#include "base/random_id.hpp"
#include "base/text.hpp"

namespace larder::source {
namespace {

constexpr std::array protected_names = {".git",        ".cargo",         ".envrc",     ".vscode",
                                        ".idea",       ".github",        ".githooks",  ".husky",
                                        ".gitmodules", ".gitattributes", ".gitconfig", "larder.toml",
                                        "larder.lock", "mise.toml",      ".mise.toml", ".tool-versions"};

/// Where a project has recipes of its own: what its next build runs.
constexpr std::string_view recipes_folder = "larder/recipes";

/// Where a file is to go: the folder that holds it, and its name there.
struct Place {
  UniqueFd folder;
  std::string name;
};

std::string folder_around(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

/// Makes the folders on the way that the project lacks.
Result<UniqueFd> open_folder(Os& os, int root, const std::string& folder) {
  auto fd = os.open_dir_beneath(root, folder);
  if (fd || fd.error().sys_errno != ENOENT || folder == ".") return fd;
  TRY_ASSIGN(const UniqueFd parent, open_folder(os, root, folder_around(folder)));
  const Status made = os.mkdir(parent.get(), folder.substr(folder.rfind('/') + 1));
  if (!made && made.error().sys_errno != EEXIST) return fail(made.error());
  return os.open_dir_beneath(root, folder);
}

class BringBack {
 public:
  BringBack(Os& os, const Walk& walk, const std::string& path) : os_(os), walk_(walk), path_(path) {}

  Result<BroughtBack> put(const store::MergedTree::Found& written) {
    TRY_ASSIGN(const UniqueFd root, os_.open(AT_FDCWD, walk_.folder, O_RDONLY | O_DIRECTORY));
    auto folder = open_folder(os_, root.get(), folder_around(path_));
    if (!folder) return refusal(folder.error());
    place_ = {std::move(*folder), path_.substr(path_.rfind('/') + 1)};
    TRY_ASSIGN(const Digest content, hash(written.dir.get(), written.name));
    TRY_ASSIGN(const auto there, os_.stat(place_.folder.get(), place_.name));
    if (there && S_ISREG(there->st_mode) && (there->st_mode & 0777U) == (written.status.st_mode & 0777U)) {
      const auto now = hash(place_.folder.get(), place_.name);
      if (now && *now == content) return BroughtBack::same;
    }
    if (!is_as_seen(there)) return BroughtBack::changed;
    return replace(written, there.has_value());
  }

 private:
  static Result<BroughtBack> refusal(const Error& error) {
    constexpr std::array numbers = {ELOOP, EXDEV, ENOTDIR, EACCES, EPERM, EROFS};
    if (std::find(numbers.begin(), numbers.end(), error.sys_errno) != numbers.end()) return BroughtBack::refused;
    return fail(error);
  }

  Result<Digest> hash(int dir, const std::string& name) {
    TRY_ASSIGN(const UniqueFd file, os_.open(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
    std::vector<char> buffer(hash_buffer_bytes);
    return hash_file_bytes(os_, file.get(), buffer);
  }

  /// Whether the entry is the one that the walk has met, or both are nothing.
  bool is_as_seen(const std::optional<struct stat>& there) const {
    const Seen* seen = find_seen(walk_, path_);
    if (!there || seen == nullptr) return !there && seen == nullptr;
    return S_ISREG(there->st_mode) && nanoseconds(there->st_ctim) == seen->stamp.ctime &&
           there->st_ino == seen->stamp.inode;
  }

  Result<BroughtBack> replace(const store::MergedTree::Found& written, bool exists) {
    const int folder = place_.folder.get();
    const std::string temporary = ".larder-" + random_id();
    const Status copied = copy(written, temporary);
    if (!copied) return refusal(copied.error());
    auto result = exists ? swap(temporary) : add(temporary);
    if (!result && exists) return result;  // what lies there now may be the user's
    const Status removed = os_.unlink(folder, temporary);
    if (!removed && removed.error().sys_errno != ENOENT && result) return fail(removed.error());
    return result;
  }

  Status copy(const store::MergedTree::Found& written, const std::string& temporary) {
    TRY_ASSIGN(const UniqueFd source, os_.open(written.dir.get(), written.name, O_RDONLY | O_NOFOLLOW));
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
    TRY_ASSIGN(const UniqueFd copy, os_.open(place_.folder.get(), temporary, flags, 0600));
    const auto fill = [&]() -> Status {
      TRY(os_.copy_range(source.get(), copy.get(), static_cast<size_t>(written.status.st_size)));
      return os_.fchmod(copy.get(), written.status.st_mode & 0777U);
    };
    const Status filled = fill();
    if (!filled) (void)os_.unlink(place_.folder.get(), temporary);  // the first error is the one to report
    return filled;
  }

  Result<BroughtBack> add(const std::string& temporary) {
    const Status added = os_.rename_new(place_.folder.get(), temporary, place_.folder.get(), place_.name);
    if (added) return BroughtBack::written;
    if (added.error().sys_errno == EEXIST) return BroughtBack::changed;
    return fail(added.error());
  }

  /// What comes out of the swap must be what was seen before; else it is the user's newest, and goes back. Where that
  /// fails it stays beside the build's, under the name that the error tells.
  Result<BroughtBack> swap(const std::string& temporary) {
    const int folder = place_.folder.get();
    const Status swapped = os_.exchange(folder, temporary, folder, place_.name);
    if (!swapped) (void)os_.unlink(folder, temporary);  // it is the build's; the first error is the one to report
    if (!swapped && swapped.error().sys_errno == ENOENT) return BroughtBack::changed;
    TRY(swapped);
    const auto old = os_.stat(folder, temporary);
    if (old && *old && is_as_seen_but_ctime(**old)) return BroughtBack::written;
    const Status back = os_.exchange(folder, temporary, folder, place_.name);
    if (!back)
      return fail(std::move(sys_error(back.error().sys_errno, "cannot put back " + path_))
                      .with_hint("your file is " + temporary + " beside it"));
    return BroughtBack::changed;
  }

  /// Renaming changes the ctime.
  bool is_as_seen_but_ctime(const struct stat& old) const {
    const Seen* seen = find_seen(walk_, path_);
    return seen->stamp.inode == old.st_ino && seen->stamp.mtime == nanoseconds(old.st_mtim) &&
           seen->stamp.size_bytes == static_cast<uint64_t>(old.st_size);
  }

  Os& os_;
  const Walk& walk_;
  const std::string& path_;
  Place place_;
};

}  // namespace

const char* to_string(BroughtBack result) {
  switch (result) {
    case BroughtBack::written:
      return "it is";
    case BroughtBack::same:
      return "it is the same there";
    case BroughtBack::protected_:
      return "builds never write such files";
    case BroughtBack::changed:
      return "it has changed there meanwhile";
    case BroughtBack::refused:
      return "its folder cannot be written to, or a link leads to it";
  }
  return "";
}

bool is_protected(std::string_view path) {
  for (const std::string& part : split(std::string(path), '/')) {
    if (std::find(protected_names.begin(), protected_names.end(), part) != protected_names.end()) return true;
    if (part.starts_with("rust-toolchain") || part == "hooks") return true;
  }
  const std::string folders = "/" + std::string(path) + "/";
  return folders.find("/" + std::string(recipes_folder) + "/") != std::string::npos;
}

Result<BroughtBack> bring_back(Os& os, const store::MergedTree& view, const Walk& walk, const std::string& path) {
  if (is_protected(path)) return BroughtBack::protected_;
  TRY_ASSIGN(const auto written, view.find(path));
  if (!written || !S_ISREG(written->status.st_mode)) return BroughtBack::protected_;
  return BringBack(os, walk, path).put(*written);
}

}  // namespace larder::source
