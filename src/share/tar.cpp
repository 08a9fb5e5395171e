#include "share/tar.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "base/field.hpp"
#include "base/tar_writer.hpp"
#include "base/text.hpp"

namespace larder::share {
namespace {

constexpr size_t block_bytes = 512;
constexpr size_t piece_bytes = size_t{1} << 20U;
constexpr const char* blob_prefix = "blobs/sha256/";
constexpr size_t members_max = 100'000;
using Block = std::array<char, block_bytes>;

// Where the fields of a header are; POSIX ustar, tar(5).
struct FieldPlace {
  size_t offset;
  size_t size;
};
constexpr FieldPlace name_field{0, 100};
constexpr FieldPlace size_field{124, 12};
constexpr FieldPlace checksum_field{148, 8};
constexpr FieldPlace type_field{156, 1};
constexpr FieldPlace magic_field{257, 5};

std::string_view get(const Block& block, FieldPlace field) {
  const std::string_view text(block.data() + field.offset, field.size);
  return text.substr(0, text.find('\0'));
}

/// What the field of the checksum says, as all writers of tar have it.
std::string checksum_text(const Block& block) {
  unsigned sum = 0;
  for (size_t i = 0; i < block_bytes; ++i) {
    const bool own = i >= checksum_field.offset && i < checksum_field.offset + checksum_field.size;
    sum += own ? ' ' : static_cast<unsigned char>(block[i]);
  }
  return fmt::format("{:06o}", sum) + std::string("\0 ", 2);
}

/// A size of more than eleven octal digits is in base 256.
std::optional<uint64_t> get_size(const Block& block) {
  uint64_t bytes = 0;
  if ((static_cast<unsigned char>(block[size_field.offset]) & 0x80U) != 0) {
    for (size_t i = size_field.size - sizeof bytes; i < size_field.size; ++i)
      bytes = bytes << 8U | static_cast<unsigned char>(block[size_field.offset + i]);
  } else if (!parse_number(trim(get(block, size_field)), bytes, 8)) {
    return std::nullopt;
  }
  return bytes <= content_bytes_max ? std::optional(bytes) : std::nullopt;
}

uint64_t padded(uint64_t bytes) { return (bytes + block_bytes - 1) / block_bytes * block_bytes; }

/// Adds a file of the layout.
Status add_file(Os& os, const BlobWriter& layout, const std::string& name, TarWriter& archive) {
  TRY_ASSIGN(const UniqueFd file, os.open(layout.dir(), layout.path() + "/" + name, O_RDONLY | O_NOFOLLOW));
  TRY_ASSIGN(const auto status, os.fstat(file.get()));
  auto left = static_cast<uint64_t>(status.st_size);
  TRY(archive.add({name, TarEntry::Kind::file, 0644, left}));
  std::vector<char> buffer(piece_bytes);
  while (left > 0) {
    TRY_ASSIGN(const size_t count, os.read(file.get(), buffer.data(), std::min<uint64_t>(left, buffer.size())));
    if (count == 0) return fail(ErrorCode::damage, "a file of the store has become shorter", name);
    TRY(archive.content({buffer.data(), count}));
    left -= count;
  }
  return {};
}

tl::unexpected<Error> torn() {
  return fail(ErrorCode::damage, "the file is incomplete", "a tar archive that ends too early, or was altered",
              "get it once more; nothing has changed here");
}

tl::unexpected<Error> no_layout() {
  return fail(ErrorCode::usage, "the file holds no OCI image layout", {},
              "`larder cache export VOLUME -o FILE` writes one");
}

/// A member of a tar.
struct Member {
  std::string name;
  char type;
  uint64_t offset;  ///< of its content
  uint64_t bytes;
};

/// Reads a block; false at the end of the file.
Result<bool> read_block(Os& os, int file, uint64_t offset, Block& block) {
  size_t done = 0;
  while (done < block.size()) {
    TRY_ASSIGN(const size_t count, os.read_at(file, block.data() + done, block.size() - done, offset + done));
    if (count == 0) break;
    done += count;
  }
  if (done > 0 && done < block.size()) return torn();
  return done > 0;
}

Result<Member> read_header(const Block& block, uint64_t offset) {
  const auto bytes = get_size(block);
  const std::string_view checksum(block.data() + checksum_field.offset, checksum_field.size);
  if (get(block, magic_field) != "ustar") return no_layout();
  if (!bytes || checksum != checksum_text(block)) return torn();
  Member member{std::string(get(block, name_field)), block[type_field.offset], offset + block_bytes, *bytes};
  if (member.name.starts_with("./")) member.name.erase(0, 2);
  return member;
}

/// Copies what comes from a stream, as much as is asked for.
class Stream {
 public:
  Stream(Os& os, int from, int to) : os_(os), from_(from), to_(to), buffer_(piece_bytes) {}

  /// False where the stream has ended before.
  Result<bool> copy_block(Block& block) {
    TRY_ASSIGN(const size_t count, fill(block.data(), block.size()));
    if (count > 0 && count < block.size()) return torn();
    TRY(os_.write_all(to_, {block.data(), count}));
    return count > 0;
  }

