#pragma once

#include <string>

#include "base/result.hpp"
#include "image/reference.hpp"
#include "image/step_record.hpp"

namespace larder::image {

/// Where this machine gets a base of Debian's.
struct DebianBase {
  Reference registry;  ///< the registry's image that it is; Source::debian: mmdebstrap makes it of packages
  std::string reason;  ///< why it is a registry's: "there is no program mmdebstrap"

  bool is_from_registry() const { return registry.source == Source::registry; }
};

/// Decides where the base comes from: what `pinned` says it was, whatever this machine would rather take; else
/// mmdebstrap with this machine's keyring of Debian's, and where one of them is missing the repository that the user's
/// config.toml names, by the suite's tag. ErrorCode::environment where the machine lacks what either way takes.
Result<DebianBase> choose_debian_base(const Reference& reference, const StepRecord* pinned);

/// What to do where a registry's base cannot be fetched: both ways to have one.
std::string registry_hint(const DebianBase& base, const StepRecord* pinned);

/// Why this machine cannot make a base of Debian's packages; empty: it can.
std::string why_not_of_packages();

/// The file of this machine's by which Debian's packages are verified, in a folder of keyrings; empty where there is
/// none.
std::string debian_keyring(const std::string& folder = "/usr/share/keyrings");

}  // namespace larder::image
