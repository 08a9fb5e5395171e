#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/container/keeper.hpp"
#include "engine/engine.hpp"

namespace larder::engine {

/// A run of the client program with a container, and what goes with it.
struct ContainerRun {
  Client client;
  std::vector<std::string> arguments;  ///< of the client
  Stdio stdio = Stdio::captured;
  bool notes_output = false;  ///< the engine notes what the container writes, since its client may lose it
  Remains remains;
  std::vector<int> held;
  std::map<std::string, std::string> environment =
      {};  ///< of the client, over larder's own: it hands them over by name
};

/// Starts the keeper and the client; what `run.held` names stays open until nothing of the container is left.
Result<std::unique_ptr<Process>> start_container(const ContainerRun& run);

}  // namespace larder::engine
