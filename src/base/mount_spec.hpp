#pragma once

#include <string>

namespace larder {

/// A file or folder of this machine shown under another path in a sandbox.
struct Bind {
  std::string source;  ///< absolute, on this machine
  std::string path;    ///< absolute, in the sandbox

  bool operator==(const Bind&) const = default;
};

/// Whether a sandbox may write to what it is shown.
enum class Writes { no, yes };

/// A symbolic link in a sandbox.
struct Link {
  std::string text;
  std::string path;

  bool operator==(const Link&) const = default;
};

}  // namespace larder
