#include "cli/cache/clean.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "cli/cache/layers.hpp"
#include "cli/cache/volume.hpp"
#include "store/space/collect.hpp"

namespace larder::cli {
namespace {

using Candidates = std::vector<CleanCandidate>;

bool is_empty(const CleanCandidate& candidate) { return candidate.generation && candidate.generation->empty(); }

std::string target_of(const CleanCandidate& candidate) {
  return candidate.generation ? candidate.generation->spec.target : "";
}

std::set<std::string> layers_of(const Candidates& candidates) {
  std::set<std::string> layers;
  for (const CleanCandidate& candidate : candidates)
    if (candidate.generation) layers.insert(candidate.generation->layers.begin(), candidate.generation->layers.end());
  return layers;
}

bool among(const Candidates& candidates, const store::VolumeKey& key) {
  return std::any_of(candidates.begin(), candidates.end(), [&](const CleanCandidate& one) { return one.key == key; });
}

}  // namespace

Result<Candidates> read_candidates(const store::Store& store) {
  TRY_ASSIGN(const auto keys, store::list_volumes(store));
  Candidates candidates;
  for (const store::VolumeKey& key : keys) {
    auto generation = store::current_generation(store, key);
    if (!generation && generation.error().code != ErrorCode::damage) return fail(generation.error());
    candidates.push_back({key, generation ? std::move(*generation) : std::nullopt});
  }
  return candidates;
}

Result<Candidates> select_candidates(const Candidates& candidates, const CleanRequest& request,
                                     const std::vector<std::string>& known_targets) {
  std::vector<std::string> names;
  std::vector<std::string> targets = known_targets;
  for (const CleanCandidate& candidate : candidates) {
    names.push_back(candidate.key.name);
    targets.push_back(target_of(candidate));
  }
  TRY(check_known("volume", request.volumes, names));
  TRY(check_known("target", request.targets, targets));
  Candidates selected;
  for (const CleanCandidate& candidate : candidates) {
    const bool image = candidate.generation && candidate.generation->spec.volume_class == store::VolumeClass::image;
    const bool meant = (request.all && !image) || contains(request.volumes, candidate.key.name) ||
                       contains(request.targets, target_of(candidate));
    if (meant && !is_empty(candidate)) selected.push_back(candidate);
  }
  return selected;
}

Result<Cleaning> Cleaning::prepare(const store::Store& store, const Candidates& candidates, Candidates selected) {
  Candidates kept;
  for (const CleanCandidate& candidate : candidates)
    if (!among(selected, candidate.key)) kept.push_back(candidate);
  std::set<std::string> doomed = layers_of(selected);
  for (const std::string& layer : layers_of(kept)) doomed.erase(layer);
  Cleaning cleaning(store, std::move(selected));
  TRY_ASSIGN(const LayerSize size, measure_layers(store, doomed));
  cleaning.layers_.assign(doomed.begin(), doomed.end());
  cleaning.about_bytes_ = size.own_bytes;
  return cleaning;
}

Result<std::string> Cleaning::describe() const {
  std::vector<std::vector<std::string>> rows;
  for (const CleanCandidate& candidate : selected_) {
    TRY_ASSIGN(const LayerSize size, measure_layers(*store_, layers_of({candidate})));
    rows.push_back(
        {candidate.key.name, target_of(candidate), candidate.generation ? format_bytes(size.disk_bytes) : "damaged"});
  }
  return format_table(rows);
}

Result<bool> Cleaning::is_gone() const {
  for (const std::string& layer : layers_) {
    TRY_ASSIGN(const auto status, store_->os().stat(store_->dir(), "layers/" + layer));
    if (status) return false;
  }
  return true;
}

Result<CleanOutcome> Cleaning::run() const {
  CleanOutcome outcome;
  for (const CleanCandidate& candidate : selected_) outcome.removed.push_back(candidate.key);
  TRY(store::clean(*store_, outcome.removed));
  TRY_ASSIGN(outcome.freed_bytes, store::collect(*store_));
  // A build's upkeep in the background may have collected first: the space is free all the same.
  TRY_ASSIGN(const bool gone, is_gone());
  if (gone) outcome.freed_bytes = std::max(outcome.freed_bytes, about_bytes_);
  return outcome;
}

}  // namespace larder::cli
