#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace larder::image {

/// What apt has told Larder of a preparation that failed, from the last lines of its output (those that begin with
/// `larder: `, see scripts/apt-sources and scripts/install): a mirror that does not answer, packages that are not
/// there, packages that conflict, a package's script that failed. No value where apt has told nothing. `what` is the
/// step. Without a hint where the log alone tells more.
std::optional<Error> apt_error(const std::string& what, const std::vector<std::string>& last_lines);

}  // namespace larder::image
