#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "share/index.hpp"
#include "store/volume.hpp"

namespace larder::share {

/// Bytes that are known by their SHA-256.
struct Blob {
  std::string digest;  ///< 64 hexadecimal digits
  uint64_t bytes = 0;

  bool operator==(const Blob&) const = default;
};

/// What a shared generation is; the manifest's config. Nothing in it depends on the machine, the folder or the layers
/// that it was made of.
struct Description {
  std::string volume;
  store::VolumeClass volume_class = store::VolumeClass::download;
  std::string target;
  std::string variant;  ///< of the volume that it comes from
  std::string mount_path;
  std::string project;
  std::string image;
  std::string recipe;
  bool success = true;                         ///< a good build made it
  store::Trust trust = store::Trust::trusted;  ///< of the builds that wrote it
  int64_t newest = 0;                          ///< time of its newest file, in seconds since 1970
  double seconds = 0;                          ///< what making it anew would take
  std::string source_content = {};             ///< see store::SourceRef
  uint64_t files = 0;
  uint64_t bytes = 0;  ///< of their contents

  bool operator==(const Description&) const = default;
};

/// An OCI image manifest (artifactType application/vnd.larder.generation.v1) of one generation.
struct Manifest {
  Blob config;
  Blob index;
  std::optional<Blob> source;  ///< the source record of a compiled volume
  std::vector<Blob> packs;
  std::string volume = {};  ///< annotations, for who has the manifest alone
  std::string target = {};
  std::string statement = {};  ///< see share/statement.hpp; empty: none, as in files
  std::string signer = {};     ///< the public key that is said to have signed it; empty: nobody has
  std::string signature = {};

  bool operator==(const Manifest&) const = default;
};

constexpr const char* manifest_type = "application/vnd.oci.image.manifest.v1+json";
constexpr size_t manifest_bytes_max = size_t{4} << 20U;  ///< what registries and their clients take

std::string format_description(const Description& description);
/// Reads a description of unknown origin. ErrorCode::damage where it is malformed or names what no volume can be.
Result<Description> parse_description(const std::string& text);

std::string format_manifest(const Manifest& manifest);
/// Reads a manifest of unknown origin. ErrorCode::damage where it is malformed, ErrorCode::usage where it is another
/// kind of image.
Result<Manifest> parse_manifest(const std::string& text);

/// One manifest of an OCI layout's index.json.
struct Tagged {
  Blob manifest;
  std::string tag;
};

std::string format_layout_index(const std::vector<Tagged>& manifests);
Result<std::vector<Tagged>> parse_layout_index(const std::string& text);

}  // namespace larder::share
