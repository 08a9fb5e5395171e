#include "store/space/cleaning.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "store/space/clean.hpp"
#include "store/space/collect.hpp"
#include "store/space/footprint.hpp"

namespace larder::store {
namespace {

using Candidates = std::vector<CleanCandidate>;

bool is_empty(const CleanCandidate& candidate) { return candidate.generation && candidate.generation->empty(); }

bool is_image(const CleanCandidate& candidate) {
  return candidate.generation && candidate.generation->spec.volume_class == VolumeClass::image;
}

std::set<std::string> layers_of(const Candidates& candidates) {
  std::set<std::string> layers;
  for (const CleanCandidate& candidate : candidates)
    if (candidate.generation) layers.insert(candidate.generation->layers.begin(), candidate.generation->layers.end());
  return layers;
}

bool among(const Candidates& candidates, const VolumeKey& key) {
  return std::any_of(candidates.begin(), candidates.end(), [&](const CleanCandidate& one) { return one.key == key; });
}

}  // namespace

Result<Candidates> read_candidates(const Store& store) {
  TRY_ASSIGN(const auto keys, list_volumes(store));
  Candidates candidates;
  for (const VolumeKey& key : keys) {
    auto generation = current_generation(store, key);
    if (!generation && generation.error().code != ErrorCode::damage) return fail(generation.error());
    candidates.push_back({key, generation ? std::move(*generation) : std::nullopt});
  }
  return candidates;
}

/// A damaged volume's name is all that is known of it.
bool belongs_to(const CleanCandidate& candidate, const OfProject& project) {
  const bool is_compiled = candidate.generation && candidate.generation->spec.volume_class == VolumeClass::compiled;
  if (is_compiled) return candidate.generation->spec.workspace == project.workspace;
  return candidate.key.name().find("-" + project.name + "-") != std::string::npos;
}

Candidates select_candidates(const Candidates& candidates, const CleanRequest& request) {
  Candidates selected;
  for (const CleanCandidate& candidate : candidates) {
    const bool meant = (request.all && !is_image(candidate)) || contains(request.volumes, candidate.key.name()) ||
                       contains(request.targets, candidate.target()) ||
                       (request.project && !is_image(candidate) && belongs_to(candidate, *request.project));
    if (meant && !is_empty(candidate)) selected.push_back(candidate);
  }
  return selected;
}

Result<Cleaning> Cleaning::prepare(const Store& store, const Candidates& candidates, Candidates selected) {
  Candidates kept;
  for (const CleanCandidate& candidate : candidates)
    if (!among(selected, candidate.key)) kept.push_back(candidate);
  std::set<std::string> only_here = layers_of(selected);
  for (const std::string& layer : layers_of(kept)) only_here.erase(layer);
  Cleaning cleaning(store, std::move(selected));
  TRY_ASSIGN(const LayersSize size, measure_layers(store, only_here));
  cleaning.layers_.assign(only_here.begin(), only_here.end());
  cleaning.about_bytes_ = size.own_bytes;
  return cleaning;
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
  TRY(clean(*store_, outcome.removed));
  TRY_ASSIGN(outcome.freed_bytes, collect(*store_));
  // A build's upkeep in the background may have collected first: the space is free all the same.
  TRY_ASSIGN(const bool gone, is_gone());
  if (gone) outcome.freed_bytes = std::max(outcome.freed_bytes, about_bytes_);
  return outcome;
}

Result<uint64_t> disk_bytes_of(const Store& store, const CleanCandidate& candidate) {
  TRY_ASSIGN(const LayersSize size, measure_layers(store, layers_of({candidate})));
  return size.disk_bytes;
}

}  // namespace larder::store
