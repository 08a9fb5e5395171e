#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/os.hpp"
#include "base/zstd.hpp"
#include "share/manifest.hpp"

namespace larder::share {

/// Blobs of unknown origin by their digests, as parts of files. What is read of them was checked before. May be used by
/// several threads.
class Blobs {
 public:
  explicit Blobs(Os& os) : os_(&os) {}

  /// Says that the blob with this digest is `bytes` bytes of the file from `offset` on.
  void add(const std::string& digest, std::shared_ptr<const UniqueFd> file, uint64_t offset, uint64_t bytes);

  bool has(const Blob& blob) const;

  /// Gives the whole blob. ErrorCode::damage where it is missing, has another length or digest, or is larger than
  /// `bytes_max`.
  Result<std::string> read(const Blob& blob, size_t bytes_max) const;

  /// Checks the length and the digest of a blob.
  Status check(const Blob& blob) const;

  /// Gives the bytes of a blob that was checked, from its beginning.
  Result<ZstdReader::Source> open(const Blob& blob) const;

 private:
  struct Place {
    std::shared_ptr<const UniqueFd> file;
    uint64_t offset;
    uint64_t bytes;
  };
  Result<Place> find(const Blob& blob) const;

  Os* os_;
  std::map<std::string, Place> places_;
};

/// A writer of blobs into an OCI layout: a folder whose path is relative to `dir`. May be used by several threads.
class BlobWriter {
 public:
  /// Makes the layout.
  static Result<BlobWriter> make(Os& os, int dir, const std::string& path);

  /// Writes a blob as a whole.
  Result<Blob> put(std::string_view bytes) const;

  /// Writes a blob of what `fill` hands over.
  Result<Blob> put(const std::function<Status(const ZstdWriter::Sink& sink)>& fill) const;

  /// Makes a file of a blob's size, without its content, so that who completes the layout leaves the blob out.
  Status put_placeholder(const Blob& blob) const;

  /// Writes index.json; the layout is then whole.
  Status finish(const std::vector<Tagged>& manifests) const;

  int dir() const { return dir_; }
  const std::string& path() const { return path_; }
  std::string path_of(const Blob& blob) const { return path_ + "/blobs/sha256/" + blob.digest; }

 private:
  BlobWriter(Os& os, int dir, std::string path) : os_(&os), dir_(dir), path_(std::move(path)) {}

  Os* os_;
  int dir_;
  std::string path_;
};

}  // namespace larder::share
