#include "cli/cache/volume.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace larder::cli {
namespace {

constexpr size_t variant_letters = 8;

using Variants = std::vector<store::VolumeKey>;

Result<ChosenVolume> choose_newest(const Variants& variants) {
  ChosenVolume chosen{variants.front(), variants.front().name(), {}};
  for (size_t i = 1; i < variants.size(); ++i) chosen.others.push_back(name_with_variant(variants[i]));
  if (!chosen.others.empty()) chosen.name = name_with_variant(chosen.key);
  return chosen;
}

Result<ChosenVolume> choose_variant(const Variants& variants, const std::string& text, const std::string& prefix) {
  Variants meant;
  std::vector<std::string> all;
  for (const store::VolumeKey& key : variants) {
    if (!prefix.empty() && key.variant().starts_with(prefix)) meant.push_back(key);
    all.push_back(name_with_variant(key));
  }
  if (meant.size() == 1) return ChosenVolume{meant.front(), name_with_variant(meant.front()), {}};
  return fail(ErrorCode::usage,
              fmt::format("{} variant '{}'", meant.empty() ? "unknown" : "more than one", printable(text)), {},
              "one of: " + join(all, ", "));
}

}  // namespace

std::string name_with_variant(const store::VolumeKey& key) {
  const size_t mark = key.trust() == store::Trust::untrusted ? key.variant().find('-') + 1 : 0;
  return key.name() + "@" + key.variant().substr(0, mark + variant_letters);
}

Status check_known(const std::string& what, const std::vector<std::string>& asked,
                   const std::vector<std::string>& known) {
  for (const std::string& word : asked) {
    if (contains(known, word)) continue;
    const std::string nearest = nearest_word(word, known);
    return fail(ErrorCode::usage, fmt::format("unknown {} '{}'", what, printable(word)), {},
                nearest.empty() ? "`larder cache list` shows the volumes" : fmt::format("did you mean '{}'?", nearest));
  }
  return {};
}

Result<ChosenVolume> choose_volume(const store::Store& store, const std::string& text,
                                   std::optional<store::Trust> trust) {
  const size_t at = text.find('@');
  const std::string name = text.substr(0, at);
  TRY_ASSIGN(const auto keys, store::list_volumes(store));
  std::vector<std::string> names;
  for (const store::VolumeKey& key : keys) names.push_back(key.name());
  TRY(check_known("volume", {name}, names));
  TRY_ASSIGN(auto variants, store::list_variants(store, name));
  if (at != std::string::npos) return choose_variant(variants, text, text.substr(at + 1));
  if (trust)
    std::stable_partition(variants.begin(), variants.end(),
                          [&](const store::VolumeKey& key) { return key.trust() == *trust; });
  return choose_newest(variants);
}

}  // namespace larder::cli
