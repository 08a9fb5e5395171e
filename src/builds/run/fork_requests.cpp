#include "builds/run/fork_requests.hpp"

#include <algorithm>
#include <string_view>

#include "builds/plan/target_plan.hpp"
#include "store/branch/ref.hpp"

namespace larder::builds {
namespace {

/// Whether a volume of this recipe may go on with what one of the other has. Tests go on with what builds have
/// compiled, and never the other way around.
bool may_go_on_with(std::string_view recipe, std::string_view other) {
  if (recipe.ends_with(tests_suffix) && recipe.substr(0, recipe.size() - tests_suffix.size()) == other) return true;
  return recipe == other;
}

/// Trusted builds start from nothing that untrusted ones have left.
bool may_read(store::Trust trust, store::Trust other) { return trust == other || other == store::Trust::trusted; }

}  // namespace

std::vector<store::ForkRequest> input_requests(const Plan& plan, const TargetPlan& target, store::Access access) {
  std::vector<store::ForkRequest> requests;
  for (const auto& volume : {target.image.volume, target.emulator_volume})
    if (volume) requests.push_back({*volume, store::Access::read});
  for (size_t i = 0; i < target.downloads.size(); ++i) {
    const bool fetched = i < plan.recipe.downloads.size();  // builds write to the others, and each to its own alone
    store::ForkRequest request{target.downloads[i], fetched ? access : store::Access::write};
    for (const store::VolumeKey& key : plan.siblings[i])
      if (key != request.spec.key) request.siblings.push_back(key);
    if (fetched && access == store::Access::write)
      for (const TargetPlan& other : plan.targets)
        if (other.target.name != target.target.name) request.also.push_back(other.downloads[i]);
    requests.push_back(std::move(request));
  }
  return requests;
}

Result<store::ForkRequest> compiled_request(const store::Store& store, const Plan& plan, const TargetPlan& target) {
  constexpr size_t other_images_max = 4;  // to compare an image takes time
  store::ForkRequest request{target.compiled, store::Access::write, {}, {}, plan.recipe.rewritten};
  std::vector<store::Generation> of_other_images;
  bool is_new = true;
  TRY_ASSIGN(const auto keys, store::list_volumes(store));
  for (const store::VolumeKey& key : keys) {
    if (key == target.compiled.key) is_new = false;
    if (key == target.compiled.key || key.name() != target.compiled.key.name() ||
        !may_read(target.compiled.key.trust(), key.trust()))
      continue;
    const auto other = store::current_generation(store, key);
    if (!other && other.error().code != ErrorCode::damage) return fail(other.error());
    if (!other || !*other || !may_go_on_with(target.compiled.recipe, (*other)->spec.recipe)) continue;
    if ((*other)->spec.image == target.compiled.image)
      request.siblings.push_back(key);
    else
      of_other_images.push_back(**other);
  }
  if (!is_new || !request.siblings.empty()) return request;
  std::stable_sort(of_other_images.begin(), of_other_images.end(),
                   [](const auto& a, const auto& b) { return a.created_seconds > b.created_seconds; });
  of_other_images.resize(std::min(of_other_images.size(), other_images_max));
  for (const store::Generation& other : of_other_images) request.siblings.push_back(other.spec.key);
  return request;
}

}  // namespace larder::builds
