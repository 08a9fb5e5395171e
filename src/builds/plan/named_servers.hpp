#pragma once

#include <string>
#include <vector>

#include "builds/plan/plan.hpp"

namespace larder::builds {

/// Something by which a project decides who gets secrets of the user's in a fetch.
struct NamedServer {
  std::string text;   ///< what the user is asked, one line
  std::string table;  ///< whose secrets it would get, as config::tables_with calls it; empty: all that are there
};

/// The servers, proxies and authorities that the project names in its larder.toml and its settings of the tool, where
/// the user has secrets that these would see. What the user's own settings or variables say as well is the user's word.
/// The plan has its project, recipe, workspace and settings.
std::vector<NamedServer> named_servers(const Plan& plan);

/// Whether a variable of the caller's is a secret that is kept back from the fetch.
bool is_kept_back(const Plan& plan, const std::string& variable);

}  // namespace larder::builds
