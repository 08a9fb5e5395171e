#include "cli/cache/prune_text.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/text.hpp"
#include "cli/cache/text.hpp"
#include "cli/json.hpp"
#include "cli/view/view_text.hpp"

namespace larder::cli {
namespace {

using nlohmann::json;

constexpr size_t users_shown_max = 3;

bool is_reached(const PruneResult& result) {
  return !result.limits.max_bytes || result.plan.after_bytes <= *result.limits.max_bytes;
}

std::string count_states(size_t count) { return fmt::format("{} earlier state{}", count, count == 1 ? "" : "s"); }

/// "3 earlier states of 2 volumes"; a volume may have been cut several times.
std::string describe_history(const store::PrunePlan& plan) {
  std::set<std::pair<std::string, std::string>> volumes;
  for (const store::HistoryCut& cut : plan.history) volumes.emplace(cut.key.name(), cut.key.variant());
  return fmt::format("{} of {}", count_states(plan.generations()), count_volumes(volumes.size()));
}

std::string volume_lines(const store::PrunePlan& plan, int64_t now_seconds) {
  std::vector<std::vector<std::string>> rows;
  for (const store::Eviction& eviction : plan.volumes)
    rows.push_back({"  " + eviction.spec.key.name(), eviction.spec.target, format_bytes(eviction.freed_bytes),
                    "used " + format_age(eviction.last_used_seconds, now_seconds),
                    fmt::format("built in {}", format_seconds(eviction.rebuild_seconds))});
  return format_table(rows);
}

std::string describe_what(const store::PrunePlan& plan) {
  std::vector<std::string> what;
  if (!plan.history.empty()) what.push_back(describe_history(plan));
  if (!plan.volumes.empty()) what.push_back(count_volumes(plan.volumes.size()));
  return join_words(what);
}

}  // namespace

std::string format_prune(const PruneResult& result, int64_t now_seconds) {
  const store::PrunePlan& plan = result.plan;
  const std::string what = describe_what(plan);
  std::string text = result.dry_run ? "Would remove " : "Removed ";
  text += what.empty() ? "no volume and no earlier state" : what;
  text += plan.volumes.empty() ? ".\n" : ":\n" + volume_lines(plan, now_seconds);
  text += fmt::format("{} {}: the store {} {}.\n", result.dry_run ? "Would free" : "Freed",
                      format_bytes(plan.freed_bytes()), result.dry_run ? "would take" : "takes",
                      format_bytes(plan.after_bytes));
  if (!plan.volumes.empty())
    text += fmt::format("The next builds take about {} of building again.\n", format_seconds(plan.rebuild_seconds));
  return text;
}

json prune_to_json(const PruneResult& result) {
  const store::PrunePlan& plan = result.plan;
  json data = {{"dry_run", result.dry_run},
               {"history", json::array()},
               {"volumes", json::array()},
               {"in_use", json::array()},
               {"before_bytes", plan.before_bytes},
               {"after_bytes", plan.after_bytes},
               {"freed_bytes", plan.freed_bytes()},
               {"rebuild_seconds", plan.rebuild_seconds},
               {"max_bytes", result.limits.max_bytes ? json(*result.limits.max_bytes) : json()},
               {"limit_reached", is_reached(result)}};
  for (const store::HistoryCut& cut : plan.history) {
    data["history"].push_back(key_to_json(cut.key));
    data["history"].back()["generations"] = cut.generations;
  }
  for (const store::Eviction& eviction : plan.volumes) {
    json volume = key_to_json(eviction.spec.key);
    volume["target"] = eviction.spec.target;
    volume["reason"] = to_string(eviction.reason);
    volume["freed_bytes"] = eviction.freed_bytes;
    volume["rebuild_seconds"] = eviction.rebuild_seconds;
    volume["last_used_at"] = time_to_json(eviction.last_used_seconds);
    data["volumes"].push_back(std::move(volume));
  }
  for (const store::InUse& in_use : plan.in_use) {
    data["in_use"].push_back(key_to_json(in_use.key));
    data["in_use"].back()["used_by"] = in_use.holder;
  }
  return data;
}

Status check_reached(const PruneResult& result) {
  if (is_reached(result)) return {};
  const store::PrunePlan& plan = result.plan;
  const std::string message =
      fmt::format("the store {} {}, more than {}", result.dry_run ? "would still take" : "still takes",
                  format_bytes(plan.after_bytes), format_bytes(*result.limits.max_bytes));
  if (plan.in_use.empty())
    return fail(ErrorCode::environment, message, "no volume is left that could go; the rest is records and logs",
                "give it more room, or remove what you do not need in its folder logs/");
  std::vector<std::string> users;
  for (const store::InUse& in_use : plan.in_use) {
    if (users.size() == users_shown_max) break;
    users.push_back(fmt::format("the volume {} is in use by {}", in_use.key.name(), clean_line(in_use.holder, {})));
  }
  const size_t more = plan.in_use.size() - users.size();
  return fail(ErrorCode::environment, message, join(users, "; ") + (more == 0 ? "" : fmt::format("; {} more", more)),
              "wait until they have ended, then prune again");
}

}  // namespace larder::cli
