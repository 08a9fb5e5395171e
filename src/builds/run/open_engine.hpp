#pragma once

#include <memory>
#include <optional>

#include "builds/plan/plan.hpp"
#include "builds/run/volume_home.hpp"
#include "engine/engine.hpp"

namespace larder::builds {

/// An engine that is ready to run, and what was found of it.
struct OpenEngine {
  std::unique_ptr<engine::Engine> engine;
  std::optional<PlainVolumes> plain = {};  ///< where the engine keeps the volumes itself
};

/// Makes the plan's engine ready. It is first asked what it can do when that is not known in this store. A plan that
/// cannot be carried out there is ErrorCode::environment.
Result<OpenEngine> open_engine(const Plan& plan, const store::Store& store);

}  // namespace larder::builds
