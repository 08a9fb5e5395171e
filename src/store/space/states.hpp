#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/branch/history.hpp"

namespace larder::store {

/// A state is one generation of a volume's history, with what is known of it now.
struct VolumeState {
  Generation generation;
  bool current = false;
  bool settled = false;
  bool damaged = false;  ///< layers of it are missing or damaged
};

/// A state and how it differs from the next older one that is kept and sound, or from nothing where there is none.
struct LoggedState {
  VolumeState state;
  uint64_t change_bytes = 0;              ///< sizes of the files that were added or changed
  std::map<std::string, uint64_t> added;  ///< how many files were added, by top-level folder
};

/// What one layer of a state holds.
struct LayerDetails {
  std::string id;
  uint64_t files = 0;
  uint64_t bytes = 0;  ///< sum of their sizes
  bool settled = false;
  bool damaged = false;
};

/// All that is known of one state.
struct StateDetails {
  VolumeState state;
  std::vector<LayerDetails> layers;  ///< lowest first
  uint64_t files = 0;                ///< as builds see them; 0 where the state is damaged
  uint64_t bytes = 0;
};

/// Reads all states of a history, newest first. The caller holds the store's lock.
Result<std::vector<LoggedState>> log_states(const Store& store, const History& history);

/// Reads one state; `id` is that of a generation of the history. The caller holds the store's lock.
Result<StateDetails> describe_state(const Store& store, const History& history, const std::string& id);

/// Whether a good build made this generation.
bool is_good(const Generation& generation);

/// The newest generation with another content than the current one; no value where there is none.
std::optional<Generation> previous_state(const History& history);

/// The newest good generation before the current one; no value where there is none.
std::optional<Generation> previous_good_state(const History& history);

}  // namespace larder::store
