#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "engine/engine.hpp"

namespace larder::engine {

/// Learns which files of some folders are opened, also to be executed, and which folders in them, by whatever program;
/// see inotify(7). What is opened without the kernel's telling of it, such as by a file handle, is not among them.
class OpenedFiles {
 public:
  /// Begins with the folders as they lie below `root`. One that cannot be watched is left out: users have a limited
  /// number of watches, and of descriptors for them.
  OpenedFiles(const std::string& root, const Watched& watched);

  /// Becomes readable when there is something to take; for poll(2). -1: nothing can be watched.
  int fd() const { return events_.get(); }
  /// Takes all that has happened since the last time; does not wait.
  void take();
  /// Writes to `Watched::file` what it has learned.
  void tell() const;

 private:
  static constexpr size_t names_max = 500'000;  ///< a hostile build could open ever new ones

  void take_events(const char* bytes, size_t count);

  int file_;
  UniqueFd events_;
  std::vector<std::string> folders_;          ///< by their watches' numbers, each with a slash at its end
  std::vector<std::set<std::string>> names_;  ///< in each of these
  size_t count_ = 0;
  bool complete_ = true;
};

/// The paths that a run has written to `Watched::file`, relative to the watched folder, in no order.
struct Opened {
  std::vector<std::string> paths;
  bool complete = true;  ///< false: there may be others
};

/// Reads what runs that have ended have written to the file, from its beginning.
Result<Opened> read_opened(int file);

}  // namespace larder::engine
