#include "cli/cache/kept.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.hpp"
#include "cli/cache/text.hpp"
#include "cli/json.hpp"
#include "cli/output.hpp"

namespace larder::cli {
namespace {

using engine::KeptVolume;
using nlohmann::json;

std::string label(const KeptVolume& volume, const char* name) {
  const auto found = volume.labels.find(name);
  return found == volume.labels.end() ? "" : found->second;
}

std::optional<KeptByEngine> ask_engine(engine::Dialect dialect, const std::string& store_path) {
  auto client = engine::find_client(dialect);
  if (!client) return std::nullopt;
  auto facts = engine::noted_facts(*client, store_path);
  if (!facts || facts->volumes != engine::VolumeKind::plain) return std::nullopt;
  auto volumes = engine::kept_volumes(*client, *facts, store_path);
  if (volumes) return KeptByEngine{std::move(*client), std::move(*facts), std::move(*volumes)};
  say(fmt::format("note: what {} keeps itself is not shown: {}", client->name(), volumes.error().message));
  return std::nullopt;
}

template <typename Keep>
std::vector<KeptByEngine> filter(std::vector<KeptByEngine> kept, const Keep& keep) {
  for (KeptByEngine& one : kept)
    one.volumes.erase(
        std::remove_if(one.volumes.begin(), one.volumes.end(), [&](const KeptVolume& volume) { return !keep(volume); }),
        one.volumes.end());
  kept.erase(std::remove_if(kept.begin(), kept.end(), [](const KeptByEngine& one) { return one.volumes.empty(); }),
             kept.end());
  return kept;
}

json to_json(const KeptVolume& volume) {
  return {{"name", volume.name},
          {"target", label(volume, "larder.target")},
          {"class", label(volume, "larder.class")},
          {"project", label(volume, "larder.project")},
          {"size_bytes", volume.bytes ? json(*volume.bytes) : json()},
          {"state", volume.in_use ? "in use" : "populated"},
          {"last_used_at", time_to_json(volume.last_used_seconds)}};
}

}  // namespace

uint64_t KeptByEngine::bytes() const {
  uint64_t sum = 0;
  for (const KeptVolume& volume : volumes) sum += volume.bytes.value_or(0);
  return sum;
}

std::vector<KeptByEngine> find_kept(const std::string& store_path) {
  std::vector<KeptByEngine> all;
  for (const auto dialect : {engine::Dialect::docker, engine::Dialect::podman}) {
    auto kept = ask_engine(dialect, store_path);
    if (kept && !kept->volumes.empty()) all.push_back(std::move(*kept));
  }
  return all;
}

std::string format_kept(const std::vector<KeptByEngine>& kept, int64_t now_seconds) {
  std::string text;
  for (const KeptByEngine& one : kept) {
    Rows rows = {{"NAME", "TARGET", "CLASS", "SIZE", "LAST USED", "STATE"}};
    for (const KeptVolume& volume : one.volumes)
      rows.push_back({volume.name, label(volume, "larder.target"), label(volume, "larder.class"),
                      volume.bytes ? format_bytes(*volume.bytes) : "?",
                      volume.last_used_seconds == 0 ? "-" : format_age(volume.last_used_seconds, now_seconds),
                      volume.in_use ? "in use" : "populated"});
    align_right(rows, 3);
    text += fmt::format("\n{} keeps itself, {} ({}):\n{}", one.client.name(), format_bytes(one.bytes()),
                        one.facts.scope, format_table(rows));
  }
  return text;
}

json kept_to_json(const std::vector<KeptByEngine>& kept) {
  json list = json::array();
  for (const KeptByEngine& one : kept) {
    list.push_back({{"engine", one.client.name()}, {"endpoint", one.facts.scope}, {"volumes", json::array()}});
    for (const KeptVolume& volume : one.volumes) list.back()["volumes"].push_back(to_json(volume));
  }
  return list;
}

KeptSelection select_kept(std::vector<KeptByEngine> kept, const CleanRequest& request,
                          const std::vector<std::string>& store_names) {
  KeptSelection selection{filter(std::move(kept),
                                 [&](const KeptVolume& volume) {
                                   return request.all || contains(request.volumes, volume.name) ||
                                          contains(request.targets, label(volume, "larder.target"));
                                 }),
                          request, true};
  auto& names = selection.rest.volumes;
  for (const KeptByEngine& one : selection.kept)
    for (const KeptVolume& volume : one.volumes)
      if (!contains(store_names, volume.name))
        names.erase(std::remove(names.begin(), names.end(), volume.name), names.end());
  selection.asks_store = request.volumes.empty() || !names.empty();
  return selection;
}

std::vector<KeptByEngine> unused_since(std::vector<KeptByEngine> kept, int64_t seconds) {
  return filter(std::move(kept), [&](const KeptVolume& volume) {
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
      TRY(engine::remove_kept_volume(one.client, one.facts, store_path, volume.name));
  }
  return {};
}

}  // namespace larder::cli
