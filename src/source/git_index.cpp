// OpenSSL 3 marks these functions as old; see base/sha256.cpp.
#define OPENSSL_API_COMPAT 10101

#include "source/git_index.hpp"

#include <arpa/inet.h>
#include <openssl/sha.h>

#include <array>
#include <cstring>

#include "base/sha256.hpp"

namespace larder::source {
namespace {

constexpr size_t header_bytes = 12;
constexpr size_t stat_bytes = 40;  // ctime, mtime, dev, ino, mode, uid, gid, size
constexpr size_t flags_bytes = 2;
constexpr unsigned extended_flag = 0x4000;
constexpr unsigned assume_unchanged_flag = 0x8000;
constexpr unsigned skip_worktree_flag = 0x4000;  // of the extended flags
constexpr uint32_t submodule_mode = 0160000;

std::string sha1(std::string_view text) {
  std::string digest(SHA_DIGEST_LENGTH, '\0');
  ::SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

std::string sha256(std::string_view text) {
  Sha256 hash;
  hash.update(text);
  const auto digest = hash.finish_bytes();
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

uint32_t big_endian(const std::string& bytes, size_t place) {
  uint32_t value = 0;
  std::memcpy(&value, bytes.data() + place, sizeof value);
  return ntohl(value);
}

void put_big_endian(std::string& bytes, size_t place, uint64_t value) {
  const uint32_t raw = htonl(static_cast<uint32_t>(value));
  std::memcpy(bytes.data() + place, &raw, sizeof raw);
}

/// Goes through the entries of an index, one after another.
class Index {
 public:
  explicit Index(std::string bytes) : bytes_(std::move(bytes)) {}

  bool open() {
    if (bytes_.size() < header_bytes + SHA_DIGEST_LENGTH || bytes_.compare(0, 4, "DIRC") != 0) return false;
    version_ = big_endian(bytes_, 4);
    count_ = big_endian(bytes_, 8);
    place_ = header_bytes;
    const std::string_view all = bytes_;
    if (all.size() > SHA256_DIGEST_LENGTH &&
        sha256(all.substr(0, all.size() - SHA256_DIGEST_LENGTH)) == all.substr(all.size() - SHA256_DIGEST_LENGTH))
      id_bytes_ = SHA256_DIGEST_LENGTH;
    has_checksum_ = id_bytes_ == SHA256_DIGEST_LENGTH ||
                    all.substr(all.size() - SHA_DIGEST_LENGTH) != std::string(SHA_DIGEST_LENGTH, '\0');
    return version_ >= 2 && version_ <= 4;
  }

  bool at_end() const { return read_ == count_; }

  /// Gives where the entry's stat data lie, and its path; false at bytes that
  /// are no entry.
  bool next(size_t& stat_place, std::string& path) {
    stat_place = place_;
    size_t name = place_ + stat_bytes + id_bytes_ + flags_bytes;
    if (name >= limit()) return false;
    if ((two_bytes(name - flags_bytes) & extended_flag) != 0) name += flags_bytes;
    if (version_ == 4 && !drop_prefix(name)) return false;
    const size_t end = bytes_.find('\0', name);
    if (end == std::string::npos || end >= limit()) return false;
    if (version_ < 4) path_.clear();
    path_.append(bytes_, name, end - name);
    // Before version 4 entries are padded with 1 to 8 zeros to a multiple of 8
    // bytes.
    place_ = version_ == 4 ? end + 1 : place_ + ((end - place_) / 8 + 1) * 8;
    path = path_;
    ++read_;
    return true;
  }

  /// Whether git compares the entry with the working tree.
  bool is_compared(size_t stat_place) const {
    const size_t flags = stat_place + stat_bytes + id_bytes_;
    if ((big_endian(bytes_, stat_place + 24) & 0170000U) == submodule_mode) return false;
    if ((two_bytes(flags) & assume_unchanged_flag) != 0) return false;
    return (two_bytes(flags) & extended_flag) == 0 || (two_bytes(flags + flags_bytes) & skip_worktree_flag) == 0;
  }

  /// The id of the blob that the entry names.
  std::string_view id(size_t stat_place) const {
    return std::string_view(bytes_).substr(stat_place + stat_bytes, id_bytes_);
  }

  /// Whether the entry with these stat data names a blob of this content.
  bool has_content(size_t stat_place, const std::optional<std::string>& content) const {
    if (!content) return false;
    const std::string blob = "blob " + std::to_string(content->size()) + '\0' + *content;
    return bytes_.compare(stat_place + stat_bytes, id_bytes_, hash(blob)) == 0;
  }

  std::string& bytes() { return bytes_; }

  std::string sealed() && {
    const std::string_view before = std::string_view(bytes_).substr(0, bytes_.size() - id_bytes_);
    if (has_checksum_) bytes_.replace(bytes_.size() - id_bytes_, id_bytes_, hash(before));
    return std::move(bytes_);
  }

 private:
  unsigned two_bytes(size_t place) const {
    return (static_cast<unsigned>(static_cast<unsigned char>(bytes_[place])) << 8U) |
           static_cast<unsigned char>(bytes_[place + 1]);
  }
  size_t limit() const { return bytes_.size() - id_bytes_; }
  std::string hash(std::string_view text) const { return id_bytes_ == SHA_DIGEST_LENGTH ? sha1(text) : sha256(text); }

  /// Version 4 leaves out what the path has in common with the one before: how
  /// much of that goes, as git's varint.
  bool drop_prefix(size_t& place) {
    auto byte = static_cast<unsigned char>(bytes_[place++]);
    size_t drop = byte & 0x7fU;
    while ((byte & 0x80U) != 0) {
      if (place >= limit()) return false;
      byte = static_cast<unsigned char>(bytes_[place++]);
      drop = ((drop + 1) << 7U) | (byte & 0x7fU);
    }
    if (drop > path_.size()) return false;
    path_.resize(path_.size() - drop);
    return true;
  }

  std::string bytes_;
  std::string path_;
  uint32_t version_ = 0;
  uint32_t count_ = 0;
  uint32_t read_ = 0;
  size_t place_ = 0;
  size_t id_bytes_ = SHA_DIGEST_LENGTH;
  bool has_checksum_ = true;
};

bool knows(const std::string& bytes, size_t place, const Stamp& stamp) {
  const auto seconds = [](int64_t time) { return static_cast<uint32_t>(time / one_second); };
  const auto rest = [](int64_t time) { return static_cast<uint32_t>(time % one_second); };
  return big_endian(bytes, place) == seconds(stamp.ctime) && big_endian(bytes, place + 4) == rest(stamp.ctime) &&
         big_endian(bytes, place + 8) == seconds(stamp.mtime) && big_endian(bytes, place + 12) == rest(stamp.mtime) &&
         big_endian(bytes, place + 36) == static_cast<uint32_t>(stamp.size_bytes);
}

void put(std::string& bytes, size_t place, const Stamp& stamp) {
  put_big_endian(bytes, place, static_cast<uint64_t>(stamp.ctime / one_second));
  put_big_endian(bytes, place + 4, static_cast<uint64_t>(stamp.ctime % one_second));
  put_big_endian(bytes, place + 8, static_cast<uint64_t>(stamp.mtime / one_second));
  put_big_endian(bytes, place + 12, static_cast<uint64_t>(stamp.mtime % one_second));
  put_big_endian(bytes, place + 20, stamp.inode);
}

}  // namespace

std::optional<std::vector<std::string>> tracked_paths(const std::string& index) {
  Index entries(index);
  if (!entries.open()) return std::nullopt;
  std::vector<std::string> paths;
  size_t place = 0;
  for (std::string path; !entries.at_end();) {
    if (!entries.next(place, path)) return std::nullopt;
    paths.push_back(path);
  }
  return paths;
}

std::optional<std::string> restamp_index(
    std::string index, int64_t index_time,
    const std::function<std::optional<Restamp>(const std::string& path)>& restamp,
    const std::function<std::optional<std::string>(const std::string& path)>& read) {
  Index entries(std::move(index));
  if (!entries.open()) return std::nullopt;
  size_t place = 0;
  for (std::string path; !entries.at_end();) {
    if (!entries.next(place, path)) return std::nullopt;
    const auto stamps = restamp(path);
    if (!stamps || !knows(entries.bytes(), place, stamps->before)) continue;
    const bool racy = stamps->before.mtime >= index_time;
    if (racy && !entries.has_content(place, read(path))) continue;
    put(entries.bytes(), place, stamps->after);
  }
  return std::move(entries).sealed();
}

std::optional<std::string> digest_with_changes(
    std::string index, int64_t index_time, const std::function<std::optional<Stamp>(const std::string& path)>& look,
    const std::function<std::optional<std::string>(const std::string& path)>& read) {
  Index entries(std::move(index));
  if (!entries.open()) return std::nullopt;
  Sha256 hash;
  bool is_changed = false;
  size_t place = 0;
  for (std::string path; !entries.at_end();) {
    if (!entries.next(place, path)) return std::nullopt;
    hash.field(path);
    hash.field(entries.id(place));
    if (is_changed || !entries.is_compared(place)) continue;
    const auto stamp = look(path);
    const bool is_known = stamp && knows(entries.bytes(), place, *stamp) && stamp->mtime < index_time;
    is_changed = !is_known && !entries.has_content(place, read(path));
  }
  hash.field(is_changed ? "changed" : "");
  return hash.finish();
}

std::optional<std::vector<std::string>> paths_to_compare(
    std::string index, int64_t index_time, const std::function<std::optional<Stamp>(const std::string& path)>& look) {
  Index entries(std::move(index));
  if (!entries.open()) return std::nullopt;
  std::vector<std::string> paths;
  size_t place = 0;
  for (std::string path; !entries.at_end();) {
    if (!entries.next(place, path)) return std::nullopt;
    const auto stamp = entries.is_compared(place) ? look(path) : std::nullopt;
    if (stamp && !(knows(entries.bytes(), place, *stamp) && stamp->mtime < index_time)) paths.push_back(path);
  }
  return paths;
}

}  // namespace larder::source
