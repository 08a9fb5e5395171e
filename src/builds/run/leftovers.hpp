#pragma once

#include <string>
#include <vector>

#include "builds/plan/plan.hpp"
#include "source/walk.hpp"

namespace larder::builds {

/// What others' builds have left in the project, by paths in it: objects, archives and programs of compilers with the
/// notes beside them, where the tool would take them for its own, but for what git tracks; and what a run of configure
/// in the source tree has made, which a build outside of it would find first. Nothing that `[workspace] show` names.
std::vector<std::string> leftovers(const Plan& plan, Os& os, const source::Walk& walk);

/// The files that a config.status of Autoconf's (its text) makes, relative to its folder: config_files, config_headers
/// and config_links. Source: the Autoconf manual, 17 "config.status Invocation"; tags as in "AC_CONFIG_FILES".
std::vector<std::string> made_by_status(std::string_view text);

}  // namespace larder::builds
