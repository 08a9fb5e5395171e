#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/field.hpp"
#include "base/text.hpp"
#include "cli/cache/cache_commands.hpp"
#include "cli/cache/remote_project.hpp"
#include "cli/existing_store.hpp"
#include "cli/json.hpp"
#include "cli/output.hpp"
#include "cli/view/view_text.hpp"
#include "share/listing.hpp"
#include "share/remote_note.hpp"
#include "store/store.hpp"

namespace larder::cli {
namespace {

struct RemoteListOptions {
  RemoteOptions remote;
  bool all = false;
  bool json = false;
};

struct RemotePruneOptions {
  RemoteOptions remote;
  std::string keep;
  std::string max_age;
  bool dry_run = false;
  bool json = false;
};

std::string signature_text(const share::Listed& one) {
  switch (one.trust) {
    case share::Listed::Trust::valid:
      return "valid";
    case share::Listed::Trust::refused:
      return "refused";
    case share::Listed::Trust::is_signed:
      return "not checked";
    case share::Listed::Trust::unsigned_state:
      return "none";
  }
  return "";
}

nlohmann::json listed_json(const share::Listed& one) {
  return {{"tag", one.tag},
          {"project", one.statement.project},
          {"branch", one.statement.branch},
          {"volume", one.volume},
          {"target", one.target},
          {"commit", one.statement.commit},
          {"size_bytes", one.bytes},
          {"pushed_at", time_to_json(one.statement.seconds)},
          {"sequence", one.statement.sequence},
          {"signer", one.signer},
          {"signature", signature_text(one)}};
}

std::string pushed_age(const share::Listed& one, int64_t now) {
  return one.statement.seconds == 0 ? "?" : format_age(one.statement.seconds, now);
}

std::string listed_text(const std::vector<share::Listed>& listed) {
  std::vector<std::vector<std::string>> rows = {
      {"BRANCH", "VOLUME", "TARGET", "SIZE", "PUSHED", "COMMIT", "SIGNATURE"}};
  const int64_t now = share::system_seconds();
  for (const share::Listed& one : listed)
    rows.push_back({printable(one.statement.branch), printable(one.volume), printable(one.target),
                    format_bytes(one.bytes), pushed_age(one, now), printable(one.statement.commit.substr(0, 7)),
                    signature_text(one)});
  return format_table(rows);
}

Result<int> run_remote_list(const RemoteListOptions& options) {
  TRY_ASSIGN(const RemoteProject project, find_remote_project(options.remote, "--from"));
  TRY_ASSIGN(const auto listed, share::list_states(project.remote, options.all));
  if (options.json) {
    nlohmann::json states = nlohmann::json::array();
    for (const share::Listed& one : listed) states.push_back(listed_json(one));
    print_json({{"remote", project.remote.registry.repository()}, {"states", states}});
  } else if (listed.empty()) {
    print(fmt::format("{} has nothing of {}.\n", project.remote.registry.repository(), project.workspace.project));
  } else {
    print(listed_text(listed));
  }
  return 0;
}

const char* pull_word(builds::PullPolicy policy) {
  return policy == builds::PullPolicy::missing ? "missing" : policy == builds::PullPolicy::newer ? "newer" : "never";
}

const char* push_word(builds::PushPolicy policy) {
  return policy == builds::PushPolicy::success          ? "success"
         : policy == builds::PushPolicy::default_branch ? "default-branch"
                                                        : "never";
}

Result<std::vector<share::RemoteNote>> remote_notes_here(Os& os) {
  TRY_ASSIGN(const std::string path, store::default_store_path());
  TRY_ASSIGN(const auto store, open_existing_store(os, path));
  if (!store) return std::vector<share::RemoteNote>();
  return share::list_remote_notes(*store);
}

std::string status_text(const RemoteProject& project, const std::vector<share::RemoteNote>& notes) {
  const builds::RemotePlan& plan = project.plan;
  std::string keys = plan.public_keys.empty() ? "none: whoever may push there decides what builds start from" : "";
  for (const std::string& key : plan.public_keys) keys += (keys.empty() ? "" : ", ") + key;
  const share::Line& line = project.remote.line;
  std::vector<std::vector<std::string>> rows = {
      {"remote", plan.repository},
      {"project", line.project},
      {"branch", line.branch.empty() ? "none" : printable(line.branch)},
      {"default branch", printable(line.default_branch)},
      {"pull", pull_word(plan.pull)},
      {"push", plan.distrust.empty() ? push_word(plan.push) : "never: " + plan.distrust},
      {"public keys", keys}};
  if (!plan.public_keys.empty()) rows.push_back({"max age", format_seconds(static_cast<double>(plan.max_age_seconds))});
  const int64_t now = share::system_seconds();
  for (const share::RemoteNote& note : notes)
    if (note.repository == project.remote.repository() && note.project == line.project)
      rows.push_back({"last " + note.action, fmt::format("{}, branch {}: {}", format_age(note.seconds, now),
                                                         printable(note.branch), clean_line(note.outcome, {}))});
  return format_table(rows);
}

Result<int> run_remote_status(const RemoteListOptions& options) {
  TRY_ASSIGN(const RemoteProject project, find_remote_project(options.remote, "--from"));
  Os os;
  TRY_ASSIGN(const auto notes, remote_notes_here(os));
  if (!options.json) {
    print(status_text(project, notes));
    return 0;
  }
  nlohmann::json done = nlohmann::json::array();
  for (const share::RemoteNote& note : notes)
    if (note.repository == project.remote.repository() && note.project == project.remote.line.project)
      done.push_back({{"action", note.action},
                      {"branch", note.branch},
                      {"done_at", time_to_json(note.seconds)},
                      {"outcome", note.outcome},
                      {"good", note.good}});
  print_json({{"remote", project.plan.repository},
              {"project", project.remote.line.project},
              {"branch", project.remote.line.branch},
              {"pull", pull_word(project.plan.pull)},
              {"push", push_word(project.plan.push)},
              {"distrust", project.plan.distrust},
              {"public_keys", project.plan.public_keys},
              {"done", done}});
  return 0;
}

Result<share::PruneRules> prune_rules_of(const RemotePruneOptions& options) {
  share::PruneRules rules;
  if (options.keep.empty() && options.max_age.empty())
    return fail(ErrorCode::usage, "nothing is said about what to remove", {}, "--keep N, --max-age TIME, or both");
  size_t keep = 0;
  if (!options.keep.empty()) {
    if (!parse_number(options.keep, keep))
      return fail(ErrorCode::usage, "'" + printable(options.keep) + "' is no number", {}, "such as --keep 5");
    rules.keep = keep;
  }
  if (!options.max_age.empty()) {
    TRY_ASSIGN(rules.max_age_seconds, parse_duration(options.max_age));
  }
  return rules;
}

Result<int> run_remote_prune(const RemotePruneOptions& options) {
  TRY_ASSIGN(const share::PruneRules rules, prune_rules_of(options));
  TRY_ASSIGN(const RemoteProject project, find_remote_project(options.remote, "--from"));
  if (!options.dry_run) TRY(check_trusted(project, "nothing is removed from here"));
  TRY_ASSIGN(const auto listed, share::list_states(project.remote, false));
  const auto old = share::states_to_prune(listed, rules, project.remote.line, share::system_seconds());
  nlohmann::json removed = nlohmann::json::array();
  for (const share::Listed& one : old) {
    if (!options.dry_run) TRY(project.remote.registry.remove(one.tag));
    removed.push_back(listed_json(one));
  }
  if (options.json)
    print_json({{"removed", removed}, {"dry_run", options.dry_run}});
  else if (old.empty())
    print("There is nothing to remove.\n");
  else
    print(listed_text(old) + fmt::format("{} of {} states {}; their bytes go by the registry's own rules.\n",
                                         old.size(), listed.size(),
                                         options.dry_run ? "would be removed" : "are removed"));
  return 0;
}

}  // namespace

void add_cache_remote_command(const Command& cache) {
  const Command remote =
      cache.add_command("remote", "Show, and thin out, what a registry has of the project's volumes");
  const auto list = std::make_shared<RemoteListOptions>();
  const Command list_command = remote.add_command("list", "What the registry has of the project, branch by branch");
  list_command.add_flag("--all", list->all, "Of all projects");
  list_command.add_flag("--json", list->json, "Print it as JSON");
  add_remote_options(list_command, "--from", list->remote);
  list_command.set_action([list] { return run_remote_list(*list); });
  const auto status = std::make_shared<RemoteListOptions>();
  const Command status_command =
      remote.add_command("status", "What builds of the project do with the registry, and have last done");
  status_command.add_flag("--json", status->json, "Print it as JSON");
  add_remote_options(status_command, "--from", status->remote);
  status_command.set_action([status] { return run_remote_status(*status); });
  const auto prune = std::make_shared<RemotePruneOptions>();
  const Command prune_command = remote.add_command("prune", "Remove old states of the project from the registry");
  prune_command.add_option("--keep", prune->keep, "Each volume's newest states that stay").value_name("N");
  prune_command.add_option("--max-age", prune->max_age, "Only states that were pushed longer ago, such as 30d")
      .value_name("TIME");
  prune_command.add_flag("--dry-run", prune->dry_run, "Say what would be removed");
  prune_command.add_flag("--json", prune->json, "Print it as JSON");
  add_remote_options(prune_command, "--from", prune->remote);
  prune_command.set_footer("What is of the default branch, or of the one that is checked out, always stays.");
  prune_command.set_action([prune] { return run_remote_prune(*prune); });
}

}  // namespace larder::cli
