#include "store/branch/history.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "cli/cache/commands.hpp"
#include "cli/cache/history_text.hpp"
#include "cli/cache/volume.hpp"
#include "cli/existing_store.hpp"
#include "cli/json.hpp"
#include "cli/output.hpp"

namespace larder::cli {
namespace {

using nlohmann::json;
using store::Generation;

struct HistoryOptions {
  std::string volume;
  std::string generation;
  std::string other;
  std::string name;
  bool last_success = false;
  bool json = false;
};

/// A volume and its past; what it has stays as long as this lives.
struct OpenVolume {
  store::Store store;
  FileLock lock;
  ChosenVolume chosen;
  store::History history;
};

void tell_choice(const ChosenVolume& chosen) {
  if (chosen.others.empty()) return;
  say(fmt::format("This is {}, used last; {} also has {}.", chosen.name, chosen.key.name, join_words(chosen.others)));
}

Result<OpenVolume> open_volume(Os& os, const std::string& name) {
  TRY_ASSIGN(const std::string path, store::default_store_path());
  TRY_ASSIGN(auto store, open_existing_store(os, path));
  if (!store) return fail(check_known("volume", {name}, {}).error());
  TRY_ASSIGN(FileLock lock, store->lock(LockMode::shared));
  TRY_ASSIGN(ChosenVolume chosen, choose_volume(*store, name));
  tell_choice(chosen);
  TRY_ASSIGN(store::History history, store::history(*store, chosen.key));
  return OpenVolume{std::move(*store), std::move(lock), std::move(chosen), std::move(history)};
}

std::string no_history(const OpenVolume& volume) { return "The volume " + volume.chosen.name + " has no history."; }

/// The current one where `text` is empty.
Result<Generation> choose_generation(const OpenVolume& volume, const std::string& text) {
  if (volume.history.empty())
    return fail(ErrorCode::usage, "the volume " + volume.chosen.name + " has no history", {},
                "the next build that uses it begins one");
  if (text.empty()) return volume.history.front();
  return store::find_generation(volume.history, text);
}

Result<int> run_log(const HistoryOptions& options) {
  Os os;
  TRY_ASSIGN(const OpenVolume volume, open_volume(os, options.volume));
  TRY_ASSIGN(const auto states, store::log_states(volume.store, volume.history));
  if (options.json) {
    json data = key_to_json(volume.chosen.key, "volume");
    data["generations"] = log_to_json(states);
    print_json(data);
  } else if (states.empty()) {
    say(no_history(volume));
  } else {
    print(format_log(states, std::time(nullptr)));
  }
  return 0;
}

Result<int> show_generation(const HistoryOptions& options) {
  Os os;
  TRY_ASSIGN(const OpenVolume volume, open_volume(os, options.volume));
  TRY_ASSIGN(const Generation generation, choose_generation(volume, options.generation));
  TRY_ASSIGN(const store::StateDetails details, store::describe_state(volume.store, volume.history, generation.id));
  if (options.json)
    print_json(state_to_json(details));
  else
    print(format_state(details, std::time(nullptr)));
  return 0;
}

Result<int> run_diff(const HistoryOptions& options) {
  Os os;
  TRY_ASSIGN(const OpenVolume volume, open_volume(os, options.volume));
  TRY_ASSIGN(const Generation from, choose_generation(volume, options.generation));
  TRY_ASSIGN(const Generation to, choose_generation(volume, options.other));
  TRY_ASSIGN(const auto changes, store::diff_layers(volume.store, from.layers, to.layers));
  if (!options.json) {
    print(format_diff(changes));
    return 0;
  }
  json data = key_to_json(volume.chosen.key, "volume");
  data["from"] = from.id;
  data["to"] = to.id;
  data.update(diff_to_json(changes));
  print_json(data);
  return 0;
}

Result<Generation> choose_rollback(const OpenVolume& volume, const HistoryOptions& options) {
  TRY_ASSIGN(const Generation current, choose_generation(volume, options.generation));
  if (!options.generation.empty()) return current;
  if (options.last_success && store::is_good(current)) return current;
  const auto to =
      options.last_success ? store::previous_good_state(volume.history) : store::previous_state(volume.history);
  if (to) return *to;
  return fail(ErrorCode::usage,
              fmt::format("nothing {} is kept of {}", options.last_success ? "good" : "older", volume.chosen.name), {},
              "`larder cache log " + volume.chosen.name + "` shows what is");
}

Result<int> run_rollback(const HistoryOptions& options) {
  if (options.last_success && !options.generation.empty())
    return fail(ErrorCode::usage, "both a generation and --last-success", {}, "choose one of them");
  Os os;
  TRY_ASSIGN(const OpenVolume volume, open_volume(os, options.volume));
  TRY_ASSIGN(const Generation to, choose_rollback(volume, options));
  const Generation& current = volume.history.front();
  if (to.id == current.id) {
    print(fmt::format("{} {} already (generation {}). Nothing was changed.\n", volume.chosen.name,
                      options.last_success ? "is in a good state" : "is that", short_id(to.id)));
    return 0;
  }
  TRY(store::rollback(volume.store, volume.chosen.key, to,
                      fmt::format("larder cache rollback, process {}", ::getpid())));
  print(format_rollback(volume.chosen.name, current, to, std::time(nullptr)));
  return 0;
}

Result<int> run_fork(const HistoryOptions& options) {
  Os os;
  TRY_ASSIGN(const OpenVolume volume, open_volume(os, options.volume));
  TRY_ASSIGN(const Generation made, store::fork_volume(volume.store, volume.chosen.key, options.name));
  print(fmt::format("{} starts with what {} has (generation {}), and shares its disk space.\n", options.name,
                    volume.chosen.name, short_id(made.same_content_as)));
  return 0;
}

using Run = Result<int> (*)(const HistoryOptions&);

Command add_command(const Command& cache, const std::shared_ptr<HistoryOptions>& options, const std::string& name,
                    const std::string& description, Run run) {
  const Command command = cache.add_command(name, description);
  command.add_option("volume", options->volume, "By the name that `larder cache list` shows, or NAME@VARIANT")
      .required();
  command.set_action([options, run] { return run(*options); });
  return command;
}

/// A name that a script has left empty must not be taken for one that is left out.
Option add_generation(const Command& command, const char* name, std::string& generation, const std::string& help) {
  return command.add_option(name, generation, help).not_empty();
}

constexpr const char* generation_help = "As `larder cache log` shows it; its first letters are enough";

}  // namespace

void add_cache_history_commands(const Command& cache) {
  const auto options = std::make_shared<HistoryOptions>();
  const Command log = add_command(cache, options, "log", "A volume's history, the newest first", run_log);
  log.add_flag("--json", options->json, "Print the history as JSON");
  const Command show = add_command(cache, options, "show", "All that is known of one generation", show_generation);
  add_generation(show, "generation", options->generation, std::string(generation_help) + " (default: the current one)");
  show.add_flag("--json", options->json, "Print it as JSON");
  const Command diff = add_command(cache, options, "diff", "The files that differ between generations", run_diff);
  add_generation(diff, "from", options->generation, generation_help).required();
  add_generation(diff, "to", options->other, "The same (default: the current one)");
  diff.add_flag("--json", options->json, "Print the files as JSON");
  const Command rollback =
      add_command(cache, options, "rollback", "Go back to an earlier content; can be taken back", run_rollback);
  add_generation(rollback, "generation", options->generation,
                 std::string(generation_help) + " (default: the one before)");
  rollback.add_flag("--last-success", options->last_success, "To what the last good build left");
  const Command fork = add_command(cache, options, "fork", "Make a new volume of a volume's content", run_fork);
  fork.add_option("name", options->name, "The new volume's name").required();
}

}  // namespace larder::cli
