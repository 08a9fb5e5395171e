#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "share/remote.hpp"

namespace larder::share {

/// One state that a registry has, as its manifest says.
struct Listed {
  enum class Trust {
    valid,          ///< one of the keys that count has signed it, for just this
    refused,        ///< there are such keys, and none has
    is_signed,      ///< there are none to check it by
    unsigned_state  ///< the same, and nobody has signed it
  };

  std::string tag;
  std::string digest;  ///< of the manifest
  std::string volume;
  std::string target;
  uint64_t bytes = 0;   ///< of its blobs
  Statement statement;  ///< what it says of itself; all empty where it says nothing
  std::string signer;   ///< the key that is said to have signed it
  Trust trust = Trust::unsigned_state;
};

/// What the registry has of the project, or of all, by branch and volume, the newest first. What is no volume of
/// Larder's is left out.
Result<std::vector<Listed>> list_states(const Remote& remote, bool all_projects);

/// What is old. Where both are given a state must be old by both.
struct PruneRules {
  std::optional<size_t> keep;              ///< each volume's newest ones are not
  std::optional<int64_t> max_age_seconds;  ///< those that were pushed since are not
};

/// The states that go: never those of the line's branches, nor what does not say when it was pushed, nor a manifest
/// that another tag which stays has, too.
std::vector<Listed> states_to_prune(const std::vector<Listed>& states, const PruneRules& rules, const Line& line,
                                    int64_t now);

}  // namespace larder::share
