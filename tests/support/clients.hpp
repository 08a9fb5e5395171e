#pragma once

#include "engine/container/client.hpp"

namespace larder::test {

inline const engine::Client docker{engine::Dialect::docker, "/usr/bin/docker"};
inline const engine::Client podman{engine::Dialect::podman, "/usr/bin/podman"};

}  // namespace larder::test
