#include "builds/plan/rust.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "base/environment.hpp"
#include "base/text.hpp"
#include "image/rust_toolchain.hpp"

namespace larder::builds {
namespace {

constexpr const char* rustup_variable = "RUSTUP_TOOLCHAIN";

/// Takes `+1.85` from the front of the arguments; empty: there is none.
std::string take_word(std::vector<std::string>& args) {
  if (args.empty() || args.front().size() < 2 || args.front().front() != '+') return {};
  std::string name = args.front().substr(1);
  args.erase(args.begin());
  return name;
}

/// rustup's variable as the build would have it.
std::string toolchain_variable(const Plan& plan) {
  for (const config::Environment* variables : {&plan.passed, &plan.project.env})
    if (const auto found = variables->find(rustup_variable); found != variables->end()) return found->second;
  return environment(rustup_variable);
}

Result<std::optional<image::RustPin>> pin_of_files(const Workspace& workspace) {
  const std::filesystem::path top = workspace.top;
  for (std::filesystem::path folder = workspace.start;; folder = folder.parent_path()) {
    TRY_ASSIGN(auto pin, image::rust_pin_in(folder.string()));
    if (pin && pin->name.empty()) pin->name = "stable";
    if (pin || folder == top || folder == folder.parent_path()) return pin;
  }
}

}  // namespace

Status choose_rust(Plan& plan) {
  if (!contains(plan.recipe.toolchains, "{rustup}")) return {};
  const std::string of_project = take_word(plan.project.args);
  const std::string of_caller = take_word(plan.tool_args);
  const std::string word = of_caller.empty() ? of_project : of_caller;
  const std::string& key = plan.project.rust;
  plan.rust_is_asked = !word.empty() || (!key.empty() && key != "debian");
  if (!word.empty()) {
    plan.rust_pin = image::RustPin{word, "`+" + printable(word) + "`"};
    return {};
  }
  if (key == "debian") return {};
  const std::string of_variable = key.empty() ? toolchain_variable(plan) : "";
  if (!of_variable.empty()) {
    plan.rust_pin = image::RustPin{of_variable, rustup_variable};
    return {};
  }
  TRY_ASSIGN(plan.rust_pin, pin_of_files(plan.workspace));
  if (key.empty()) return {};
  if (!plan.rust_pin) plan.rust_pin.emplace();
  plan.rust_pin->name = key;
  plan.rust_pin->said_by = "`[build] rust` in larder.toml";
  return {};
}

std::string pinned_rust(const Plan& plan, const image::Image& image) {
  if (!plan.rust_pin || image.toolchain != image::rust_folder) return {};
  return fmt::format("Rust {}, by {}", printable(plan.rust_pin->name), plan.rust_pin->said_by);
}

Status refuse_rust(const Plan& plan, const std::string& image) {
  if (!plan.rust_is_asked) return {};
  return fail(ErrorCode::usage,
              fmt::format("{} asks for Rust {}, and the image {} has a Rust of its own", plan.rust_pin->said_by,
                          printable(plan.rust_pin->name), image),
              {}, "leave one of them out: Larder's own image and `--image host` can have any Rust of rustup's");
}

}  // namespace larder::builds
