#include "base/zstd.hpp"
#include "fuzz/fuzz.hpp"
#include "share/index.hpp"
#include "share/manifest.hpp"

using namespace larder;

/// The index of a shared volume, as it is and compressed.
FUZZ_TARGET(share_index) {
  static_cast<void>(zstd_decompress(input, size_t{1} << 20U));
  const auto index = share::parse_index(input);
  if (!index) return;
  const auto again = share::parse_index(share::format_index(*index));
  fuzz::must(again && *again == *index);
}

/// Manifests, descriptions and the index of a layout.
FUZZ_TARGET(share_manifest) {
  static_cast<void>(share::parse_layout_index(input));
  const auto manifest = share::parse_manifest(input);
  if (manifest) fuzz::must(share::parse_manifest(share::format_manifest(*manifest)).has_value());
  const auto description = share::parse_description(input);
  if (description) fuzz::must(share::parse_description(share::format_description(*description)) == *description);
}
