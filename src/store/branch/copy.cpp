#include "store/branch/copy.hpp"

#include <optional>

#include "store/branch/settle.hpp"
#include "store/branch/writer.hpp"
#include "store/layer/merged_tree.hpp"

namespace larder::store {
namespace {

Status require_layers(const Store& store, const Generation& generation) {
  TRY_ASSIGN(const auto missing, missing_layer(store, generation.layers));
  if (!missing) return {};
  return fail(ErrorCode::damage, "generation " + generation.id + " is damaged", "layer " + *missing + " is missing",
              "`larder cache log` shows the others");
}

/// Publishes a copy in one go, under the locks that keep collectors and other commits away.
Result<Generation> publish_content(const Store& store, const VolumeSpec& spec, const Generation& content,
                                   Outcome outcome) {
  TRY_ASSIGN(const FileLock store_lock, store.lock(LockMode::shared));
  TRY_ASSIGN(const FileLock lock, lock_ref(store, spec.key));
  TRY_ASSIGN(const auto current, current_generation(store, spec.key));
  if (outcome == Outcome::forked && current && !current->empty())
    return fail(ErrorCode::usage, "there is a volume " + spec.key.name() + " already", {},
                "choose another name, or `larder cache clean " + spec.key.name() + "` first");
  TRY(require_layers(store, content));
  return append_copy(store, spec, content, outcome, current ? &*current : nullptr);
}

}  // namespace

Result<Generation> append_copy(const Store& store, const VolumeSpec& spec, const Generation& content, Outcome outcome,
                               const Generation* parent) {
  TRY_ASSIGN(Generation next, new_generation(store, spec, outcome));
  take_content(next, content);
  if (outcome == Outcome::forked && next.last_success != next.id) next.last_success.clear();
  continue_from(next, parent);
  TRY(write_generation(store, next));
  TRY(write_ref(store, spec.key, RefName::current, next.id, Durability::none));
  return next;
}

Result<Generation> rollback(const Store& store, const VolumeKey& key, const Generation& to, const std::string& holder) {
  std::optional<FileLock> writer;
  if (to.spec.volume_class != VolumeClass::download) {
    TRY_ASSIGN(writer, claim_writer(store, key, holder));
  }
  TRY_ASSIGN(Generation next, publish_content(store, to.spec, to, Outcome::rolled_back));
  TRY(settle(store, key));
  return next;
}

Result<Generation> fork_volume(const Store& store, const VolumeKey& from, const std::string& name) {
  TRY_ASSIGN(VolumeKey to, VolumeKey::make(name, from.variant(), from.trust()));
  TRY_ASSIGN(const auto content, current_generation(store, from));
  if (!content || content->empty())
    return fail(ErrorCode::usage, "the volume " + from.name() + " is empty", {}, "there is nothing to fork");
  VolumeSpec spec = content->spec;
  spec.key = std::move(to);
  TRY_ASSIGN(Generation next, publish_content(store, spec, *content, Outcome::forked));
  TRY(settle(store, spec.key));
  return next;
}

}  // namespace larder::store
