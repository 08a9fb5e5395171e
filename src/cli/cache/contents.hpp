#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/cache/kept.hpp"
#include "store/space/usage.hpp"

namespace larder::cli {

/// The volumes of the user's store, and those that container engines keep themselves.
struct CacheContents {
  std::string path;         ///< of the store
  store::StoreUsage usage;  ///< empty where there is no store yet
  std::vector<KeptByEngine> kept;

  bool empty() const { return usage.volumes.empty() && usage.damaged.empty() && kept.empty(); }
};

/// Measures the store at `path`, where there is one; `store` is that store.
Result<CacheContents> read_contents(const std::string& path, const std::optional<store::Store>& store);

/// Writes a line to stderr that says that there are no volumes yet.
void say_no_volumes(const CacheContents& contents);

/// Writes an error to stderr for each volume that cannot be read. Gives the exit code.
int print_damage(const CacheContents& contents);

}  // namespace larder::cli
