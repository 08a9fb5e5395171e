#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace larder::config {

/// The image of builds that name none.
inline constexpr const char* default_image = "debian:bookworm";

enum class EngineKind { native, docker, podman };

/// What an engine can do for a build, as plans, `larder doctor`, the command line's options and
/// docs/commands/engines.md have it.
struct EngineTraits {
  EngineKind kind;
  const char* name;           ///< in larder.toml, on the command line and in messages
  bool is_container_engine;   ///< runs each build in a container, by a client program of the engine's name
  bool isolates;              ///< a build sees its image, its project and its volumes, and nothing else of the machine
  bool always_transactional;  ///< a build's changes to volumes can be thrown away; false: where it can mount the store
  bool has_network_phases;    ///< a fetch has the network and a build has none
  bool runs_foreign_images;   ///< for other processors, emulated
  bool runs_host;             ///< builds on the machine's own root
  bool limits_resources;      ///< obeys `cpus` and `memory`
  bool inherits_descriptors;  ///< a build's command has what larder opened for it; false: it gets a named pipe
};

/// All engines, in the order in which `auto` tries those that can run the image.
inline constexpr std::array engines = {EngineTraits{.kind = EngineKind::native,
                                                    .name = "native",
                                                    .is_container_engine = false,
                                                    .isolates = true,
                                                    .always_transactional = true,
                                                    .has_network_phases = true,
                                                    .runs_foreign_images = false,
                                                    .runs_host = true,
                                                    .limits_resources = false,
                                                    .inherits_descriptors = true},
                                       EngineTraits{.kind = EngineKind::docker,
                                                    .name = "docker",
                                                    .is_container_engine = true,
                                                    .isolates = true,
                                                    .always_transactional = false,
                                                    .has_network_phases = true,
                                                    .runs_foreign_images = true,
                                                    .runs_host = false,
                                                    .limits_resources = true,
                                                    .inherits_descriptors = false},
                                       EngineTraits{.kind = EngineKind::podman,
                                                    .name = "podman",
                                                    .is_container_engine = true,
                                                    .isolates = true,
                                                    .always_transactional = false,
                                                    .has_network_phases = true,
                                                    .runs_foreign_images = true,
                                                    .runs_host = false,
                                                    .limits_resources = true,
                                                    .inherits_descriptors = false}};

/// What larder.toml calls the choice that is Larder's.
inline constexpr const char* auto_engine = "auto";

const EngineTraits& traits_of(EngineKind kind);

/// The engine of that name; nullptr where there is none.
const EngineTraits* find_engine(std::string_view name);

/// `auto` and the names of all engines: what `engine` may be.
std::vector<std::string> engine_choices();

}  // namespace larder::config
