#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/container/client.hpp"
#include "engine/engine.hpp"

namespace larder::engine {

using Labels = std::map<std::string, std::string>;

/// A volume as the engine's `local` driver makes it: it calls mount(2) with type, device and options when a container
/// starts, and umount(2) when it has ended.
struct EngineVolume {
  std::string name;
  std::string path;  ///< in the container
  std::string type;  ///< empty: a folder of the engine's own
  std::string device;
  std::string options;
  bool read_only = false;
  Labels labels;
};

/// The labels of all that belongs to this run: larder.store, larder.store-key, larder.transaction, larder.project,
/// larder.target.
Labels labels_of(const Spec& spec);

/// Whether none of its characters has another meaning in mount options.
bool fits_into_mount_options(const std::string& path);

/// The volume over the store's layers that changes nothing but its upper. ErrorCode::usage where a path has a character
/// that mount options give another meaning, or the options are longer than the page that mount(2) reads.
Result<EngineVolume> transactional_volume(const Spec& spec, const VolumeMount& mount);

/// The volume that the engine keeps itself. Its labels name no transaction.
EngineVolume plain_volume(const Spec& spec, const VolumeMount& mount);

/// Arguments of the client: `volume create …`.
std::vector<std::string> create_arguments(const EngineVolume& volume);

/// The value of --mount that shows the volume in a container. docker makes the volume by it; podman takes the one that
/// is there.
std::string volume_mount(Dialect dialect, const EngineVolume& volume);

/// One field of a --mount, quoted where it must be: clients read the value as a line of CSV (RFC 4180).
std::string mount_field(const std::string& text);

/// What an engine has under a name.
struct KnownVolume {
  std::string name;
  Labels labels;

  bool is_ours() const { return labels.count("larder.store") > 0; }
  bool is_plain() const { return is_ours() && transaction().empty(); }
  /// The transaction of the run that has made the volume; empty for others' volumes and for plain ones.
  std::string transaction() const {
    const auto label = labels.find("larder.transaction");
    return label == labels.end() ? "" : label->second;
  }
};

/// Those of the engine's volumes whose names begin with one of `names`.
Result<std::vector<KnownVolume>> list_volumes(const Client& client, const std::vector<std::string>& names);

const KnownVolume* find_volume(const std::vector<KnownVolume>& known, const std::string& name);

/// The error for a name that somebody else's volume has: one without Larder's labels.
Error foreign_volume(const Client& client, const std::string& name);

/// Parses what the client lists, volumes or containers: docker a JSON object a line, podman one list.
Result<std::vector<KnownVolume>> parse_listing(const std::string& text);

}  // namespace larder::engine
