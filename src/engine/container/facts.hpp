#pragma once

#include <optional>
#include <string>

#include "base/os.hpp"
#include "engine/container/client.hpp"

namespace larder::engine {

enum class VolumeKind {
  transactional,  ///< an overlay over the store's layers
  plain           ///< a folder of the engine's own
};

/// What is known of an engine as it is now; found out once and kept in the store until the client or the daemon's
/// socket is another.
struct Facts {
  std::string endpoint;  ///< "unix:///var/run/docker.sock"; empty for podman without a daemon
  std::string scope;     ///< within which names of volumes and containers must differ
  std::string version;   ///< of the engine
  bool rootless = false;
  bool remaps_users = false;      ///< docker's userns-remap
  bool has_bridge = true;         ///< a network `bridge`
  bool passes_streams = false;    ///< podman: can give a container the client's own standard streams
  bool limits_processes = false;  ///< docker: can limit a container's number of processes; podman does so by itself
  std::string init;               ///< podman: the program that becomes a container's first process; docker has its own
  VolumeKind volumes = VolumeKind::transactional;
  std::string why_plain;
};

/// Asks the engine; a few hundred milliseconds. Whether it can mount what lies in the store is tried with `image`,
/// whose programs are not run; with an empty `image` it is only guessed from the endpoint.
Result<Facts> find_facts(const Client& client, const std::string& store_path, const std::string& image);

/// The engine's facts from the store's note, else from `find_facts`, which are then noted.
Result<Facts> known_facts(const Client& client, const std::string& store_path, const std::string& image);

/// The engine's facts from the store's note alone; no value where the engine would have to be asked.
std::optional<Facts> noted_facts(const Client& client, const std::string& store_path);

/// A word that changes with the file: its path, inode, size and time of change.
std::string file_stamp(const std::string& path);

/// Removes the store's note, after a failure that other facts may explain.
void forget_facts(const Client& client, const std::string& store_path);

/// Pure: what `info --format json` says.
Result<Facts> parse_info(Dialect dialect, const std::string& text);

/// Whether a daemon at this endpoint may see this machine's files.
bool is_local(const std::string& endpoint);

}  // namespace larder::engine
