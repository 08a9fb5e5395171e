#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/branch/ref.hpp"

namespace larder::cli {

/// ErrorCode::usage for the first of `asked` that is not among `known`, with the nearest of those.
Status check_known(const std::string& what, const std::vector<std::string>& asked,
                   const std::vector<std::string>& known);

/// A volume that was named on the command line.
struct ChosenVolume {
  store::VolumeKey key;
  std::string name;                 ///< what names this one again: with its variant where there are several
  std::vector<std::string> others;  ///< the same of the variants that were not meant; most recently used first
};

/// `text` is a name as `larder cache list` shows it, for the variant that was used last, or NAME@VARIANT, where the
/// beginning of the variant is enough. ErrorCode::usage for what is unknown, with the nearest name.
Result<ChosenVolume> choose_volume(const store::Store& store, const std::string& text);

}  // namespace larder::cli
