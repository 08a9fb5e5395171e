#include "builds/run/open_engine.hpp"

#include <fmt/format.h>

#include <utility>

#include "engine/container/engine.hpp"
#include "engine/native.hpp"

namespace larder::builds {
namespace {

Result<PlainVolumes> find_plain_volumes(const Plan& plan, const engine::Facts& facts) {
  const std::string name = plan.engine.name();
  if (plan.recipe.output.empty())
    return fail(ErrorCode::environment,
                fmt::format("{} cannot build what {} builds in the project's own folder", name, plan.recipe.title),
                facts.why_plain, "use a daemon of this machine, or --engine native");
  PlainVolumes plain;
  plain.scope = facts.scope;
  plain.note = fmt::format("{} ({})", engine::what_plain_volumes_lack(name), facts.why_plain);
  TRY_ASSIGN(plain.ids, engine::plain_volume_ids(*plan.engine.client));
  return plain;
}

}  // namespace

Result<OpenEngine> open_engine(const Plan& plan, const store::Store& store) {
  if (!plan.engine.traits().is_container_engine) return OpenEngine{std::make_unique<engine::NativeEngine>()};
  TRY_ASSIGN(engine::Facts facts,
             engine::known_facts(*plan.engine.client, store.path(), plan.targets.front().image.engine_id));
  OpenEngine opened;
  if (facts.volumes == engine::VolumeKind::plain) {
    TRY_ASSIGN(opened.plain, find_plain_volumes(plan, facts));
  }
  opened.engine = std::make_unique<engine::ContainerEngine>(*plan.engine.client, std::move(facts), store.path());
  return opened;
}

}  // namespace larder::builds
