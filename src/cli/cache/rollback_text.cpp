#include "cli/cache/rollback_text.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/cache/text.hpp"

namespace larder::cli {
namespace {

using store::Generation;

}  // namespace

std::string format_rollback(const std::string& name, const Generation& from, const Generation& to,
                            int64_t now_seconds) {
  const std::string age = format_age(to.created_seconds, now_seconds);
  return fmt::format("{} is what it was {} (generation {}). To take it back: larder cache rollback {} {}\n", name,
                     age == "now" ? "a moment ago" : age, short_id(to.id), name, short_id(from.id));
}

}  // namespace larder::cli
