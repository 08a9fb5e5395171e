#include "builds/plan/named_project.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/text.hpp"

namespace larder::builds {
namespace {

namespace fs = std::filesystem;

bool is_short(const std::string& option) { return option.size() == 2 && option[1] != '-'; }

/// The value that an argument holds itself; empty: none.
std::string own_value(const std::string& arg, const std::string& option) {
  if (arg.starts_with(option + "=") && !is_short(option)) return arg.substr(option.size() + 1);
  if (is_short(option) && arg.starts_with(option)) return arg.substr(option.size());
  return {};
}

/// The folder that a value means for the recipe; empty: none.
std::string folder_meant(const config::Recipe& recipe, const fs::path& value) {
  std::error_code ignored;
  const fs::path path = fs::weakly_canonical(value, ignored);
  if (fs::is_regular_file(path, ignored)) return path.parent_path().string();
  return config::is_for(recipe, path.string()) ? path.string() : std::string();
}

Status check_target(const std::string& option, const config::Command& args, const std::vector<std::string>& triples) {
  for (const std::string& named : values_of(args, {option}))
    if (triples.size() != 1 || triples.front() != named)
      return fail(ErrorCode::usage, fmt::format("`{} {}` among the tool's arguments is Larder's to say", option, named),
                  "a build is for the targets before `--`",
                  "leave it out, and name the target before `--`: `larder build arm64`");
  return {};
}

}  // namespace

std::vector<std::string> values_of(const config::Command& args, const std::vector<std::string>& options) {
  std::vector<std::string> values;
  for (size_t i = 0; i < args.size() && args[i] != "--"; ++i)
    for (const std::string& option : options) {
      if (args[i] == option && i + 1 < args.size()) {
        values.push_back(args[++i]);
        break;
      }
      if (std::string value = own_value(args[i], option); !value.empty()) values.push_back(std::move(value));
    }
  return values;
}

std::optional<NamedProject> project_named_by(const config::RecipeTable& recipes, const config::Command& args,
                                             const std::string& start) {
  for (const config::Recipe& recipe : recipes.all())
    for (const std::string& value : values_of(args, recipe.project_options))
      if (std::string folder = folder_meant(recipe, fs::path(start) / value); !folder.empty())
        return NamedProject{recipe, std::move(folder)};
  return std::nullopt;
}

Status check_tool_arguments(const config::Recipe& recipe, const config::Command& args, const std::string& start,
                            const std::string& folder, const std::vector<std::string>& triples) {
  if (!recipe.target_option.empty()) TRY(check_target(recipe.target_option, args, triples));
  if (recipe.output_option.empty()) return {};
  for (const std::string& named : values_of(args, {recipe.output_option})) {
    const std::string inside = (fs::path(start) / named).lexically_normal().lexically_relative(folder).string();
    if (!inside.empty() && inside != ".." && !inside.starts_with("../")) continue;
    return fail(ErrorCode::usage,
                fmt::format("`{} {}` names a folder outside of the project", recipe.output_option, printable(named)),
                "what a build writes there would be lost with the sandbox",
                "leave it out: results go to target/<triple>/<profile>/ in the project's folder");
  }
  return {};
}

}  // namespace larder::builds
