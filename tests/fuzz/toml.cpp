#include "config/hints.hpp"
#include "config/project.hpp"
#include "config/rust_cfg.hpp"
#include "config/tables.hpp"
#include "config/tool_settings.hpp"
#include "config/user_config.hpp"
#include "fuzz/fuzz.hpp"
#include "image/lock.hpp"

using namespace larder;

namespace {

bool is_plain(const std::string& word) {
  return word.find_first_of(std::string_view("\0\n\r\x1b", 4)) == std::string::npos && !word.starts_with('-');
}

const config::SettingsFile& cargo_settings() {
  static const config::Recipe cargo = config::load_recipes("")->find("cargo").value();
  return cargo.settings;
}

}  // namespace

/// A project's larder.toml, and a user's config.toml.
FUZZ_TARGET(project) {
  static_cast<void>(config::parse_user_config(input, "config.toml"));
  const auto project = config::parse_project(input, "larder.toml");
  if (!project) return;
  fuzz::must(is_plain(project->name) && is_plain(project->profile) && is_plain(project->image));
  for (const std::string& package : project->packages) fuzz::must(is_plain(package));
  for (const std::string& target : project->targets) fuzz::must(is_plain(target));
}

/// Recipes, targets.toml and hints.toml.
FUZZ_TARGET(recipe) {
  static_cast<void>(config::parse_recipe(input, "recipe.toml"));
  static_cast<void>(config::parse_targets(input, "targets.toml"));
  static_cast<void>(config::parse_hints(input, "hints.toml"));
}

/// larder.lock.
FUZZ_TARGET(lock) {
  const auto lock = image::Lock::parse(input, "larder.lock");
  if (!lock) return;
  const std::string text = lock->text();
  const auto again = image::Lock::parse(text, "larder.lock");
  fuzz::must(again && again->text() == text);
}

/// A project's .cargo/config.toml, or the user's: nothing secret stays where it is kept back.
FUZZ_TARGET(settings) {
  const config::SettingsFile& file = cargo_settings();
  static_cast<void>(config::included_files(input, file.include_key));
  for (const char* key : {"registries.*.index", "http.proxy", "build.target"})
    static_cast<void>(config::given_settings({input}, key));
  const std::string rest = config::without_secrets(file.user, input, {true, {}});
  fuzz::must(config::tables_with({rest}, file.user.secrets).empty());
  static const config::Target target = config::load_targets("")->find("arm64").value();
  static_cast<void>(config::fits_cfg(input, target));
  config::SettingsTexts texts;
  texts.project = texts.user = {input};
  static const config::Placeholders values = config::target_placeholders(target);
  const auto made = config::tool_settings(file, texts, target, values, config::SettingsPhase::build);
  if (made) fuzz::must(config::is_settings_text(made->text));
}
