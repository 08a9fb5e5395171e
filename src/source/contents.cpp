#include "source/contents.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/hash_file.hpp"
#include "base/parallel.hpp"
#include "base/sha256.hpp"
#include "source/codec.hpp"

namespace larder::source {
namespace {

constexpr std::string_view contents_line = "larder-contents-1\n";
constexpr uint64_t read_bytes_max = uint64_t{64} << 20;
constexpr int64_t settled_age = 2'000'000'000;  // nanoseconds

bool has_settled(const Stamp& stamp, int64_t when) { return stamp.ctime + settled_age <= when; }

Digest digest_of_stamp(const Stamp& stamp) {
  Sha256 hash;
  hash.update("stamp");
  hash.update(&stamp, sizeof stamp);
  return hash.finish_bytes();
}

/// The first bytes of what compilers, assemblers and archivers write: ELF, ar archives (also thin ones), LLVM bitcode,
/// wasm, Mach-O, and COFF objects of the machines that targets.toml knows.
bool begins_as_object(std::string_view head) {
  using namespace std::string_view_literals;
  constexpr std::array marks = {
      "\x7f"
      "ELF"sv,
      "!<arch>\n"sv,
      "!<thin>\n"sv,
      "BC\xc0\xde"sv,
      "\0asm"sv,
      "\xcf\xfa\xed\xfe"sv,
      "\x64\x86"sv,
      "\x64\xaa"sv,
      "MZ\x90\0"sv};
  for (const std::string_view mark : marks)
    if (head.starts_with(mark)) return true;
  return false;
}

/// Reads what is to be read, each thread with a buffer of its own.
class Contents {
 public:
  Contents(Os& os, int root, Walk& walk, unsigned workers)
      : os_(os), root_(root), walk_(walk), workers_(workers), buffers_(workers, std::vector<char>(hash_buffer_bytes)) {}

  Status read(const std::vector<size_t>& unknown) {
    return in_parallel(unknown.size(), workers_, [&](unsigned worker, size_t index) {
      return read_one(walk_.seen[unknown[index]], buffers_[worker]);
    });
  }

 private:
  /// Never a FIFO or a device, whatever took the file's place meanwhile.
  Status read_one(Seen& seen, std::vector<char>& buffer) {
    const auto fd = os_.open(root_, seen.entry.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (!fd) return {};
    TRY_ASSIGN(const struct stat status, os_.fstat(fd->get()));
    if (!S_ISREG(status.st_mode) || nanoseconds(status.st_ctim) != seen.stamp.ctime) return {};
    if (seen.stamp.size_bytes > read_bytes_max || is_mounted(walk_, seen.entry.path))
      return take_stamp(fd->get(), seen);
    bool first = true;
    const auto look = [&](size_t bytes) {
      if (first) seen.is_object = begins_as_object({buffer.data(), bytes});
      first = false;
    };
    const auto hash = hash_file_bytes(os_, fd->get(), buffer, look);
    if (!hash) return {};
    TRY_ASSIGN(const struct stat after, os_.fstat(fd->get()));
    if (nanoseconds(after.st_ctim) == seen.stamp.ctime && after.st_size == status.st_size) seen.entry.content = *hash;
    return {};
  }

  Status take_stamp(int fd, Seen& seen) {
    std::array<char, 8> head{};
    TRY_ASSIGN(const size_t count, os_.read(fd, head.data(), head.size()));
    seen.is_object = begins_as_object({head.data(), count});
    if (has_settled(seen.stamp, walk_.began)) seen.entry.content = digest_of_stamp(seen.stamp);
    return {};
  }

  Os& os_;
  int root_;
  Walk& walk_;
  unsigned workers_;
  std::vector<std::vector<char>> buffers_;
};

/// Takes over what is known, and gives the numbers of the others.
std::vector<size_t> take_known(Walk& walk, const KnownContents& known) {
  std::vector<size_t> unknown;
  auto next = known.files.begin();
  for (size_t i = 0; i < walk.seen.size(); ++i) {
    Seen& seen = walk.seen[i];
    if (seen.entry.kind != Kind::file) continue;
    while (next != known.files.end() && path_before(next->path, seen.entry.path)) ++next;
    if (next == known.files.end() || next->path != seen.entry.path || !(next->stamp == seen.stamp)) {
      unknown.push_back(i);
      continue;
    }
    seen.entry.content = next->content;
    seen.is_object = next->is_object;
  }
  return unknown;
}

}  // namespace

std::string KnownContents::encode() const {
  Writer writer(contents_line);
  writer.number(static_cast<uint64_t>(files.size()));
  for (const File& file : files) {
    writer.text(file.path);
    writer.bytes(&file.stamp, sizeof file.stamp);
    writer.bytes(file.content.data(), file.content.size());
    writer.number(static_cast<uint8_t>(file.is_object));
  }
  return writer.finish();
}

KnownContents KnownContents::decode(const std::string& text) {
  KnownContents known;
  auto reader = Reader::open(text, contents_line);
  if (!reader) return known;
  const size_t count = reader->count(sizeof(uint32_t) + sizeof(Stamp) + sizeof(Digest) + sizeof(uint8_t));
  known.files.reserve(count);
  for (size_t i = 0; i < count && !reader->failed(); ++i) {
    File& file = known.files.emplace_back();
    file.path = reader->text();
    reader->bytes(&file.stamp, sizeof file.stamp);
    reader->bytes(file.content.data(), file.content.size());
    file.is_object = reader->number<uint8_t>() != 0;
  }
  if (reader->failed()) known.files.clear();
  return known;
}

Result<bool> read_contents(Os& os, Walk& walk, const KnownContents& known, unsigned workers) {
  const std::vector<size_t> unknown = take_known(walk, known);
  const auto is_file = [](const Seen& seen) { return seen.entry.kind == Kind::file; };
  const auto files = std::count_if(walk.seen.begin(), walk.seen.end(), is_file);
  if (unknown.empty()) return static_cast<size_t>(files) != known.files.size();
  TRY_ASSIGN(const UniqueFd root, os.open(AT_FDCWD, walk.folder, O_RDONLY | O_DIRECTORY));
  TRY(Contents(os, root.get(), walk, workers).read(unknown));
  return true;
}

KnownContents known_of(const Walk& walk) {
  KnownContents known;
  for (const Seen& seen : walk.seen) {
    const bool kept =
        seen.entry.kind == Kind::file && is_known(seen.entry.content) && has_settled(seen.stamp, walk.began);
    if (kept) known.files.push_back({seen.entry.path, seen.stamp, seen.entry.content, seen.is_object});
  }
  return known;
}

}  // namespace larder::source
