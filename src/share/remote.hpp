#pragma once

#include <optional>
#include <string>

#include "share/registry.hpp"
#include "share/signing.hpp"
#include "share/take_in.hpp"

namespace larder::share {

/// Whose volumes are pushed and pulled.
struct Line {
  std::string project;         ///< the same for all clones of a repository
  std::string branch;          ///< empty: none is checked out
  std::string default_branch;  ///< whose volumes are taken where the branch has none
  std::string commit = {};     ///< that is checked out; may be empty
};

/// Where volumes are pushed to and pulled from, whose they are, and what of them is trusted.
struct Remote {
  Registry registry;
  Line line;
  Signing signing = {};
  store::Trust trust = store::Trust::trusted;  ///< whose builds start from what is pulled
  bool is_projects = false;  ///< a project names it: download volumes, which all projects read, do not come from there

  /// The repository as statements name it.
  std::string repository() const { return normal_repository(registry.repository()); }
};

/// What a pull has done for one volume.
struct Pulled {
  std::string volume;
  std::optional<Statement> statement;  ///< what was said of it at its push
  TakenIn taken;
  uint64_t pulled_bytes = 0;  ///< of the blobs that were fetched
  uint64_t all_bytes = 0;     ///< of all blobs
};

}  // namespace larder::share
