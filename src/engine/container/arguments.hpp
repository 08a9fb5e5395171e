#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "engine/container/facts.hpp"
#include "engine/container/volumes.hpp"

namespace larder::engine {

/// Who the caller is, for the container's processes to be the same.
struct Caller {
  uid_t uid = 0;
  gid_t gid = 0;
  bool selinux = false;  ///< labels would forbid the container what it is given to see
};
Caller this_caller();

/// "larder-<transaction>"
std::string container_name(const Spec& spec);

/// Whether the container's standard streams are the client's own; else the client attaches to them.
bool gets_clients_streams(Dialect dialect, const Facts& facts, Stdio stdio);

/// The arguments of the client that run the spec's command in a new container which goes with it. Values of secrets
/// are not among them: the client takes these from its environment.
std::vector<std::string> run_arguments(Dialect dialect, const Facts& facts, const Caller& caller, const Spec& spec,
                                       const std::vector<EngineVolume>& volumes);

/// The variables of the spec that the client takes from its environment.
std::map<std::string, std::string> handed_over(const Spec& spec);

}  // namespace larder::engine
