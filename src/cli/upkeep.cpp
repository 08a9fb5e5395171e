#include "cli/upkeep.hpp"

#include "base/container.hpp"
#include "base/environment.hpp"
#include "store/care/upkeep.hpp"

namespace larder::cli {

bool must_settle_at_once() { return is_ci() || ends_with_this_process(); }

Status keep_up(const store::Store& store, const store::Limits& limits) {
  if (must_settle_at_once()) return store::upkeep(store, limits);
  store::start_upkeep(store, limits);
  return {};
}

}  // namespace larder::cli
