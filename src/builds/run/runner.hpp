#pragma once

#include <optional>
#include <vector>

#include "builds/plan/plan.hpp"
#include "builds/watch/progress.hpp"
#include "engine/engine.hpp"
#include "store/store.hpp"

namespace larder::builds {

enum class Settle {
  background,  ///< the build returns as soon as its results are committed
  foreground   ///< they are on disk when it returns
};

struct RunOptions {
  Settle settle = Settle::background;
  /// Compiled volumes are written to without waiting for who writes there already, and what is compiled is not kept.
  bool private_volumes = false;
  std::optional<double> wait_seconds;  ///< the longest to wait for another build; no value: until it has ended
};

struct Report {
  std::vector<TargetResult> targets;
  std::optional<TargetResult> fetch;  ///< no value when nothing had to be fetched
  bool interrupted = false;
};

/// Does what the plan says: one fetch phase for all targets if something must be fetched, then the builds side by
/// side within one job budget, each in a transaction of its own. An Error is something that concerns them all;
/// what concerns one target stands in its result.
Result<Report> run_build(const Plan& plan, const store::Store& store, engine::Engine& engine, Progress& progress,
                         const RunOptions& options);

}  // namespace larder::builds
