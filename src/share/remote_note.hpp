#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/store.hpp"

namespace larder::share {

struct Remote;

/// What a build has last done with a registry for one branch of a project; kept in the store.
struct RemoteNote {
  std::string repository;
  std::string project;
  std::string branch;
  std::string action;   ///< "pull", "push", or "untrusted pull"
  int64_t seconds = 0;  ///< when, since 1970
  std::string outcome;  ///< a line for people
  bool good = true;     ///< nothing has failed

  bool operator==(const RemoteNote&) const = default;
};

/// A note about this remote, to be completed. `action`: "pull" or "push".
RemoteNote note_about(const Remote& remote, const std::string& action);

/// Replaces what is noted of the same action.
Status write_remote_note(const store::Store& store, const RemoteNote& note);

/// What is noted of the action that `like` names; no value where nothing is, or what cannot be read.
Result<std::optional<RemoteNote>> find_remote_note(const store::Store& store, const RemoteNote& like);

/// Whether a registry may be asked again that was asked as the note says: after ten minutes, also where the last time
/// has failed. `now` is in seconds since 1970; a note from the future counts for nothing.
bool may_ask_again(const std::optional<RemoteNote>& last, int64_t now);

/// All that is noted, sorted by repository, project, branch and action.
Result<std::vector<RemoteNote>> list_remote_notes(const store::Store& store);

}  // namespace larder::share
