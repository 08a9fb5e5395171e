#pragma once

#include <string>
#include <vector>

#include "config/target.hpp"

namespace larder::cli {

/// The short names of the targets that are asked for in any of the ways that `larder build` knows. A name that is
/// `used`, such as by a volume of a target that no table has any more, is good as it is. ErrorCode::usage for any other
/// word.
Result<std::vector<std::string>> target_names(const config::TargetTable& table, const std::vector<std::string>& asked,
                                              const std::vector<std::string>& used = {});

/// The same with the targets of Larder and of the user.
Result<std::vector<std::string>> target_names(const std::vector<std::string>& asked,
                                              const std::vector<std::string>& used = {});

}  // namespace larder::cli
