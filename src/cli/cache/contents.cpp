#include "cli/cache/contents.hpp"

#include "cli/output.hpp"

namespace larder::cli {

Result<CacheContents> read_contents(const std::string& path, const std::optional<store::Store>& store) {
  CacheContents contents{path, {}, {}};
  if (store) {
    TRY_ASSIGN(contents.usage, store::measure_usage(*store));
  }
  contents.kept = find_kept(path);
  return contents;
}

void say_no_volumes(const CacheContents& contents) {
  say("No volumes yet in " + contents.path + ": the first `larder build` makes them.");
}

int print_damage(const CacheContents& contents) {
  for (const Error& damage : contents.usage.damaged) print_error(damage);
  return contents.usage.damaged.empty() ? 0 : static_cast<int>(ErrorCode::damage);
}

}  // namespace larder::cli
