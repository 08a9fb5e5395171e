#include "builds/plan/rust.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "image/dpkg.hpp"

namespace larder::builds {
namespace {

/// "1.85.0+dfsg3-1" is 1.85.0.
std::string upstream(const std::string& version) { return version.substr(0, version.find_first_not_of("0123456789.")); }

/// The version of the package that gives the compiler; empty where the image has none.
std::string version_in(const config::Recipe& recipe, const image::Image& image) {
  const auto compiler = std::find_if(recipe.needs.begin(), recipe.needs.end(),
                                     [](const config::Need& need) { return need.program == "rustc"; });
  if (compiler == recipe.needs.end()) return {};
  for (const std::string& word : image.packages) {
    const image::PackageWord package = image::parse_package(word);
    if (package.name == compiler->package || package.name.starts_with(compiler->package + ":"))
      return upstream(package.version);
  }
  return {};
}

}  // namespace

Error rust_not_to_be_had(const image::RustPin& pin, const std::string& has) {
  return {ErrorCode::environment, fmt::format("Larder's own image cannot have Rust {}", printable(pin.name)),
          fmt::format("{} pins it, and Debian's Rust is {}", pin.said_by, has.empty() ? "another" : has),
          "build with rustup's toolchains of this machine (`--image host`), or on an image that has it (`--image "
          "docker.io/library/rust:VERSION`); `[build] rust = \"debian\"` in larder.toml takes Debian's all the same",
          0};
}

std::string note_of_rust(const Plan& plan, const TargetPlan& target) {
  if (!plan.rust_pin || !plan.rust_pin->name.starts_with("stable")) return {};
  const std::string version = version_in(plan.recipe, target.image);
  if (version.empty()) return {};
  return fmt::format("{} asks for Rust {}; Debian's is {}", plan.rust_pin->said_by, printable(plan.rust_pin->name),
                     version);
}

Status check_rust(const Plan& plan, const TargetPlan& target) {
  const bool own = target.chain && target.chain->reference.source == image::Source::debian;
  if (!own || !plan.rust_pin || target.image.packages.empty()) return {};
  const std::string version = version_in(plan.recipe, target.image);
  if (image::is_pinned_version(plan.rust_pin->name, version)) return {};
  return fail(rust_not_to_be_had(*plan.rust_pin, version));
}

}  // namespace larder::builds
