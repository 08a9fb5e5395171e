#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "engine/container/kept_volumes.hpp"
#include "store/space/cleaning.hpp"

namespace larder::cli {

using engine::KeptByEngine;

/// What engines keep themselves, see engine::find_kept. An engine that does not answer is told about on stderr.
std::vector<KeptByEngine> find_kept(const std::string& store_path);

/// A table for each engine; empty where there is nothing.
std::string format_kept(const std::vector<KeptByEngine>& kept, int64_t now_seconds);
nlohmann::json kept_to_json(const std::vector<KeptByEngine>& kept);

/// Those that the request means. Their names are taken out of it, unless the store has such volumes, too; false where
/// nothing is left in it to be looked for in the store.
struct KeptSelection {
  std::vector<KeptByEngine> kept;
  store::CleanRequest rest;
  bool asks_store = true;
};
KeptSelection select_kept(std::vector<KeptByEngine> kept, const store::CleanRequest& request,
                          const std::vector<std::string>& store_names);

}  // namespace larder::cli
