#include "builds/run/tree_fetch.hpp"

#include "builds/run/fetch_key.hpp"
#include "store/branch/ref.hpp"
#include "store/layer/merged_tree.hpp"

namespace larder::builds {
namespace {

constexpr size_t mark_bytes_max = 4096;

/// Relative to the workspace.
std::string mark_path(const Plan& plan) {
  const std::string& output = plan.recipe.output;
  return output.empty() ? ".larder-fetched" : output + "/.larder-fetched";
}

Result<bool> has_mark(const Plan& plan, const store::Store& store, const store::Fork& compiled,
                      const std::string& key) {
  TRY_ASSIGN(const store::MergedTree tree, store::MergedTree::open(store, store::layer_roots(compiled.base.layers)));
  TRY_ASSIGN(const auto found, tree.find(mark_path(plan)));
  if (!found || !S_ISREG(found->status.st_mode)) return false;
  const auto text = read_file(store.os(), found->dir.get(), found->name, mark_bytes_max);
  return text && *text == key;
}

}  // namespace

Result<std::optional<std::string>> tree_fetch_key(BuildContext& context, const TargetPlan& target,
                                                  const store::Fork& compiled) {
  const Plan& plan = context.plan;
  if (target.fetch.empty() || plan.offline || plan.project.network || context.home.plain)
    return std::optional<std::string>();
  TRY_ASSIGN(const auto state, context.project.state());
  TRY_ASSIGN(const bool something, has_something_to_fetch(plan, context.home, *state));
  if (!something) return std::optional<std::string>();
  std::string key = fetch_key(plan, context.home, *state);
  TRY_ASSIGN(const bool done, has_mark(plan, context.home.store, compiled, key));
  return done ? std::nullopt : std::optional(std::move(key));
}

config::Command marking_fetch(const Plan& plan, const TargetPlan& target, const std::string& key) {
  config::Command command = {"sh", "-c", R"(key=$0 mark=$1; shift; "$@" && printf %s "$key" >"$mark")", key,
                             plan.workspace.place + "/" + mark_path(plan)};
  command.insert(command.end(), target.fetch.begin(), target.fetch.end());
  return command;
}

}  // namespace larder::builds
