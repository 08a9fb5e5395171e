#pragma once

#include <string>
#include <vector>

#include "base/mount_spec.hpp"
#include "base/result.hpp"

namespace larder::image {

/// The folder in which a preparation finds what apt on this machine is told; see scripts/apt-settings.
inline constexpr const char* apt_view_folder = "/run/larder/apt";

/// A file that a preparation is shown; it lies in memory, since it may be secret.
struct TextFile {
  std::string path;
  std::string text;
};

/// What apt on this machine is told, as apt in a preparation is shown it.
struct AptView {
  std::vector<TextFile> files;
  std::vector<Bind> binds;
};

/// Whether a preparation sees passwords and client's keys: where it runs apt alone, not where it runs what a project
/// says.
enum class AptSecrets { hidden, shown };

/// Where the settings of this machine's apt are.
struct AptPlaces {
  std::string etc = "/etc/apt";
  std::string keyrings = "/usr/share/keyrings";
  std::string certificates = "/etc/ssl/certs/ca-certificates.crt";
  std::string settings = {};  ///< what `apt-config dump` prints
  std::string mirror = {};    ///< of Debian's, in place of apt's sources; empty: those
};

/// The places of this machine, with its settings and the mirror that the user's config.toml names.
Result<AptPlaces> apt_places();

/// How apt reaches its mirrors: proxies, retries, validity, certificates. For images with sources of their own.
AptView view_of_settings(const AptPlaces& places, AptSecrets secrets);

/// The same with the sources that may be Debian's own archive with this suite, those of the user's mirror, pins and
/// credentials. Where none of them is, the base has the list of whoever has made it. All are verified by this
/// machine's keyring of Debian's, where it has none by the image's own. An error where what would be needed cannot be
/// read by the caller.
Result<AptView> view_of_debian(const AptPlaces& places, const std::string& suite, AptSecrets secrets);

/// A word for the sources of a view: where they are and what is asked of them, without credentials.
std::string sources_key(const AptView& view);
/// A word for a registry's image.
std::string sources_key(const std::string& name);

}  // namespace larder::image
