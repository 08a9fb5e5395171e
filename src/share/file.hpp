#pragma once

#include <functional>
#include <string>
#include <vector>

#include "config/recipe.hpp"
#include "share/pack_generation.hpp"
#include "share/take_in.hpp"

namespace larder::share {

/// Writes the newest states of these volumes as an OCI layout in a tar to the open file. `holder` tells others who this
/// is. Gives what was written of each.
Result<std::vector<Packed>> export_volumes(const store::Store& store, const std::vector<store::VolumeKey>& keys,
                                           const config::RecipeTable& recipes, int file, const std::string& holder);

/// Commits all volumes that the tar `file` holds; one that can be read only once, such as a pipe, is copied first. All
/// are read, and the digests of all blobs checked, before the first is committed. `holder` and `trust` as in `take_in`.
Result<std::vector<TakenIn>> import_volumes(const store::Store& store, UniqueFd file, const std::string& holder,
                                            store::Trust trust = store::Trust::trusted);

}  // namespace larder::share
