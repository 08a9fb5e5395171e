#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "store/store.hpp"

namespace larder::cli {

struct LayerSize {
  uint64_t disk_bytes = 0;  ///< blocks, each file once
  uint64_t own_bytes = 0;   ///< the part that comes back when these layers go: files with no link from elsewhere
};

/// What these layers take together. One that is missing takes nothing.
Result<LayerSize> measure_layers(const store::Store& store, const std::set<std::string>& layers);

}  // namespace larder::cli
