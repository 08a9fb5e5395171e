#pragma once

#include <string>
#include <vector>

#include "builds/plan/plan.hpp"
#include "store/store.hpp"

namespace larder::builds {

/// What to do about a build whose tool ran several jobs at once, which failed for want of a file that the build itself
/// has made by now (it lies in `upper`, a path below the store): the project does not say in which order its things are
/// made. `lines` is the end of the log. Empty where it is something else.
std::string order_hint(const Plan& plan, const store::Store& store, const std::string& upper,
                       const std::vector<std::string>& lines);

}  // namespace larder::builds
