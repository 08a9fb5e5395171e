#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/durable_file.hpp"
#include "base/text.hpp"
#include "builds/plan/workspace.hpp"
#include "cli/commands.hpp"
#include "cli/init_text.hpp"
#include "cli/output.hpp"
#include "config/tables.hpp"
#include "store/volume.hpp"

namespace larder::cli {
namespace {

constexpr size_t makefile_bytes_max = 16 << 20;

struct InitOptions {
  std::string folder = ".";
  bool force = false;
};

struct File {
  std::string name;
  std::string content;
};

/// The first of the names that GNU make looks for, in its order; empty where there is none.
Result<std::string> find_makefile(Os& os, int dir) {
  for (const char* name : {"GNUmakefile", "makefile", "Makefile"}) {
    TRY_ASSIGN(const auto found, os.stat(dir, name));
    if (found) return std::string(name);
  }
  return std::string();
}

/// Those that `--all` builds and those that the project names, as far as make can have them in a target's name.
std::vector<std::string> targets_for(const config::TargetTable& table, const config::Project& project) {
  std::vector<std::string> names;
  for (const config::Target& target : table.all())
    if (target.in_all) names.push_back(target.name);
  for (const std::string& name : project.targets)
    if (!contains(names, name)) names.push_back(name);
  names.erase(std::remove_if(names.begin(), names.end(),
                             [](const std::string& name) { return !store::check_name(name, "target"); }),
              names.end());
  return names;
}

Result<InitFacts> gather(const std::string& folder) {
  const std::string user_dir = config::user_config_dir();
  TRY_ASSIGN(const config::TargetTable targets, config::load_targets(user_dir));
  InitFacts facts;
  if (auto project = config::load_project(folder)) facts.set = std::move(*project);  // a broken one gets replaced
  config::Project unnamed;
  TRY_ASSIGN(const builds::Workspace workspace, builds::open_workspace(folder, unnamed));
  facts.project = workspace.project;
  TRY_ASSIGN(const config::RecipeTable recipes, config::load_recipes(user_dir, workspace.folder, facts.set.own_recipe));
  TRY_ASSIGN(facts.recipe,
             facts.set.recipe.empty() ? recipes.detect(workspace.folder) : recipes.find(facts.set.recipe));
  facts.targets = targets_for(targets, facts.set);
  return facts;
}

Status refuse_existing(Os& os, int dir, const std::vector<File>& files) {
  std::vector<std::string> existing;
  for (const File& file : files) {
    TRY_ASSIGN(const auto found, os.stat(dir, file.name));
    if (found) existing.push_back(file.name);
  }
  if (existing.empty()) return {};
  return fail(ErrorCode::usage,
              fmt::format("{} {} already", join_words(existing), existing.size() == 1 ? "exists" : "exist"),
              "nothing was written", "`larder init --force` replaces larder.toml and larder.mk, and nothing else");
}

/// What the user still has to do in a makefile of their own; empty: nothing.
Result<std::string> makefile_advice(Os& os, int dir, const std::string& makefile) {
  if (makefile.empty()) return std::string();
  TRY_ASSIGN(const std::string text, read_file(os, dir, makefile, makefile_bytes_max));
  if (includes_larder_mk(text)) return std::string();
  return fmt::format("Add this line to your {}:\n\n    include larder.mk\n\n", makefile);
}

Result<int> run_init(const InitOptions& options) {
  TRY_ASSIGN(const InitFacts facts, gather(options.folder));
  Os os;
  TRY_ASSIGN(const UniqueFd dir, os.open_dir(AT_FDCWD, options.folder + "/."));
  std::vector<File> files = {{"larder.toml", larder_toml(facts)}, {"larder.mk", larder_mk(facts.targets)}};
  if (!options.force) TRY(refuse_existing(os, dir.get(), files));
  TRY_ASSIGN(const std::string makefile, find_makefile(os, dir.get()));
  TRY_ASSIGN(const std::string advice, makefile_advice(os, dir.get(), makefile));
  if (makefile.empty()) files.push_back({"Makefile", new_makefile()});
  std::vector<std::string> written;
  for (const File& file : files) {
    TRY(replace_file(os, dir.get(), file.name, file.content, Durability::none));
    written.push_back(file.name);
  }
  const std::string example = facts.targets.empty() ? "build-all" : "build-" + facts.targets.front();
  print(fmt::format("{}: wrote {}.\n{}Then: make {}, or larder build.\n", facts.recipe.title, join_words(written),
                    advice, example));
  return 0;
}

}  // namespace

void add_init_command(const Command& larder) {
  const Command command = larder.add_command("init", "Write a commented larder.toml, and a larder.mk for make");
  if (!command.is_asked_for()) return;
  const auto options = std::make_shared<InitOptions>();
  command.add_option("-C,--project", options->folder, "The project's folder").value_name("DIR");
  command.add_flag("--force", options->force, "Replace a larder.toml and a larder.mk that exist");
  command.set_footer("Larder needs neither file: a project without them builds with the defaults.");
  command.set_action([options] { return run_init(*options); });
}

}  // namespace larder::cli
