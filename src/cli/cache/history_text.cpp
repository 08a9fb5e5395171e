#include "cli/cache/history_text.hpp"

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
using store::Change;
using store::FileChange;
using store::Generation;

constexpr size_t id_letters = 8;
constexpr size_t folders_max = 3;

/// "larder build x64 in /src/app, process 4711" without what is the same in every line of a log.
std::string short_build(const std::string& build) {
  std::string text = clean_line(build, {});
  if (text.starts_with("larder ")) text.erase(0, 7);
  return text.substr(0, text.rfind(", process "));
}

std::string made_by(const Generation& generation) {
  if (!generation.build.empty()) return short_build(generation.build);
  return generation.same_content_as.empty() ? "-" : "content of " + short_id(generation.same_content_as);
}

std::string duration(const Generation& generation) {
  return generation.seconds > 0 ? format_seconds(generation.seconds) : "-";
}

/// "+68 cache/ +1 index/"
std::string added_text(const store::LoggedState& logged) {
  std::vector<std::pair<std::string, uint64_t>> folders(logged.added.begin(), logged.added.end());
  std::stable_sort(folders.begin(), folders.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  folders.resize(std::min(folders.size(), folders_max));
  std::vector<std::string> parts;
  for (const auto& [folder, count] : folders) parts.push_back(fmt::format("+{} {}", count, clean_line(folder, {})));
  return join(parts, " ");
}

const char* durability(const store::VolumeState& state) {
  return state.damaged ? "damaged" : state.settled ? "settled" : "not settled yet";
}

json to_json(const store::VolumeState& state) {
  const Generation& generation = state.generation;
  return {{"id", generation.id},
          {"parent", generation.parent},
          {"current", state.current},
          {"settled", state.settled},
          {"damaged", state.damaged},
          {"good", store::is_good(generation)},
          {"outcome", to_string(generation.outcome)},
          {"created_at", time_to_json(generation.created_seconds)},
          {"build", generation.build},
          {"duration_seconds", generation.seconds},
          {"same_content_as", generation.same_content_as}};
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

std::string size_text(const FileChange& change) {
  const std::string before = format_bytes(change.bytes_before);
  const std::string after = format_bytes(change.bytes_after);
  if (change.change == Change::removed) return before;
  return change.change == Change::added || before == after ? after : before + " to " + after;
}

const char* sign(Change change) {
  switch (change) {
    case Change::added:
      return "+";
    case Change::removed:
      return "-";
    case Change::changed:
      return "~";
  }
  INVARIANT(false);
  return "";
}

struct Totals {
  size_t added = 0;
  size_t changed = 0;
  size_t removed = 0;
  uint64_t bytes_before = 0;
  uint64_t bytes_after = 0;

  explicit Totals(const std::vector<FileChange>& changes) {
    for (const FileChange& change : changes) {
      ++(change.change == Change::added ? added : change.change == Change::changed ? changed : removed);
      bytes_before += change.bytes_before;
      bytes_after += change.bytes_after;
    }
  }

  std::string text() const {
    const bool less = bytes_after < bytes_before;
    return fmt::format("{} added, {} changed, {} removed, {}{}", added, changed, removed, less ? "-" : "+",
                       format_bytes(less ? bytes_before - bytes_after : bytes_after - bytes_before));
  }
};

}  // namespace

std::string short_id(const std::string& id) { return id.substr(0, id_letters); }

std::string format_log(const std::vector<store::LoggedState>& states, int64_t now_seconds) {
  Rows rows = {{"  GENERATION", "AGE", "OUTCOME", "BUILD", "TIME", "CHANGE", "ADDED"}};
  for (const store::LoggedState& logged : states) {
    const Generation& generation = logged.state.generation;
    rows.push_back({(logged.state.current ? "* " : "  ") + short_id(generation.id),
                    format_age(generation.created_seconds, now_seconds), to_string(generation.outcome),
                    made_by(generation), duration(generation),
                    logged.state.damaged ? "damaged" : format_bytes(logged.change_bytes), added_text(logged)});
  }
  align_right(rows, 4);
  align_right(rows, 5);
  return format_table(rows);
}

json log_to_json(const std::vector<store::LoggedState>& states) {
  json list = json::array();
  for (const store::LoggedState& logged : states) {
    json state = to_json(logged.state);
    state["change_bytes"] = logged.change_bytes;
    state["added_files"] = logged.added;
    list.push_back(std::move(state));
  }
  return list;
}

std::string format_state(const store::StateDetails& details, int64_t now_seconds) {
  const Generation& generation = details.state.generation;
  const store::VolumeSpec& spec = generation.spec;
  Rows rows = {
      {"volume", spec.key.name + "@" + spec.key.variant},
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
  json state = to_json(details.state);
  state.update(spec_to_json(generation.spec, "volume"));
  state.update({{"rebuild_seconds", generation.rebuild_seconds},
                {"last_success", generation.last_success},
                {"layers", layers},
                {"files", details.files},
                {"size_bytes", details.bytes}});
  return state;
}

std::string format_diff(const std::vector<FileChange>& changes) {
  Rows rows;
  for (const FileChange& change : changes)
    rows.push_back({sign(change.change), size_text(change), clean_line(change.path, {})});
  align_right(rows, 1);
  return format_table(rows) + Totals(changes).text() + "\n";
}

json diff_to_json(const std::vector<FileChange>& changes) {
  json files = json::array();
  for (const FileChange& change : changes)
    files.push_back({{"path", change.path},
                     {"change", to_string(change.change)},
                     {"before_bytes", change.bytes_before},
                     {"after_bytes", change.bytes_after}});
  const Totals totals(changes);
  return {{"files", files},
          {"added", totals.added},
          {"changed", totals.changed},
          {"removed", totals.removed},
          {"before_bytes", totals.bytes_before},
          {"after_bytes", totals.bytes_after}};
}

std::string format_rollback(const std::string& name, const Generation& from, const Generation& to,
                            int64_t now_seconds) {
  const std::string age = format_age(to.created_seconds, now_seconds);
  return fmt::format("{} is what it was {} (generation {}). To take it back: larder cache rollback {} {}\n", name,
                     age == "now" ? "a moment ago" : age, short_id(to.id), name, short_id(from.id));
}

}  // namespace larder::cli
