#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace larder::image {

/// A source of packages as apt's lists have it: one address, one suite.
struct AptEntry {
  std::string uri;         ///< "https://mirror.example/debian", "mirror+file:/etc/apt/mirrors/debian.list"
  std::string suite;       ///< "bookworm", "bookworm-security"
  std::string components;  ///< "main contrib"
  std::map<std::string, std::string> options = {};  ///< fields of deb822 that say how it is fetched
  std::string signed_by = {};                       ///< the keyring that the machine expects; empty: apt's own

  /// Whether the machine trusts the entry by a key that is said to be another than Debian's.
  bool has_strangers_key() const;
};

/// The entries with packages in a list of apt's, in the format that the file's name tells: `*.sources` is deb822, all
/// else has one line for each; see sources.list(5). What is disabled, on a disc or not of a suite is left out.
std::vector<AptEntry> parse_apt_list(const std::string& text, const std::string& file);

/// Whether the entry may be of Debian's suite: it has that name, or one of the names that move, such as `stable`; also
/// with `-security`, `-updates`, `-backports`. Only its Release file tells.
bool may_be_of_suite(const AptEntry& entry, const std::string& suite);

/// Which architectures the machine wants of a mirror is none of an image's business, but where mirrors of one suite
/// have one part of it each: takes the option out of all other entries.
void keep_parts(std::vector<AptEntry>& entries);

/// The entry in deb822, with the keyring that alone is trusted.
std::string to_deb822(const AptEntry& entry, const std::string& keyring);

/// Takes `user:password@` out of the entry's address, and gives a line of apt's auth.conf for it; empty where there is
/// none. Fails where that file cannot have it: see apt_auth.conf(5).
Result<std::string> take_credentials(AptEntry& entry);

/// The text with each `//user:password@` taken out.
std::string without_credentials(const std::string& text);

}  // namespace larder::image
