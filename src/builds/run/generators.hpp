#pragma once

#include <set>
#include <string>
#include <vector>

#include "builds/run/scripts.hpp"

namespace larder::builds {

/// The last parts of the names of programs that a text of commands runs, as MakeRules gives it: the first word of each
/// command, without what stands before it to set variables.
std::set<std::string, std::less<>> programs_run_by(const std::string& commands);

/// The sources that a program which rules run is likely made of: those that match `[content] includes` of the recipe,
/// are no headers, and have the name of such a program but for the ending. As their texts their strings: such a program
/// may read the files that they name.
std::vector<Script> generator_sources(Os& os, const Plan& plan, const source::Entries& entries,
                                      const std::string& commands);

}  // namespace larder::builds
