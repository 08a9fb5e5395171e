#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/branch/ref.hpp"

namespace larder::cli {

/// ErrorCode::usage for the first of the `asked` words that is not among the `known` ones, with the nearest known one.
/// `what` is the noun for them, such as "volume".
Status check_known(const std::string& what, const std::vector<std::string>& asked,
                   const std::vector<std::string>& known);

/// "image-debian-bookworm@1a2b3c4d": the name with as much of the variant as tells it from others.
std::string name_with_variant(const store::VolumeKey& key);

/// A volume that was named on the command line.
struct ChosenVolume {
  store::VolumeKey key;
  std::string name;                 ///< a name for this very volume, with its variant where there are several
  std::vector<std::string> others;  ///< such names of the variants that were not meant; most recently used first
};

/// Chooses the volume that `text` names: by a name as `larder cache list` shows it, for the variant that was used last,
/// or by NAME@VARIANT, where the beginning of the variant is enough. ErrorCode::usage for an unknown one, with the
/// nearest name. `trust`: a variant of the other trust is taken only by its own name.
Result<ChosenVolume> choose_volume(const store::Store& store, const std::string& text,
                                   std::optional<store::Trust> trust = std::nullopt);

}  // namespace larder::cli
