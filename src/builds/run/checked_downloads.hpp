#pragma once

#include <string>
#include <vector>

#include "builds/plan/plan.hpp"
#include "store/branch/transaction.hpp"

namespace larder::builds {

/// What the download volume of a fork has, and the project's lock has another checksum for: what came from elsewhere,
/// by `cache pull` or `cache import`, has been checked by nobody, since cargo checks what it downloads alone. Paths in
/// the volume: the files (`[content.checked]` of the recipe), and the folders that hold what was unpacked from them.
Result<std::vector<std::string>> forged_downloads(const Plan& plan, const store::Store& store, const store::Fork& fork);

}  // namespace larder::builds