  Status copy(uint64_t bytes) {
    while (bytes > 0) {
      TRY_ASSIGN(const size_t count, fill(buffer_.data(), std::min<uint64_t>(bytes, buffer_.size())));
      if (count == 0) return torn();
      TRY(os_.write_all(to_, {buffer_.data(), count}));
      bytes -= count;
    }
    return {};
  }

  /// Reads on for a little, since who writes a tar fills its last record, and may not like it if nobody reads that.
  Status pass_over() {
    TRY(fill(buffer_.data(), buffer_.size()));
    return {};
  }

 private:
  /// As much as there is, at most `size` bytes.
  Result<size_t> fill(char* data, size_t size) {
    size_t done = 0;
    for (size_t count = 1; count > 0 && done < size; done += count) {
      TRY_ASSIGN(count, os_.read(from_, data + done, size - done));
    }
    return done;
  }

  Os& os_;
  int from_;
  int to_;
  std::vector<char> buffer_;
};

/// The tar's members up to its last block, which is empty. Each lies in the file as a whole.
Result<std::vector<Member>> list_members(Os& os, int file) {
  TRY_ASSIGN(const auto status, os.fstat(file));
  const auto size = static_cast<uint64_t>(status.st_size);
  std::vector<Member> members;
  uint64_t offset = 0;
  while (members.size() < members_max) {
    Block block{};
    TRY_ASSIGN(const bool there, read_block(os, file, offset, block));
    if (!there && offset == 0) return no_layout();
    if (!there) return torn();
    if (block == Block{}) return members;
    TRY_ASSIGN(Member member, read_header(block, offset));
    offset = member.offset + padded(member.bytes);
    if (offset > size) return torn();
    members.push_back(std::move(member));
  }
  return no_layout();
}

Result<std::string> read_text(Os& os, int file, const Member& member) {
  if (member.bytes > manifest_bytes_max) return torn();
  std::string text(member.bytes, '\0');
  size_t done = 0;
  while (done < text.size()) {
    TRY_ASSIGN(const size_t count, os.read_at(file, text.data() + done, text.size() - done, member.offset + done));
    if (count == 0) return torn();
    done += count;
  }
  return text;
}

}  // namespace

Status write_tar(Os& os, const BlobWriter& layout, int file) {
  TarWriter archive([&](std::string_view bytes) { return os.write_all(file, bytes); });
  for (const char* name : {"oci-layout", "index.json"}) TRY(add_file(os, layout, name, archive));
  for (const char* folder : {"blobs", "blobs/sha256"}) TRY(archive.add({folder, TarEntry::Kind::folder, 0755}));
  TRY_ASSIGN(const auto blobs, os.list(layout.dir(), layout.path() + "/blobs/sha256"));
  for (const DirEntry& blob : blobs) TRY(add_file(os, layout, blob_prefix + blob.name, archive));
  return archive.finish();
}

Status copy_tar(Os& os, int from, int to, const std::function<Status(uint64_t bytes)>& need_room) {
  Stream stream(os, from, to);
  for (size_t members = 0; members < members_max; ++members) {
    Block block{};
    TRY_ASSIGN(const bool there, stream.copy_block(block));
    if (!there) return members == 0 ? no_layout() : torn();
    if (block == Block{}) return stream.pass_over();
    TRY_ASSIGN(const Member member, read_header(block, 0));
    TRY(need_room(member.bytes));
    TRY(stream.copy(padded(member.bytes)));
  }
  return no_layout();
}

Result<Layout> open_tar(Os& os, UniqueFd file) {
  const auto shared = std::make_shared<const UniqueFd>(std::move(file));
  TRY_ASSIGN(const auto members, list_members(os, shared->get()));
  Layout layout{Blobs(os), {}};
  bool has_index = false;
  for (const Member& member : members) {
    const bool is_file = member.type == '0' || member.type == '\0';
    if (is_file && member.name.starts_with(blob_prefix)) {
      const std::string digest = member.name.substr(std::strlen(blob_prefix));
      if (is_digest(digest)) layout.blobs.add(digest, shared, member.offset, member.bytes);
    } else if (is_file && member.name == "index.json") {
      TRY_ASSIGN(const std::string text, read_text(os, shared->get(), member));
      TRY_ASSIGN(layout.manifests, parse_layout_index(text));
      has_index = true;
    }
  }
  if (!has_index) return no_layout();
  return layout;
}

Result<Layout> open_folder(Os& os, int dir, const std::string& path) {
  Layout layout{Blobs(os), {}};
  const auto index = read_file(os, dir, path + "/index.json", manifest_bytes_max);
  if (!index && index.error().sys_errno == ENOENT) return no_layout();
  if (!index) return fail(index.error());
  TRY_ASSIGN(layout.manifests, parse_layout_index(*index));
  TRY_ASSIGN(const UniqueFd blobs, os.open_dir(dir, path + "/blobs/sha256"));
  TRY_ASSIGN(const auto names, os.list(blobs.get(), "."));
  for (const DirEntry& name : names) {
    if (!is_digest(name.name)) continue;
    TRY_ASSIGN(UniqueFd file, os.open(blobs.get(), name.name, O_RDONLY | O_NOFOLLOW));
    TRY_ASSIGN(const auto status, os.fstat(file.get()));
    layout.blobs.add(name.name, std::make_shared<const UniqueFd>(std::move(file)), 0,
                     static_cast<uint64_t>(status.st_size));
  }
  return layout;
}

}  // namespace larder::share
