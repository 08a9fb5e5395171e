#include "cli/upkeep.hpp"

#include "base/environment.hpp"
#include "store/care/upkeep.hpp"

namespace larder::cli {

bool in_ci() {
  const std::string ci = environment("CI");
  return !ci.empty() && ci != "false";
}

Status keep_up(const store::Store& store, const store::Limits& limits) {
  if (in_ci()) return store::upkeep(store, limits);
  store::start_upkeep(store, limits);
  return {};
}

}  // namespace larder::cli
