#pragma once

#include <map>
#include <string>
#include <vector>

#include "builds/output/find_results.hpp"

namespace larder::builds {

/// The path of each result below the folder of results, by its path in the volume. A result that keeps a layout has its
/// path in that; of others the name is enough, unless names collide, or a program looks for its libraries in another
/// folder of the results ($ORIGIN/../lib) and not beside itself: then each of these keeps its folders, below `built_in`
/// (the folder that the tool builds in) or, where that still collides, all of them. A link stays beside what it leads
/// to.
std::map<std::string, std::string> name_results(const std::vector<FoundResult>& results, const std::string& built_in);

/// The libraries among the results, by their delivered names (what name_results gives), that a result needs and does
/// not look for where they lie.
std::vector<std::string> unfound_libraries(const FoundResult& result, const std::map<std::string, std::string>& names);

}  // namespace larder::builds
