#include "builds/run/order_hint.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <set>
#include <string_view>

#include "base/text.hpp"
#include "store/layer/merged_tree.hpp"

namespace larder::builds {
namespace {

/// The last parts of the names before these words, as compilers, linkers and shells have them.
std::set<std::string, std::less<>> missing_names(const std::vector<std::string>& lines) {
  constexpr std::string_view words = ": No such file or directory";
  constexpr std::string_view quotes = "'\"`";
  std::set<std::string, std::less<>> names;
  for (const std::string& line : lines) {
    const size_t end = line.find(words);
    if (end == std::string::npos) continue;
    std::string_view name = std::string_view(line).substr(0, end);
    name = name.substr(name.find_last_of(" /") + 1);
    while (!name.empty() && quotes.find(name.back()) != std::string_view::npos) name.remove_suffix(1);
    while (!name.empty() && quotes.find(name.front()) != std::string_view::npos) name.remove_prefix(1);
    if (!name.empty()) names.emplace(name);
  }
  return names;
}

}  // namespace

std::string order_hint(const Plan& plan, const store::Store& store, const std::string& upper,
                       const std::vector<std::string>& lines) {
  if (plan.recipe.goals_in_turn.empty() || job_count(plan) < 2) return {};
  const auto names = missing_names(lines);
  if (names.empty()) return {};
  const auto made = store::MergedTree::open(store, {upper});
  if (!made) return {};
  std::string found;
  const Status walked = made->walk([&](const store::MergedEntry& entry) -> Status {
    if (S_ISREG(entry.status.st_mode) && names.contains(entry.name)) found = entry.path;
    return {};
  });
  if (!walked || found.empty()) return {};
  return fmt::format(
      "{} was missing when it was needed, and has been made since: nothing tells the tool that it is made first. "
      "`jobs = 1` in [build] of larder.toml makes one thing after another, as the tool alone does",
      found);
}

}  // namespace larder::builds
