#include "engine/container/plain_volumes.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/durable_file.hpp"
#include "base/os.hpp"
#include "base/random_id.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "engine/container/arguments.hpp"

namespace larder::engine {
namespace {

using nlohmann::json;

constexpr const char* owner_label = "larder.uid";
constexpr const char* id_label = "larder.id";

/// A note that the volume is the caller's; its time says when a build has used it.
std::string usage_note_path(const Facts& facts, const std::string& store_path, const std::string& volume) {
  Sha256 hash;
  hash.field(facts.scope);
  hash.field(volume);
  return fmt::format("{}/engines/volume-{}", store_path, hash.finish().substr(0, 16));
}

/// 0 where there is no note.
int64_t last_used(const std::string& note) {
  struct stat status {};
  return ::stat(note.c_str(), &status) == 0 ? static_cast<int64_t>(status.st_mtim.tv_sec) : 0;
}

Status check_volume(const Client& client, const KnownVolume& there) {
  if (!there.is_ours()) return fail(foreign_volume(client, there.name));
  if (!there.is_plain())
    return fail(ErrorCode::environment, fmt::format("{} has a volume {} of a running build", client.name(), there.name),
                "that build's caches are in a store, and this one's are kept by the engine",
                "build again when that has ended");
  const auto owner = there.labels.find(owner_label);
  if (owner == there.labels.end() || owner->second == std::to_string(::geteuid())) return {};
  return fail(ErrorCode::environment, fmt::format("the volume {} belongs to another user", there.name),
              fmt::format("its files are those of the user id {}", owner->second),
              "builds of one daemon that cannot see the store must be one user's");
}

/// A new volume's folder is root's. A container that runs as root gives it to the caller.
Status give_to_caller(const Client& client, const Spec& spec, const std::vector<EngineVolume>& volumes) {
  const Caller caller = this_caller();
  std::vector<std::string> arguments = {"run", "--rm", "--pull", "never", "--network", "none", "--user", "0:0"};
  std::vector<std::string> command = {"--entrypoint", "", spec.container.image, "chown",
                                      fmt::format("{}:{}", caller.uid, caller.gid)};
  if (!spec.container.platform.empty()) arguments.insert(arguments.end(), {"--platform", spec.container.platform});
  for (size_t i = 0; i < volumes.size(); ++i) {
    EngineVolume shown = volumes[i];
    shown.path = fmt::format("/larder-volume-{}", i);
    shown.read_only = false;
    arguments.insert(arguments.end(), {"--mount", volume_mount(client.dialect, shown)});
    command.push_back(shown.path);
  }
  arguments.insert(arguments.end(), command.begin(), command.end());
  TRY_ASSIGN(const Completed done, run_program(client.command(arguments), answer_seconds_max));
  if (done.exit_code == 0) return {};
  return fail(client_error(client, done, fmt::format("cannot make the volumes of {}", client.name())));
}

Status write_notes(const Facts& facts, const std::string& store_path, const std::vector<EngineVolume>& volumes) {
  Os os;
  TRY(make_dirs(os, AT_FDCWD, store_path + "/engines"));
  for (const EngineVolume& volume : volumes)
    TRY(replace_file(os, AT_FDCWD, usage_note_path(facts, store_path, volume.name), volume.name, Durability::none));
  return {};
}

/// "12.3MB", "0B"; docker says "N/A" where it does not know.
std::optional<uint64_t> parse_size(const json& volume) {
  const auto bytes = volume.contains("Size") && volume["Size"].is_string()
                         ? parse_bytes(volume["Size"].get_ref<const std::string&>())
                         : Result<uint64_t>(fail(ErrorCode::usage, ""));
  return bytes ? std::optional(*bytes) : std::nullopt;
}

}  // namespace

std::string what_plain_volumes_lack(const std::string& engine) {
  return fmt::format(
      "{} keeps the caches itself, as plain volumes: nothing is undone when a build is killed, they have "
      "no history, and targets share nothing",
      engine);
}

Status make_plain_volumes(const Client& client, const Facts& facts, const std::string& store_path, const Spec& spec,
                          const std::vector<EngineVolume>& volumes) {
  std::vector<std::string> names;
  for (const EngineVolume& volume : volumes) names.push_back(volume.name);
  if (names.empty()) return {};
  TRY_ASSIGN(const auto known, list_volumes(client, names));
  std::vector<EngineVolume> fresh;
  for (EngineVolume volume : volumes) {
    const KnownVolume* there = find_volume(known, volume.name);
    if (there != nullptr) TRY(check_volume(client, *there));
    volume.labels[owner_label] = std::to_string(::geteuid());
    volume.labels[id_label] = random_id();
    if (there == nullptr) TRY(ask(client, create_arguments(volume)));
    // Whoever was killed in between has left no note.
    if (there == nullptr || last_used(usage_note_path(facts, store_path, volume.name)) == 0) fresh.push_back(volume);
  }
  const bool is_root_inside = ::geteuid() == 0 || facts.rootless || client.dialect == Dialect::podman;
  if (!fresh.empty() && !is_root_inside) TRY(give_to_caller(client, spec, fresh));
  return write_notes(facts, store_path, volumes);
}

Result<VolumeIds> plain_volume_ids(const Client& client) {
  TRY_ASSIGN(const auto known, list_volumes(client, {}));
  VolumeIds ids;
  for (const KnownVolume& volume : known) {
    const auto id = volume.labels.find(id_label);
    if (volume.is_plain()) ids[volume.name] = id == volume.labels.end() ? "" : id->second;
  }
  return ids;
}

Result<std::vector<KeptVolume>> parse_disk_usage(const std::string& text) {
  const json volumes = json::parse(text, nullptr, false);
  if (!volumes.is_array()) return fail(ErrorCode::environment, "the engine's list of volumes cannot be read");
  std::vector<KeptVolume> kept;
  for (const json& volume : volumes) {
    TRY_ASSIGN(const auto known, parse_listing(volume.dump()));
    if (known.empty() || !known.front().is_plain()) continue;
    const json links = volume.value("Links", json());
    kept.push_back({known.front().name, known.front().labels, parse_size(volume), links != "0" && links != "N/A", 0});
  }
  return kept;
}

std::string KeptVolume::label(const std::string& key) const {
  const auto found = labels.find(key);
  return found == labels.end() ? "" : found->second;
}

Result<std::vector<KeptVolume>> kept_volumes(const Client& client, const Facts& facts, const std::string& store_path) {
  std::vector<KeptVolume> kept;
  if (client.dialect == Dialect::docker) {
    TRY_ASSIGN(const std::string text, ask(client, {"system", "df", "--verbose", "--format", "{{json .Volumes}}"}));
    TRY_ASSIGN(kept, parse_disk_usage(text));
  } else {
    TRY_ASSIGN(const auto known, list_volumes(client, {}));
    for (const KnownVolume& volume : known)
      if (volume.is_plain()) kept.push_back({volume.name, volume.labels, {}, false, 0});
  }
  for (KeptVolume& volume : kept) volume.last_used_seconds = last_used(usage_note_path(facts, store_path, volume.name));
  std::sort(kept.begin(), kept.end(), [](const KeptVolume& a, const KeptVolume& b) { return a.name < b.name; });
  return kept;
}

Status remove_kept_volume(const Client& client, const Facts& facts, const std::string& store_path,
                          const std::string& name) {
  TRY(ask(client, {"volume", "rm", name}));
  (void)::unlink(usage_note_path(facts, store_path, name).c_str());
  return {};
}

}  // namespace larder::engine
