#include "cli/cache/volume_offers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "cli/cache/text.hpp"
#include "cli/cache/volume.hpp"
#include "cli/existing_store.hpp"
#include "store/branch/history.hpp"

namespace larder::cli {
namespace {

std::vector<Candidate> volume_names(const Typed&) {
  Os os;
  const auto store = look_at_store(os);
  const auto keys = store ? store::list_volumes(*store) : Result<std::vector<store::VolumeKey>>({});
  std::vector<Candidate> all;
  if (!keys) return all;
  std::vector<Candidate> variants;
  for (const store::VolumeKey& key : *keys) {
    const auto same = std::count_if(keys->begin(), keys->end(),
                                    [&](const store::VolumeKey& other) { return other.name() == key.name(); });
    if (all.empty() || all.back().word != key.name()) all.push_back({key.name(), {}});
    if (same > 1) variants.push_back({name_with_variant(key), "one of its variants"});
  }
  all.insert(all.end(), variants.begin(), variants.end());
  return all;
}

std::vector<Candidate> generation_ids(const Typed& typed) {
  Os os;
  const auto store = look_at_store(os);
  std::vector<Candidate> all;
  if (!store || typed.words.empty()) return all;
  const auto chosen = choose_volume(*store, typed.words.front());
  const auto history = chosen ? store::history(*store, chosen->key) : Result<store::History>(store::History());
  if (!history) return all;
  for (const store::Generation& state : *history)
    all.push_back({short_id(state.id), fmt::format("{}, {}", to_string(state.outcome), printable(state.build))});
  return all;
}

}  // namespace

Offer offer_volumes() { return {Offer::Kind::words, volume_names}; }
Offer offer_generations() { return {Offer::Kind::words, generation_ids}; }

}  // namespace larder::cli
