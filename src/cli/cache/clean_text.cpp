#include "cli/cache/clean_text.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "cli/cache/text.hpp"
#include "cli/cache/volume.hpp"
#include "cli/json.hpp"

namespace larder::cli {

Status check_names(const std::vector<std::string>& asked, const std::vector<store::CleanCandidate>& candidates) {
  std::vector<std::string> names;
  for (const store::CleanCandidate& candidate : candidates) names.push_back(candidate.key.name());
  return check_known("volume", asked, names);
}

Result<std::string> format_cleaning(const store::Store& store, const store::Cleaning& cleaning) {
  std::vector<std::vector<std::string>> rows;
  for (const store::CleanCandidate& candidate : cleaning.selected()) {
    TRY_ASSIGN(const uint64_t bytes, store::disk_bytes_of(store, candidate));
    rows.push_back({candidate.key.name(), candidate.target(), candidate.generation ? format_bytes(bytes) : "damaged"});
  }
  return format_table(rows);
}

std::string format_clean(const store::CleanOutcome& outcome) {
  if (outcome.removed.empty()) return "Nothing to remove.\n";
  return fmt::format("Removed {}, freed {}.\n", count_volumes(outcome.removed.size()),
                     format_bytes(outcome.freed_bytes));
}

nlohmann::json clean_to_json(const store::CleanOutcome& outcome) {
  nlohmann::json removed = nlohmann::json::array();
  for (const store::VolumeKey& key : outcome.removed) removed.push_back(key_to_json(key));
  return {{"removed", removed}, {"freed_bytes", outcome.freed_bytes}};
}

}  // namespace larder::cli
