#include "builds/plan/left_out.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "builds/plan/tool_files.hpp"
#include "config/tool_settings.hpp"

namespace larder::builds {
namespace {

bool is_taken(const Plan& plan, const std::string& name) {
  const auto& of_target = plan.project.of_target;
  return plan.passed.contains(name) || plan.project.env.contains(name) ||
         contains(plan.recipe.settings.user.home.empty()
                      ? std::vector<std::string>()
                      : config::matching_variables(plan.recipe.settings.user.variables),
                  name) ||
         std::any_of(of_target.begin(), of_target.end(),
                     [&](const auto& one) { return one.second.env.contains(name); });
}

}  // namespace

std::string note_on_variables(const Plan& plan) {
  std::vector<std::string> names = config::matching_variables(plan.recipe.variables);
  std::erase_if(names, [&](const std::string& name) { return is_taken(plan, name); });
  std::string note;
  for (const auto& [name, instead] : plan.recipe.decided)
    if (std::erase(names, name) > 0)
      note += fmt::format("{}{} of your environment has no effect: {}", note.empty() ? "" : "; ", name, instead);
  if (names.empty()) return note;
  if (!note.empty()) note += "; ";
  std::sort(names.begin(), names.end());
  const bool one = names.size() == 1;
  return note +
         fmt::format(
             "{} of your environment {} no effect: `--env {}` takes {}, and so does `[build] pass_env` in larder.toml",
             join_words(names), one ? "has" : "have", names.front(), one ? "it" : "one");
}

std::string note_on_user_settings(const Plan& plan) {
  const auto& user = plan.recipe.settings.user;
  std::vector<std::string> keys = config::keys_there(read_user_settings(plan.recipe.settings), user.not_followed);
  for (const auto& [name, value] : users_variables(user))
    if (config::fits_one(plan.recipe.variables, name) && !is_taken(plan, name)) keys.push_back(name);
  if (keys.empty()) return {};
  return fmt::format(
      "your own settings in {} say {}, which a build of Larder's does not follow: it goes by the project's",
      user_settings_folder(user), join_words(keys));
}

}  // namespace larder::builds
