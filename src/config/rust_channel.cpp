#include "config/rust_channel.hpp"

#include <regex>

namespace larder::config {

std::optional<RustChannel> parse_rust_channel(const std::string& text) {
  static const std::regex form(
      R"((nightly|beta|stable|\d\.\d{1,3}(?:\.\d{1,2})?(?:-beta(?:\.\d{1,2})?)?)(?:-(\d{4}-\d{2}-\d{2}))?(?:-([a-z0-9_]+(?:-[a-z0-9_]+)+))?)");
  constexpr size_t length_max = 128;
  std::smatch parts;
  if (text.size() > length_max || !std::regex_match(text, parts, form)) return std::nullopt;
  return RustChannel{parts[1], parts[2], parts[3]};
}

}  // namespace larder::config
