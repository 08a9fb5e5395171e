#include "cli/cache/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/json.hpp"

namespace larder::cli {
namespace {

constexpr size_t id_letters = 8;

}  // namespace

void align_right(Rows& rows, size_t column) {
  size_t width = 0;
  for (const auto& row : rows) width = std::max(width, row[column].size());
  for (auto& row : rows) row[column].insert(0, width - row[column].size(), ' ');
}

std::string count_volumes(size_t count) { return fmt::format("{} volume{}", count, count == 1 ? "" : "s"); }

std::string short_id(const std::string& id) { return id.substr(0, id_letters); }

nlohmann::json generation_to_json(const store::VolumeState& state) {
  const store::Generation& generation = state.generation;
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

}  // namespace larder::cli
