#pragma once

#include <string>
#include <vector>

#include "source/walk.hpp"
#include "store/layer/merged_tree.hpp"
#include "store/store.hpp"

namespace larder::source {

/// Whether a build may never write this path of a project, whatever the project allows: what git, shells, editors,
/// toolchains and Larder itself obey, in any folder.
bool is_protected(std::string_view path);

enum class BroughtBack {
  written,     ///< the project has the build's file now
  same,        ///< it had the same before
  protected_,  ///< `is_protected`, or no regular file
  changed,     ///< the user has changed it since the walk: theirs stays
  refused      ///< a link on the way, no right to write
};

/// Why, or that: "the user has changed it meanwhile".
const char* to_string(BroughtBack result);

/// Puts what a build has written at `path` (a regular file of `tree`) into the project, if that still has there what
/// the walk has seen, or nothing as then. In one step, beneath the project's folder, following no link.
Result<BroughtBack> bring_back(Os& os, const store::MergedTree& view, const Walk& walk, const std::string& path);

}  // namespace larder::source
