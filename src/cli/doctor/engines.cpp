#include <fmt/format.h>

#include <algorithm>

#include "cli/doctor/checks.hpp"
#include "cli/view/view_text.hpp"
#include "engine/container/plain_volumes.hpp"

namespace larder::cli {
namespace {

Check check_native(const Section& sandbox) {
  const bool tried = std::any_of(sandbox.checks.begin(), sandbox.checks.end(),
                                 [](const Check& check) { return check.name == "sandbox"; });
  if (sandbox.has_failed()) return {Mark::failed, "native", "cannot run: see Sandbox", ""};
  if (tried) return {Mark::good, "native", "works", ""};
  return {Mark::note, "native", "not tried: see Store", ""};
}

Check check_container_engine(const config::EngineTraits& engine, const std::string& store_path) {
  const char* name = engine.name;
  const auto client = engine::find_client(*engine::dialect_of(engine.kind));
  if (!client) return {Mark::note, name, "not installed (not needed)", ""};
  auto facts = engine::find_facts(*client, store_path, "");
  const auto noted = engine::noted_facts(*client, store_path);  // a build has tried what is only guessed here
  if (facts && noted && noted->volumes == engine::VolumeKind::plain) facts = *noted;
  return judge_container_engine(name, facts);
}

}  // namespace

Check judge_container_engine(const std::string& name, const Result<engine::Facts>& facts) {
  if (!facts)
    return {Mark::note, name,
            clean_line(fmt::format("{} (not needed){}", facts.error().message,
                                   facts.error().hint.empty() ? "" : ": " + facts.error().hint),
                       {}),
            ""};
  const std::string who = fmt::format("{}{}", facts->version, facts->rootless ? ", rootless" : "");
  if (facts->volumes == engine::VolumeKind::transactional)
    return {Mark::good, name, who + ": volumes are transactional and shared with the native engine", ""};
  return {Mark::note, name, fmt::format("{}: {}: {}", who, facts->why_plain, engine::what_plain_volumes_lack(name)),
          ""};
}

Section examine_engines(const Section& sandbox, const std::string& store_path) {
  Section section{"Engines", {check_native(sandbox)}};
  for (const config::EngineTraits& engine : config::engines)
    if (engine.is_container_engine) section.checks.push_back(check_container_engine(engine, store_path));
  return section;
}

}  // namespace larder::cli
