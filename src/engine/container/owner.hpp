#pragma once

#include <string>

#include "engine/container/volumes.hpp"

namespace larder::engine {

/// A word for the store at this path: another one for a store that another machine or container has at the same path.
/// Empty where there is no store.
std::string store_key(const std::string& store_path);

/// Whether the run that a container's or volume's labels name is surely over: nobody holds its lease, or its store,
/// which is this one's to see, has forgotten it. False where that cannot be known.
bool is_over(const Labels& labels);

}  // namespace larder::engine
