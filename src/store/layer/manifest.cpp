#include "store/layer/manifest.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>

#include <array>
#include <cerrno>

#include "base/closing_line.hpp"
#include "base/durable_file.hpp"
#include "base/field.hpp"
#include "base/hash_file.hpp"
#include "base/text.hpp"
#include "base/user_attributes.hpp"
#include "store/layer/merged_tree.hpp"

namespace larder::store {
namespace {

constexpr std::string_view first_line = "larder-manifest-2";
constexpr size_t manifest_bytes_max = size_t{1} << 30;

/// A build may leave what even its owner cannot read, and that would never settle: the owner gets the right to. Gives
/// the mode as it is then.
Result<mode_t> make_readable(Os& os, int dir, const std::string& name, const struct stat& status) {
  const mode_t mode = status.st_mode & 07777U;
  const mode_t needed = S_ISDIR(status.st_mode) ? S_IRUSR | S_IXUSR : S_ISREG(status.st_mode) ? S_IRUSR : 0U;
  if ((mode & needed) != needed) TRY(os.chmod(dir, name, mode | needed));
  return mode | needed;
}

class Scan {
 public:
  explicit Scan(Os& os) : os_(os), buffer_(hash_buffer_bytes) {}

  Status directory(int dir, const std::string& prefix) {
    TRY_ASSIGN(const auto entries, os_.list(dir, "."));
    for (const DirEntry& entry : entries) TRY(one(dir, entry.name, prefix + entry.name));
    return {};
  }

  Manifest take() { return std::move(manifest_); }

 private:
  Status one(int dir, const std::string& name, const std::string& path) {
    TRY_ASSIGN(const auto status, os_.stat(dir, name));
    if (!status) return fail(ErrorCode::damage, "the layer changes while it is read", path + " has gone");
    TRY_ASSIGN(const mode_t mode, make_readable(os_, dir, name, *status));
    TRY_ASSIGN(ManifestEntry entry, describe_entry(os_, dir, name, *status));
    entry.path = path;
    entry.mode = mode;
    if (entry.type == 'f') {
      TRY_ASSIGN(const UniqueFd fd, os_.open(dir, name, O_RDONLY | O_NOFOLLOW));
      TRY_ASSIGN(entry.content, hash_file(os_, fd.get(), buffer_));
    }
    const bool is_directory = S_ISDIR(status->st_mode);
    manifest_.push_back(std::move(entry));
    if (!is_directory) return {};
    TRY_ASSIGN(const UniqueFd fd, os_.open_dir(dir, name));
    return directory(fd.get(), path + "/");
  }

  Os& os_;
  std::vector<char> buffer_;
  Manifest manifest_;
};

std::optional<ManifestEntry> parse_line(const std::string& line) {
  const auto fields = split(line, ' ');
  if (fields.size() != 8 || fields[0].size() != 1) return std::nullopt;
  ManifestEntry entry;
  entry.type = fields[0][0];
  const auto content = unescape_field(fields[5]);
  const auto attributes = unescape_field(fields[6]);
  const auto path = unescape_field(fields[7]);
  const bool sound = std::string_view("fdolxp").find(entry.type) != std::string_view::npos && content && attributes &&
                     path && is_path_inside(*path) && parse_number(fields[1], entry.mode, 8) &&
                     parse_number(fields[2], entry.size_bytes) && parse_number(fields[3], entry.mtime_seconds) &&
                     parse_number(fields[4], entry.mtime_nanoseconds);
  if (!sound) return std::nullopt;
  entry.content = *content;
  entry.attributes = *attributes;
  entry.path = *path;
  return entry;
}

}  // namespace

Result<ManifestEntry> describe_entry(Os& os, int dir, const std::string& name, const struct stat& status) {
  ManifestEntry entry{name, 'p', status.st_mode & 07777U, 0, status.st_mtim.tv_sec, status.st_mtim.tv_nsec, {}, {}};
  if (S_ISREG(status.st_mode)) {
    entry.type = 'f';
    entry.size_bytes = static_cast<uint64_t>(status.st_size);
  } else if (S_ISLNK(status.st_mode)) {
    entry.type = 'l';
    TRY_ASSIGN(entry.content, os.read_link(dir, name));
  } else if (is_whiteout(status)) {
    entry.type = 'x';
  } else if (S_ISDIR(status.st_mode)) {
    TRY_ASSIGN(const bool opaque, is_opaque(os, dir, name));
    entry.type = opaque ? 'o' : 'd';
  }
  if (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)) {
    TRY_ASSIGN(const UserAttributes attributes, read_user_attributes(os, dir, name));
    entry.attributes = hash_user_attributes(attributes);
  }
  return entry;
}

Result<Manifest> scan_layer(const Store& store, const std::string& layer) {
  TRY_ASSIGN(const UniqueFd root, store.os().open_dir(store.dir(), "layers/" + layer + "/tree"));
  Scan scan(store.os());
  TRY(scan.directory(root.get(), ""));
  return scan.take();
}

std::string format_manifest(const Manifest& manifest) {
  std::string text = fmt::format("{}\n", first_line);
  for (const ManifestEntry& entry : manifest)
    fmt::format_to(std::back_inserter(text), "{} {:o} {} {} {} {} {} {}\n", entry.type, entry.mode, entry.size_bytes,
                   entry.mtime_seconds, entry.mtime_nanoseconds, escape_field(entry.content),
                   escape_field(entry.attributes), escape_field(entry.path));
  return text + closing_line(text, std::to_string(manifest.size()));
}

Result<Manifest> parse_manifest(const std::string& text) {
  const auto damaged = [](size_t line) {
    return fail(ErrorCode::damage, "a layer's manifest is damaged", "line " + std::to_string(line));
  };
  const auto lines = split(text, '\n');
  if (lines.size() < 3 || lines.front() != first_line || !lines.back().empty()) return damaged(1);
  Manifest manifest;
  for (size_t i = 1; i + 2 < lines.size(); ++i) {
    auto entry = parse_line(lines[i]);
    if (!entry) return damaged(i + 1);
    manifest.push_back(std::move(*entry));
  }
  if (!without_closing_line(text, std::to_string(manifest.size()))) return damaged(lines.size() - 1);
  return manifest;
}

Status write_manifest(const Store& store, const std::string& layer, const Manifest& manifest) {
  return replace_file(store.os(), store.dir(), "layers/" + layer + "/manifest", format_manifest(manifest),
                      Durability::disk);
}

Result<Manifest> read_manifest(const Store& store, const std::string& layer) {
  const std::string path = "layers/" + layer + "/manifest";
  const auto text = read_file(store.os(), store.dir(), path, manifest_bytes_max);
  if (!text && text.error().sys_errno == ENOENT) return fail(ErrorCode::damage, path + " is missing");
  if (!text) return fail(text.error());
  return parse_manifest(*text);
}

Result<bool> has_manifest(const Store& store, const std::string& layer) {
  TRY_ASSIGN(const auto status, store.os().stat(store.dir(), "layers/" + layer + "/manifest"));
  return status.has_value();
}

}  // namespace larder::store
