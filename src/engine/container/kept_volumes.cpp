#include "engine/container/kept_volumes.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace larder::engine {
namespace {

/// Adds what the engine keeps; nothing where the store has not noted that it keeps volumes itself.
void ask_engine(Dialect dialect, const std::string& store_path, KeptFindings& findings) {
  auto client = find_client(dialect);
  if (!client) return;
  auto facts = noted_facts(*client, store_path);
  if (!facts || facts->volumes != VolumeKind::plain) return;
  auto volumes = kept_volumes(*client, *facts, store_path);
  if (!volumes)
    findings.silent.push_back({client->name(), volumes.error()});
  else if (!volumes->empty())
    findings.kept.push_back({std::move(*client), std::move(*facts), std::move(*volumes)});
}

}  // namespace

uint64_t KeptByEngine::bytes() const {
  uint64_t sum = 0;
  for (const KeptVolume& volume : volumes) sum += volume.bytes.value_or(0);
  return sum;
}

KeptFindings find_kept(const std::string& store_path) {
  KeptFindings findings;
  for (const config::EngineTraits& engine : config::engines)
    if (const auto dialect = dialect_of(engine.kind)) ask_engine(*dialect, store_path, findings);
  return findings;
}

std::vector<KeptByEngine> filter_kept(std::vector<KeptByEngine> kept,
                                      const std::function<bool(const KeptVolume&)>& keep) {
  for (KeptByEngine& one : kept)
    one.volumes.erase(
        std::remove_if(one.volumes.begin(), one.volumes.end(), [&](const KeptVolume& volume) { return !keep(volume); }),
        one.volumes.end());
  kept.erase(std::remove_if(kept.begin(), kept.end(), [](const KeptByEngine& one) { return one.volumes.empty(); }),
             kept.end());
  return kept;
}

std::vector<KeptByEngine> unused_since(std::vector<KeptByEngine> kept, int64_t seconds) {
  return filter_kept(std::move(kept), [&](const KeptVolume& volume) {
    return volume.last_used_seconds != 0 && volume.last_used_seconds < seconds && !volume.in_use;
  });
}

size_t count_kept(const std::vector<KeptByEngine>& kept) {
  size_t count = 0;
  for (const KeptByEngine& one : kept) count += one.volumes.size();
  return count;
}

Status remove_kept(const std::vector<KeptByEngine>& kept, const std::string& store_path) {
  for (const KeptByEngine& one : kept) {
    for (const KeptVolume& volume : one.volumes)
      if (volume.in_use)
        return fail(ErrorCode::environment, fmt::format("the volume {} is in use", volume.name),
                    fmt::format("a container of {} has it", one.client.name()), "clean it when that has ended");
    for (const KeptVolume& volume : one.volumes)
      TRY(remove_kept_volume(one.client, one.facts, store_path, volume.name));
  }
  return {};
}

}  // namespace larder::engine
