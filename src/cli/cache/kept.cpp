#include "cli/cache/kept.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "cli/cache/text.hpp"
#include "cli/json.hpp"
#include "cli/output.hpp"

namespace larder::cli {
namespace {

using engine::KeptVolume;
using nlohmann::json;

json to_json(const KeptVolume& volume) {
  return {{"name", volume.name},
          {"target", volume.label("larder.target")},
          {"class", volume.label("larder.class")},
          {"project", volume.label("larder.project")},
          {"size_bytes", volume.bytes ? json(*volume.bytes) : json()},
          {"state", volume.in_use ? "in use" : "populated"},
          {"last_used_at", time_to_json(volume.last_used_seconds)}};
}

}  // namespace

std::vector<KeptByEngine> find_kept(const std::string& store_path) {
  engine::KeptFindings found = engine::find_kept(store_path);
  for (const engine::SilentEngine& silent : found.silent)
    say(fmt::format("note: what {} keeps itself is not shown: {}", silent.name, silent.error.message));
  return std::move(found.kept);
}

std::string format_kept(const std::vector<KeptByEngine>& kept, int64_t now_seconds) {
  std::string text;
  for (const KeptByEngine& one : kept) {
    Rows rows = {{"NAME", "TARGET", "CLASS", "SIZE", "LAST USED", "STATE"}};
    for (const KeptVolume& volume : one.volumes)
      rows.push_back({volume.name, volume.label("larder.target"), volume.label("larder.class"),
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

KeptSelection select_kept(std::vector<KeptByEngine> kept, const store::CleanRequest& request,
                          const std::vector<std::string>& store_names) {
  KeptSelection selection{engine::filter_kept(std::move(kept),
                                              [&](const KeptVolume& volume) {
                                                const bool own = request.project && volume.label("larder.project") ==
                                                                                        request.project->name;
                                                return own || request.all || contains(request.volumes, volume.name) ||
                                                       contains(request.targets, volume.label("larder.target"));
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

}  // namespace larder::cli
