#include "config/remote_settings.hpp"

#include <fmt/format.h>

#include "base/ed25519.hpp"
#include "base/text.hpp"
#include "config/toml_reader.hpp"

namespace larder::config {
namespace {

void check_keys(const TomlTable& table, const std::vector<std::string>& keys) {
  for (const std::string& key : keys)
    if (!is_public_key(key))
      table.mistake("public_keys", fmt::format("'{}' is no public key", printable(key)),
                    "\"ed25519:\" and 64 digits, as `larder key new` prints it");
}

/// Without the key the slot is empty.
void check_policy(const TomlTable& table, const char* key, const std::string& word,
                  const std::vector<std::string>& words) {
  if (table.has(key)) check_word(table, key, word, words);
}

}  // namespace

void read_remote_of_project(TomlTable table, RemoteSettings& settings) {
  table.read({{"public_keys", &settings.public_keys}});
  check_keys(table, settings.public_keys);
}

void read_remote_of_user(TomlTable table, RemoteSettings& settings) {
  std::string max_age;
  table.read({{"public_keys", &settings.public_keys}, {"key", &settings.key}, {"max_age", &max_age}});
  check_keys(table, settings.public_keys);
  if (table.has("key") && !settings.key.starts_with('/') && !settings.key.starts_with("~/"))
    table.mistake("key", fmt::format("'key' must be a file's whole path, not '{}'", printable(settings.key)),
                  "the private key itself does not belong there");
  if (!table.has("max_age")) return;
  auto parsed = parse_duration(max_age);
  if (parsed)
    settings.max_age_seconds = *parsed;
  else
    table.mistake("max_age", "'max_age': " + parsed.error().message, parsed.error().hint);
}

const std::vector<std::string>& pull_words() {
  static const std::vector<std::string> words = {"missing", "newer", "never"};
  return words;
}

const std::vector<std::string>& push_words() {
  static const std::vector<std::string> words = {"success", "default-branch", "never"};
  return words;
}

void check_remote(const TomlTable& table, const RemoteSettings& settings) {
  check_policy(table, "pull", settings.pull, pull_words());
  check_policy(table, "push", settings.push, push_words());
  if (!table.has("remote")) return;
  const std::string& repository = settings.repository;
  check_argument(table, "remote", repository);
  if (repository.find('/') == std::string::npos || repository.find("://") != std::string::npos)
    table.mistake("remote", fmt::format("'remote' names no repository of a registry: '{}'", printable(repository)),
                  "such as \"ghcr.io/org/cache\"");
}

}  // namespace larder::config
