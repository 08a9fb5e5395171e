#pragma once

#include <string>
#include <vector>

#include "base/os.hpp"
#include "source/walk.hpp"

namespace larder::source {

/// What is known of a folder's files from the last time that they were read, sorted by path. It only saves reading: an
/// entry counts where the file's stamp is still the same, and was old enough when the file was read.
struct KnownContents {
  struct File {
    std::string path;
    Stamp stamp;
    Digest content;
    bool is_object = false;
  };
  std::vector<File> files;

  std::string encode() const;
  /// Empty where the text is none of `encode`'s: then all is read again.
  static KnownContents decode(const std::string& text);
};

/// Fills in the content of the walk's files: from `known`, else by reading them on so many threads. Files above 64 MiB
/// and those on other mounts are not read: their content is their stamp, so that they are the same as long as nobody
/// touches them. What cannot be read, and what changes while it is read, has no known content. Gives whether anything
/// was read or has gone, so that `known` is no longer the whole truth.
Result<bool> read_contents(Os& os, Walk& walk, const KnownContents& known, unsigned workers);

/// What the next walk may take over from this one. A file that was changed within two seconds before the walk is left
/// out: another change in the same tick of a coarse clock would leave the same stamp (as in git's racy-git.txt).
KnownContents known_of(const Walk& walk);

}  // namespace larder::source
