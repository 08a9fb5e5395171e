#include "share/blobs.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/durable_file.hpp"
#include "base/hash_file.hpp"
#include "base/random_id.hpp"
#include "base/sha256.hpp"

namespace larder::share {
namespace {

Error altered(const Blob& blob, const std::string& cause) {
  return Error{ErrorCode::damage, "a shared volume is incomplete or altered",
               fmt::format("blob {}: {}", blob.digest.substr(0, 12), cause),
               "get it once more; nothing has changed here", 0};
}

}  // namespace

void Blobs::add(const std::string& digest, std::shared_ptr<const UniqueFd> file, uint64_t offset, uint64_t bytes) {
  places_.insert_or_assign(digest, Place{std::move(file), offset, bytes});
}

bool Blobs::has(const Blob& blob) const { return places_.count(blob.digest) > 0; }

Result<Blobs::Place> Blobs::find(const Blob& blob) const {
  const auto found = places_.find(blob.digest);
  if (found == places_.end()) return fail(altered(blob, "it is missing"));
  if (found->second.bytes != blob.bytes)
    return fail(altered(blob, fmt::format("{} bytes instead of {}", found->second.bytes, blob.bytes)));
  return found->second;
}

Result<ZstdReader::Source> Blobs::open(const Blob& blob) const {
  TRY_ASSIGN(Place place, find(blob));
  return [os = os_, place](char* buffer, size_t size) mutable -> Result<size_t> {
    const size_t wanted = std::min<uint64_t>(size, place.bytes);
    if (wanted == 0) return 0;
    TRY_ASSIGN(const size_t count, os->read_at(place.file->get(), buffer, wanted, place.offset));
    place.offset += count;
    place.bytes -= count;
    return count;
  };
}

Status Blobs::check(const Blob& blob) const {
  TRY_ASSIGN(const auto source, open(blob));
  std::vector<char> buffer(hash_buffer_bytes);
  Sha256 hash;
  for (size_t count = 1; count > 0;) {
    TRY_ASSIGN(count, source(buffer.data(), buffer.size()));
    hash.update(buffer.data(), count);
  }
  if (hash.finish() != blob.digest) return fail(altered(blob, "its content is another one"));
  return {};
}

Result<std::string> Blobs::read(const Blob& blob, size_t bytes_max) const {
  if (blob.bytes > bytes_max) return fail(altered(blob, "it is larger than it may be"));
  TRY_ASSIGN(const auto source, open(blob));
  std::string text(blob.bytes, '\0');
  size_t done = 0;
  while (done < text.size()) {
    TRY_ASSIGN(const size_t count, source(text.data() + done, text.size() - done));
    if (count == 0) break;
    done += count;
  }
  text.resize(done);
  if (sha256_hex(text) != blob.digest) return fail(altered(blob, "its content is another one"));
  return text;
}

Result<BlobWriter> BlobWriter::make(Os& os, int dir, const std::string& path) {
  TRY(make_dirs(os, dir, path + "/blobs/sha256"));
  TRY(replace_file(os, dir, path + "/oci-layout", R"({"imageLayoutVersion":"1.0.0"})", Durability::none));
  return BlobWriter(os, dir, path);
}

Result<Blob> BlobWriter::put(std::string_view bytes) const {
  return put([&](const ZstdWriter::Sink& sink) { return sink(bytes); });
}

Result<Blob> BlobWriter::put(const std::function<Status(const ZstdWriter::Sink& sink)>& fill) const {
  const std::string temporary = path_ + "/blobs/" + random_id();
  TRY_ASSIGN(const UniqueFd file, os_->open(dir_, temporary, O_WRONLY | O_CREAT | O_EXCL, 0644));
  Sha256 hash;
  Blob blob;
  TRY(fill([&](std::string_view bytes) {
    hash.update(bytes);
    blob.bytes += bytes.size();
    return os_->write_all(file.get(), bytes);
  }));
  blob.digest = hash.finish();
  TRY(os_->rename(dir_, temporary, dir_, path_of(blob)));
  return blob;
}

Status BlobWriter::put_placeholder(const Blob& blob) const {
  TRY_ASSIGN(const UniqueFd file, os_->open(dir_, path_of(blob), O_WRONLY | O_CREAT | O_EXCL, 0600));
  return os_->truncate(file.get(), blob.bytes);
}

Status BlobWriter::finish(const std::vector<Tagged>& manifests) const {
  return replace_file(*os_, dir_, path_ + "/index.json", format_layout_index(manifests), Durability::none);
}

}  // namespace larder::share
