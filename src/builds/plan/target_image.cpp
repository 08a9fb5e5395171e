#include "builds/plan/target_image.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/subprocess.hpp"
#include "base/text.hpp"
#include "builds/plan/engine_choice.hpp"
#include "builds/plan/rust.hpp"
#include "builds/plan/target_plan.hpp"
#include "image/host.hpp"

namespace larder::builds {
namespace {

/// On this machine rustup's own settings count, too, where nothing is asked of Larder.
image::RustChoice host_rust(const Plan& plan) {
  const bool has_variable = plan.rust_pin && plan.rust_pin->said_by == "RUSTUP_TOOLCHAIN";
  if (plan.rust_is_asked || has_variable) return {false, plan.rust_pin};
  return {plan.project.rust == "debian", {}};
}

/// The image that the project or the caller names for the target.
Result<image::Reference> reference_for(const Plan& plan, const config::Target& target) {
  const auto own = plan.project.of_target.find(target.name);
  const bool has_own = own != plan.project.of_target.end() && !own->second.image.empty();
  return image::parse_reference(has_own ? own->second.image : plan.project.image, plan.workspace.settings);
}

const config::ProjectTarget& said_of(const Plan& plan, const config::Target& target) {
  static const config::ProjectTarget nothing;
  const auto own = plan.project.of_target.find(target.name);
  return own == plan.project.of_target.end() ? nothing : own->second;
}

/// Keys of the target's that mean nothing to it, or not on its image.
Status check_compilers(const Plan& plan, const config::Target& target, const image::Reference& reference,
                       bool can_be_zig) {
  const config::ProjectTarget& said = said_of(plan, target);
  const std::string leave_out = fmt::format("out of [target.{}] in larder.toml", target.name);
  if (!said.glibc.empty() && target.libc != "glibc")
    return fail(ErrorCode::usage, fmt::format("`glibc` means nothing to {}", target.name),
                fmt::format("its C library is {}", target.libc), "take it " + leave_out);
  if (said.toolchain != "zig" || can_be_zig) return {};
  return fail(ErrorCode::usage, fmt::format("zig's compilers cannot be had for {}", target.name),
              config::zig_target(target).empty()
                  ? "Larder has them for Linux on x86_64 and aarch64"
                  : fmt::format("they are for Larder's own images, and this target is built on {}",
                                plan.project.image.empty() ? reference.text : plan.project.image),
              "take `toolchain` " + leave_out);
}

/// The target with the compilers that the project says, else Debian's. Zig's where Debian has none of C++ and the
/// project needs one, and where the project asks for a glibc.
Result<config::Target> with_compilers(const Plan& plan, const config::Target& listed) {
  const config::ProjectTarget& said = said_of(plan, listed);
  TRY_ASSIGN(const auto reference, reference_for(plan, listed));
  config::Target target = listed;
  target.glibc = said.glibc;
  const bool is_debian = reference.source == image::Source::debian && !plan.engine.has_own_image();
  const bool can_be_zig = is_debian && !config::zig_target(target).empty();
  TRY(check_compilers(plan, target, reference, can_be_zig));
  const config::Target named = config::with_own_tools(target, plan.project);
  const bool needs_cxx = named.cxx.empty() && !plan.cxx.empty();
  const bool is_left_to_us = said.toolchain.empty() && can_be_zig && (needs_cxx || !said.glibc.empty());
  if (said.toolchain == "zig" || is_left_to_us) return config::with_own_tools(config::with_zig(target), plan.project);
  target = named;
  if (said.toolchain == "image") target.toolchain = config::Toolchain::image;
  return target;
}

Result<image::Chain> chain_on(const Plan& plan, const image::Reference& reference, const config::Target& target) {
  return image::chain_for(reference, plan.recipe, target, plan.machine, placeholders_for(plan, target), plan.project,
                          plan.rust_pin);
}

Result<image::Image> image_of_host(const Plan& plan, const config::Target& target) {
  return image::host_image(plan.recipe, target, plan.machine, placeholders_for(plan, target), plan.workspace.start,
                           host_rust(plan));
}

/// How the target's image is had: from this machine or its container engine, else by the chain that makes it.
Result<image::Image> choose_image(const Plan& plan, TargetPlan& planned) {
  if (plan.engine.has_own_image()) {
    TRY(refuse_rust(plan, plan.project.image));
    return container_image(plan.project.image, plan.engine);
  }
  TRY_ASSIGN(const auto reference, reference_for(plan, planned.target));
  if (reference.source == image::Source::host && plan.engine.gets_images)
    return fail(ErrorCode::usage,
                fmt::format("the engine {} cannot build for {} on `host`", plan.engine.name(), planned.target.name),
                "this machine's own root is the native engine's",
                fmt::format("leave `image` out of [target.{}] in larder.toml", planned.target.name));
  if (reference.source == image::Source::host) return image_of_host(plan, planned.target);
  if (reference.source != image::Source::debian) TRY(refuse_rust(plan, reference.text));
  TRY_ASSIGN(planned.chain, chain_on(plan, reference, planned.target));
  return unmade_image(*planned.chain);
}

/// How an image that has the package is made.
Result<image::Chain> chain_with(const Plan& plan, const std::string& package) {
  TRY_ASSIGN(const auto reference, image::parse_reference(image::default_image, plan.workspace.settings));
  return image::Chain{reference, {{image::StepKind::base, {reference.text}}, {image::StepKind::packages, {package}}}};
}

/// For tests: the machine's own emulator where it has one, so that nothing needs to be fetched; it is static, and runs
/// in any image.
Status choose_test_emulator(const Plan& plan, TargetPlan& planned) {
  const config::Target& target = planned.target;
  if (target.runs_on(plan.machine)) return {};
  const std::string package = target.package("emulator", plan.machine);
  if (target.emulator.empty() || package.empty())
    return fail(ErrorCode::environment, fmt::format("nothing here runs the programs of {}", target.name),
                "the target has no emulator", "give it one in targets.toml: emulator and packages.emulator");
  planned.emulator = split(target.emulator, ' ').front();
  if (!find_in_path(planned.emulator).empty()) return {};
  TRY_ASSIGN(planned.emulator_chain, chain_with(plan, package));
  return {};
}

void show_own_emulator(const Plan& plan, TargetPlan& planned) {
  const std::string emulator = planned.target.emulator.substr(0, planned.target.emulator.find(' '));
  if (!planned.target.runs_on(plan.machine) && !find_in_path(emulator).empty()) planned.emulator = emulator;
}

/// For builds that run what they have made: the machine's own emulator, else one in an image, where the target's own
/// image is such a one, too. Without one such a build may still do without.
Status choose_build_emulator(const Plan& plan, TargetPlan& planned) {
  show_own_emulator(plan, planned);
  const config::Target& target = planned.target;
  const std::string package = target.package("emulator", plan.machine);
  if (!planned.emulator.empty() || target.runs_on(plan.machine) || !planned.chain || plan.offline) return {};
  if (plan.engine.traits().is_container_engine) return {};  // a remote daemon would not see it
  if (target.emulator.empty() || package.empty()) return {};
  planned.emulator = split(target.emulator, ' ').front();
  TRY_ASSIGN(planned.emulator_chain, chain_with(plan, package));
  return {};
}

}  // namespace

Result<TargetPlan> plan_target(const Plan& plan, const config::Target& target) {
  TargetPlan planned;
  TRY_ASSIGN(planned.target, with_compilers(plan, target));
  if (plan.test) TRY(choose_test_emulator(plan, planned));
  if (plan.shows_emulator) show_own_emulator(plan, planned);
  TRY_ASSIGN(image::Image image, choose_image(plan, planned));
  if (plan.recipe.build_emulator && !plan.test) TRY(choose_build_emulator(plan, planned));
  return on_image(plan, planned, std::move(image));
}

std::vector<image::Chain> find_own_chains(const Plan& plan, const config::TargetTable& table,
                                          const std::vector<std::string>& defaults) {
  std::vector<image::Chain> chains;
  const auto add = [&](const config::Target& table_target) {
    const auto reference = reference_for(plan, table_target);
    const auto target = with_compilers(plan, table_target);
    if (!reference || !target || reference->source == image::Source::host) return;
    if (auto chain = chain_on(plan, *reference, *target)) chains.push_back(std::move(*chain));
    const std::string package = target->package("emulator", plan.machine);
    if (package.empty() || target->runs_on(plan.machine)) return;
    if (auto chain = chain_with(plan, package)) chains.push_back(std::move(*chain));
  };
  for (const config::Target& target : table.all()) {
    const bool is_built = std::any_of(plan.targets.begin(), plan.targets.end(),
                                      [&](const TargetPlan& planned) { return planned.target.name == target.name; });
    const bool is_usual = plan.project.targets.empty() && (target.in_all || contains(defaults, target.name));
    if (is_built || is_usual || contains(plan.project.targets, target.name)) add(target);
  }
  return chains;
}

bool builds_on_host(const Plan& plan) {
  if (!plan.engine.traits().runs_host) return false;
  return std::all_of(plan.targets.begin(), plan.targets.end(), [&](const TargetPlan& planned) {
    if (!planned.chain) return true;
    const auto own = plan.project.of_target.find(planned.target.name);
    const bool adds =
        !plan.project.packages.empty() || !plan.project.prepare.empty() ||
        (own != plan.project.of_target.end() && (!own->second.packages.empty() || !own->second.prepare.empty()));
    return planned.chain->reference.source == image::Source::debian && !adds &&
           image_of_host(plan, planned.target).has_value();
  });
}

}  // namespace larder::builds
