#include "cli/cache/show_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/cache/text.hpp"
#include "cli/json.hpp"
#include "cli/view/view_text.hpp"

namespace larder::cli {
namespace {

using nlohmann::json;
using store::Generation;

const char* durability(const store::VolumeState& state) {
  return state.damaged ? "damaged" : state.settled ? "settled" : "not settled yet";
}

std::string count_files(uint64_t count) { return fmt::format("{} file{}", count, count == 1 ? "" : "s"); }

std::string format_layers(const std::vector<store::LayerDetails>& layers) {
  if (layers.empty()) return {};
  Rows rows = {{"LAYER", "FILES", "SIZE", "STATE"}};
  for (const store::LayerDetails& layer : layers)
    rows.push_back({layer.id, layer.damaged ? "-" : std::to_string(layer.files),
                    layer.damaged ? "-" : format_bytes(layer.bytes),
                    layer.damaged   ? "damaged"
                    : layer.settled ? "settled"
                                    : "not settled yet"});
  align_right(rows, 1);
  align_right(rows, 2);
  return "\n" + format_table(rows);
}

}  // namespace

std::string format_state(const store::StateDetails& details, int64_t now_seconds) {
  const Generation& generation = details.state.generation;
  const store::VolumeSpec& spec = generation.spec;
  Rows rows = {
      {"volume", spec.key.name() + "@" + spec.key.variant()},
      {"generation", generation.id + (details.state.current ? " (current)" : "")},
      {"parent", generation.parent},
      {"content of", generation.same_content_as},
      {"outcome", to_string(generation.outcome)},
      {"made", format_utc(generation.created_seconds) + ", " + format_age(generation.created_seconds, now_seconds)},
      {"by", clean_line(generation.build, {})},
      {"took", generation.seconds > 0 ? format_seconds(generation.seconds) : ""},
      {"last good", generation.last_success},
      {"target", spec.target},
      {"path", spec.mount_path},
      {"project", clean_line(spec.project, {})},
      {"workspace", clean_line(spec.workspace, {})},
      {"image", spec.image},
      {"recipe", spec.recipe},
      {"state", durability(details.state)}};
  if (!details.state.damaged)
    rows.push_back({"content", count_files(details.files) + ", " + format_bytes(details.bytes)});
  rows.erase(std::remove_if(rows.begin(), rows.end(), [](const auto& row) { return row[1].empty(); }), rows.end());
  return format_table(rows) + format_layers(details.layers);
}

json state_to_json(const store::StateDetails& details) {
  const Generation& generation = details.state.generation;
  json layers = json::array();
  for (const store::LayerDetails& layer : details.layers)
    layers.push_back({{"id", layer.id},
                      {"files", layer.files},
                      {"size_bytes", layer.bytes},
                      {"settled", layer.settled},
                      {"damaged", layer.damaged}});
  json state = generation_to_json(details.state);
  state.update(spec_to_json(generation.spec, "volume"));
  state.update({{"rebuild_seconds", generation.rebuild_seconds},
                {"last_success", generation.last_success},
                {"layers", layers},
                {"files", details.files},
                {"size_bytes", details.bytes}});
  return state;
}

}  // namespace larder::cli
