#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace larder::config {

class TomlTable;

/// Which of a project's volumes builds take from a registry, and when they send theirs there: `remote`, `pull` and
/// `push` of [cache], and [remote]; of larder.toml, and of the user's config.toml.
struct RemoteSettings {
  std::string repository;                  ///< [cache] remote; empty: none
  std::string pull;                        ///< [cache] pull: a word of `pull_words`; empty: as elsewhere
  std::string push;                        ///< [cache] push: a word of `push_words`; empty: as elsewhere
  std::vector<std::string> public_keys;    ///< [remote] public_keys: whose signatures count
  std::string key;                         ///< [remote] key: the file with the private key; of config.toml alone
  std::optional<int64_t> max_age_seconds;  ///< [remote] max_age; of config.toml alone

  bool operator==(const RemoteSettings&) const = default;
};

/// The words for `pull`: a build pulls what the store has not, also what is newer there, or nothing.
const std::vector<std::string>& pull_words();
/// The words for `push`: a good build pushes, one on the default branch, or none.
const std::vector<std::string>& push_words();

/// Reads [remote] of larder.toml.
void read_remote_of_project(TomlTable table, RemoteSettings& settings);

/// Reads [remote] of config.toml.
void read_remote_of_user(TomlTable table, RemoteSettings& settings);

/// Adds a mistake where one of [cache]'s keys for a registry says what cannot be.
void check_remote(const TomlTable& table, const RemoteSettings& settings);

}  // namespace larder::config
