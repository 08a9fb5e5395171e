#pragma once

#include <string>

#include "source/shown.hpp"
#include "store/store.hpp"

namespace larder::source {

/// Where a build has left what it wrote.
struct Upper {
  std::string path;         ///< directory relative to the store
  std::string output = {};  ///< the folder in it of the tool's own results; empty: none
  bool first = false;       ///< there is nothing of the volume below it
};

/// Takes out of the upper what git keeps for itself, and what was copied up and never changed. Gives the record of this
/// build: the project's entries with the times that a next build is to see, and all own writes up to now. `walk` has
/// forgotten what changed while the build ran (`forget_changed`).
Result<Record> collect_own_writes(const store::Store& store, const Upper& upper, const Walk& walk, const Shown& shown);

/// The record of a build whose upper is not kept.
Record record_without_writes(const Walk& walk, const Shown& shown);

}  // namespace larder::source
