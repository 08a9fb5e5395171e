#include "engine/engine.hpp"

namespace larder::engine {

std::optional<Error> Engine::refusal(const Ending& ending, const std::vector<std::string>& last_lines) const {
  if (ending.started) return std::nullopt;
  return Error{ErrorCode::environment, "the sandbox could not be started", last_lines.empty() ? "" : last_lines.back(),
               "see `larder doctor`", 0};
}

}  // namespace larder::engine
