#pragma once

#include <string>

#include "base/result.hpp"
#include "share/manifest.hpp"

namespace larder::share {

/// Reads "REGISTRY/REPO", where volumes are pushed to, without a tag. ErrorCode::usage where it is none.
Result<std::string> parse_remote(const std::string& text);

/// The beginning of the tags of a project's volumes.
std::string project_prefix(const std::string& project);

/// The beginning of the tags of a project's volumes on a branch. Names that differ give other beginnings, whatever
/// characters they have.
std::string tag_prefix(const std::string& project, const std::string& branch);

/// The tag of a volume: one for each image, recipe and place that it is compiled for.
std::string tag_of(const std::string& project, const std::string& branch, const store::VolumeSpec& spec);

}  // namespace larder::share
