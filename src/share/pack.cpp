#include "share/pack.hpp"

#include <fcntl.h>

#include <algorithm>

#include "base/hash_file.hpp"
#include "base/sha256.hpp"

namespace larder::share {
namespace {

Error not_as_listed(const std::string& what) {
  return Error{ErrorCode::damage, "a shared volume is altered", what, "get it once more; nothing has changed here", 0};
}

/// Gives `take` the bytes of a content, read from the generation's file.
Status read_file_content(Os& os, const store::MergedTree& merged, const std::string& path, const Content& content,
                         const ZstdWriter::Sink& take) {
  const auto changed = [&] {
    return fail(ErrorCode::damage, "a layer is not what its manifest says", path,
                "`larder cache verify --repair` goes back to what is sound");
  };
  TRY_ASSIGN(const auto found, merged.find(path));
  if (!found) return changed();
  TRY_ASSIGN(const UniqueFd file, os.open(found->dir.get(), found->name, O_RDONLY | O_NOFOLLOW));
  std::vector<char> buffer(hash_buffer_bytes);
  Sha256 hash;
  uint64_t bytes = 0;
  for (size_t count = 1; count > 0;) {
    TRY_ASSIGN(count, os.read(file.get(), buffer.data(), buffer.size()));
    hash.update(buffer.data(), count);
    bytes += count;
    if (bytes > content.bytes) return changed();
    TRY(take({buffer.data(), count}));
  }
  if (bytes != content.bytes || hash.finish() != content.digest) return changed();
  return {};
}

/// Reads one content; `wanted`: for who takes it.
Status read_content(ZstdReader& reader, const Content& content, size_t place, bool wanted, const Unpacking& unpacking,
                    std::vector<char>& buffer) {
  Sha256 hash;
  for (uint64_t left = content.bytes; left > 0;) {
    TRY_ASSIGN(const size_t count, reader.read(buffer.data(), std::min<uint64_t>(left, buffer.size())));
    if (count == 0) return fail(not_as_listed("a pack ends before its last content"));
    left -= count;
    if (!wanted) continue;
    hash.update(buffer.data(), count);
    TRY(unpacking.take(place, {buffer.data(), count}));
  }
  if (!wanted) return {};
  if (hash.finish() != content.digest) return fail(not_as_listed("a pack has another content than it lists"));
  return unpacking.end(place);
}

}  // namespace

Result<Pack> write_pack(const store::Store& store, const store::MergedTree& merged, const Tree& tree,
                        const std::vector<Content>& contents, const BlobWriter& writer) {
  constexpr uint64_t at_once_max = uint64_t{32} << 20U;  // of memory for each thread; a larger pack is one large file
  const auto read_all = [&](const ZstdWriter::Sink& take) -> Status {
    for (const Content& content : contents)
      TRY(read_file_content(store.os(), merged, tree.files.at(content.digest), content, take));
    return {};
  };
  uint64_t bytes = 0;
  for (const Content& content : contents) bytes += content.bytes;
  TRY_ASSIGN(const Blob blob, writer.put([&](const ZstdWriter::Sink& sink) -> Status {
    if (bytes > at_once_max) {
      ZstdWriter frame(sink);
      TRY(read_all([&](std::string_view piece) { return frame.write(piece); }));
      return frame.finish();
    }
    std::string text;
    text.reserve(bytes);
    TRY(read_all([&](std::string_view piece) -> Status {
      text += piece;
      return {};
    }));
    return sink(zstd_compress(text));
  }));
  return Pack{blob.digest, blob.bytes, contents};
}

Status unpack(const Pack& pack, const Blobs& blobs, const Unpacking& unpacking) {
  TRY_ASSIGN(auto source, blobs.open({pack.digest, pack.bytes}));
  ZstdReader reader(std::move(source));
  std::vector<char> buffer(hash_buffer_bytes);
  size_t end = pack.contents.size();
  while (end > 0 && !unpacking.wants(end - 1)) --end;
  for (size_t place = 0; place < end; ++place)
    TRY(read_content(reader, pack.contents[place], place, unpacking.wants(place), unpacking, buffer));
  if (end < pack.contents.size()) return {};
  TRY_ASSIGN(const size_t more, reader.read(buffer.data(), 1));
  if (more > 0) return fail(not_as_listed("a pack has more content than it lists"));
  return {};
}

}  // namespace larder::share
