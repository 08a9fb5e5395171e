#pragma once

#include <optional>
#include <string>

#include "engine/container/client.hpp"

namespace larder::engine {

/// What an engine tells of a container that is over.
struct ContainerEnd {
  bool engine_answers = true;
  bool began = false;          ///< its first process was started
  bool out_of_memory = false;  ///< the kernel has ended a process of it for want of memory
  bool stopped = false;        ///< somebody has asked the engine to stop it
  bool signalled = false;      ///< somebody has had the engine send it a signal
};

/// Asks the engine; some ten milliseconds.
ContainerEnd ask_end(const Client& client, const std::string& container);

/// Pure: docker's events of one container, a JSON object a line.
ContainerEnd parse_events(const std::string& text);

/// Pure: what podman's `inspect` says of one container.
ContainerEnd parse_state(const std::string& text);

/// Why something other than the command has ended it; none where `exit_code` is the command's own. Pure.
std::optional<Error> explain_end(const Client& client, const ContainerEnd& end, int exit_code);

}  // namespace larder::engine
