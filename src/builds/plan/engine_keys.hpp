#pragma once

#include <string>
#include <vector>

#include "builds/plan/plan.hpp"

namespace larder::builds {

/// Keys of larder.toml and options of the command line that only some engines or images can honour, and with what.
struct EngineKey {
  const char* key;  ///< as messages call it
  bool (*is_set)(const config::Project&, const std::string& target);
  bool (*works)(const EngineChoice&, bool on_host);  ///< `on_host`: on this machine's own root
  const char* instead;                               ///< what does the same elsewhere
};

/// All of them; every other key works with every engine.
const std::vector<EngineKey>& engine_keys();

/// An error that names key and engine, where the plan's engine or an image of its targets cannot honour what is said.
Status check_engine_keys(const Plan& plan);

}  // namespace larder::builds
