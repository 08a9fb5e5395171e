#include "config/engines.hpp"

#include <algorithm>

#include "base/result.hpp"

namespace larder::config {

const EngineTraits& traits_of(EngineKind kind) {
  const auto found =
      std::find_if(engines.begin(), engines.end(), [&](const EngineTraits& engine) { return engine.kind == kind; });
  INVARIANT(found != engines.end());
  return *found;
}

const EngineTraits* find_engine(std::string_view name) {
  const auto found =
      std::find_if(engines.begin(), engines.end(), [&](const EngineTraits& engine) { return engine.name == name; });
  return found == engines.end() ? nullptr : &*found;
}

std::vector<std::string> engine_choices() {
  std::vector<std::string> names = {auto_engine};
  for (const EngineTraits& engine : engines) names.emplace_back(engine.name);
  return names;
}

}  // namespace larder::config
