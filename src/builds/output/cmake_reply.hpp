#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "builds/plan/plan.hpp"
#include "store/layer/merged_tree.hpp"
#include "store/store.hpp"

namespace larder::builds {

/// Reads the files that CMake's targets are made into from the reply of its file API (cmake-file-api(7), codemodel
/// version 2) in `rules.folder`: programs and libraries of the targets that `rules.goals` names and of what these need,
/// or of all, in `rules.configuration`, or the first where none has that name. Paths are relative to /workspace; they
/// are untrusted, and those outside of it are left out. No value where there is no reply that can be read.
Result<std::optional<std::vector<std::string>>> read_cmake_reply(const store::Store& store,
                                                                 const store::MergedTree& view,
                                                                 const ResultRules& rules);

}  // namespace larder::builds
