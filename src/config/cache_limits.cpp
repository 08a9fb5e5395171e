#include "config/cache_limits.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/toml_reader.hpp"

namespace larder::config {
namespace {

template <typename T>
void read_quantity(const TomlTable& table, const char* key, const std::string& text,
                   Result<T> (*parse)(std::string_view), std::optional<T>& slot) {
  if (!table.has(key)) return;
  auto parsed = parse(text);
  if (parsed)
    slot = *parsed;
  else
    table.mistake(key, fmt::format("'{}': {}", key, parsed.error().message), parsed.error().hint);
}

}  // namespace

CacheLimits with_defaults(const CacheLimits& own, const CacheLimits& general) {
  const auto first = [](const auto& a, const auto& b) { return a ? a : b; };
  return {first(own.max_bytes, general.max_bytes), first(own.max_age_seconds, general.max_age_seconds),
          first(own.keep, general.keep), first(own.keep_for_seconds, general.keep_for_seconds)};
}

void read_cache(TomlTable table, CacheLimits& limits, RemoteSettings& remote) {
  std::string max_size;
  std::string max_age;
  std::string keep_for;
  table.read({{"max_size", &max_size},
              {"max_age", &max_age},
              {"keep", &limits.keep},
              {"keep_for", &keep_for},
              {"remote", &remote.repository},
              {"pull", &remote.pull},
              {"push", &remote.push}});
  check_remote(table, remote);
  read_quantity(table, "max_size", max_size, parse_bytes, limits.max_bytes);
  read_quantity(table, "max_age", max_age, parse_duration, limits.max_age_seconds);
  read_quantity(table, "keep_for", keep_for, parse_duration, limits.keep_for_seconds);
}

}  // namespace larder::config
