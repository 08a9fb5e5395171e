#pragma once

#include "engine/engine.hpp"

namespace larder::engine {

/// Whether root runs the spec for a project in which others could not work: its folder, or one at its top, is another
/// user's, or not even its owner may write to it. Only then root keeps the capabilities for files, with which it works
/// there outside.
bool needs_rights_over_files(const Spec& spec);

}  // namespace larder::engine
