#pragma once

#include <string>
#include <vector>

namespace larder::builds {

/// A file of the user's in which git keeps passwords, as git-credential-store(1) writes it.
struct GitPasswords {
  std::string url;  ///< for which git asks it; empty: for all
  std::string path;
};

/// The files that the user's `credential.helper = store` names. Other helpers are programs, and run nowhere here.
std::vector<GitPasswords> git_passwords();

/// The same from what `git config --null --get-regexp` prints, of a user with this home; also of files that are not
/// there.
std::vector<GitPasswords> passwords_in(const std::string& listed, const std::string& home);

/// The text for git's settings by which it asks the file at `path` and never writes to it.
std::string asking(const GitPasswords& passwords, const std::string& path);

}  // namespace larder::builds
