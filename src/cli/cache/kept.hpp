#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "engine/container/kept_volumes.hpp"
#include "store/space/cleaning.hpp"

namespace larder::cli {

using engine::KeptByEngine;

/// Finds the volumes that engines keep themselves, as engine::find_kept does. Writes a note to stderr for each engine
/// that does not answer.
std::vector<KeptByEngine> find_kept(const std::string& store_path);

/// A table for each engine, for a time in seconds since 1970; empty where no engine keeps anything.
std::string format_kept(const std::vector<KeptByEngine>& kept, int64_t now_seconds);

/// What engines keep, as JSON; docs/commands/cache.md has the names of the fields.
nlohmann::json kept_to_json(const std::vector<KeptByEngine>& kept);

/// The volumes that engines keep and a request means, and what is left of the request for the store.
struct KeptSelection {
  std::vector<KeptByEngine> kept;
  store::CleanRequest rest;  ///< without the names of kept volumes that the store has not
  bool asks_store = true;    ///< whether `rest` still names something to look for in the store
};

/// Selects what a request means of the volumes that engines keep. `store_names` are the names of the store's volumes.
KeptSelection select_kept(std::vector<KeptByEngine> kept, const store::CleanRequest& request,
                          const std::vector<std::string>& store_names);

}  // namespace larder::cli
