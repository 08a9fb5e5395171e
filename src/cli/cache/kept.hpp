#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "engine/container/plain_volumes.hpp"
#include "store/space/cleaning.hpp"

namespace larder::cli {

/// The plain volumes that one container engine keeps itself.
struct KeptByEngine {
  engine::Client client;
  engine::Facts facts;
  std::vector<engine::KeptVolume> volumes;

  uint64_t bytes() const;
};

/// Of each engine of which the store has noted that it keeps them. One that does not answer is told about on stderr
/// and left out.
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

/// Those that no build has used since then; unknown ones stay.
std::vector<KeptByEngine> unused_since(std::vector<KeptByEngine> kept, int64_t seconds);

size_t count_kept(const std::vector<KeptByEngine>& kept);

/// Removes them all. Nothing of an engine where one of them is in use.
Status remove_kept(const std::vector<KeptByEngine>& kept, const std::string& store_path);

}  // namespace larder::cli
