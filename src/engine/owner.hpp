#pragma once

#include "engine/engine.hpp"

namespace larder::engine {

/// Whether root runs the spec for a project whose folder is another user's: only then it keeps the capabilities that
/// let it read and write what is not its own.
bool is_anothers_project(const Spec& spec);

}  // namespace larder::engine
