#include "store/layer/manifest.hpp"

#include <algorithm>

#include "base/closing_line.hpp"
#include "fuzz/fuzz.hpp"

using namespace larder;

/// The manifest of a layer: as it is, and with the closing line that its text should have.
FUZZ_TARGET(manifest) {
  static_cast<void>(store::parse_manifest(input));
  const std::string note =
      std::to_string(std::max<std::ptrdiff_t>(1, std::count(input.begin(), input.end(), '\n')) - 1);
  const auto manifest = store::parse_manifest(input + closing_line(input, note));
  if (!manifest) return;
  const auto again = store::parse_manifest(store::format_manifest(*manifest));
  fuzz::must(again && *again == *manifest);
}
