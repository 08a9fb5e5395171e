#pragma once

#include <string>

namespace larder {

/// A Bind shows a file or folder of this machine under another path in a sandbox.
struct Bind {
  std::string source;  ///< absolute, on this machine
  std::string path;    ///< absolute, in the sandbox

  bool operator==(const Bind&) const = default;
};

/// Writes says whether a sandbox may write to what it is shown.
enum class Writes { no, yes };

/// A Link is a symbolic link that a sandbox has.
struct Link {
  std::string text;
  std::string path;

  bool operator==(const Link&) const = default;
};

}  // namespace larder
