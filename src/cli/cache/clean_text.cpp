#include "cli/cache/clean_text.hpp"

#include "base/text.hpp"
#include "cli/cache/volume.hpp"

namespace larder::cli {

Status check_names(const store::CleanRequest& request, const std::vector<store::CleanCandidate>& candidates,
                   const std::vector<std::string>& known_targets) {
  std::vector<std::string> names;
  std::vector<std::string> targets = known_targets;
  for (const store::CleanCandidate& candidate : candidates) {
    names.push_back(candidate.key.name);
    targets.push_back(candidate.target());
  }
  TRY(check_known("volume", request.volumes, names));
  return check_known("target", request.targets, targets);
}

Result<std::string> format_cleaning(const store::Store& store, const store::Cleaning& cleaning) {
  std::vector<std::vector<std::string>> rows;
  for (const store::CleanCandidate& candidate : cleaning.selected()) {
    TRY_ASSIGN(const uint64_t bytes, store::disk_bytes_of(store, candidate));
    rows.push_back({candidate.key.name, candidate.target(), candidate.generation ? format_bytes(bytes) : "damaged"});
  }
  return format_table(rows);
}

}  // namespace larder::cli
