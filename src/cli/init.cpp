#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>

#include "base/durable_file.hpp"
#include "base/text.hpp"
#include "builds/plan/download_volume.hpp"
#include "builds/plan/workspace.hpp"
#include "cli/commands.hpp"
#include "cli/init_text.hpp"
#include "cli/offers.hpp"
#include "cli/old_makefile.hpp"
#include "cli/output.hpp"
#include "config/embedded.hpp"
#include "config/tables.hpp"
#include "store/volume.hpp"

namespace larder::cli {
namespace {

constexpr size_t makefile_bytes_max = 16 << 20;

struct InitOptions {
  std::string folder = ".";
  bool force = false;
  bool schema = false;
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

Result<InitFacts> gather(const std::string& folder, const config::Project& set) {
  const std::string user_dir = config::user_config_dir();
  TRY_ASSIGN(const config::TargetTable targets, config::load_targets(user_dir));
  InitFacts facts;
  config::Project unnamed;
  TRY_ASSIGN(const builds::Workspace workspace, builds::open_workspace(folder, unnamed));
  facts.project = workspace.project;
  TRY_ASSIGN(const config::RecipeTable recipes, config::load_recipes(user_dir, workspace.folder, set.own_recipe));
  TRY_ASSIGN(facts.recipe, set.recipe.empty() ? recipes.detect(workspace.folder) : recipes.find(set.recipe));
  facts.targets = targets_for(targets, set);
  return facts;
}

Result<bool> is_there(Os& os, int dir, const std::string& name) {
  TRY_ASSIGN(const auto found, os.stat(dir, name));
  return found.has_value();
}

Status refuse_existing(Os& os, int dir) {
  TRY_ASSIGN(const bool found, is_there(os, dir, "larder.mk"));
  if (!found) return {};
  return fail(ErrorCode::usage, "larder.mk exists already", "nothing was written",
              "`larder init --force` writes it anew; a larder.toml that is there stays as it is");
}

/// The makefile that the project has, and what an earlier larder.mk knows of it.
struct Makefile {
  std::string name;  ///< empty: there is none
  bool includes_larder_mk = false;
  OldMakefile old;
  std::vector<BuildName> others;   ///< by which it builds, or built
  std::vector<std::string> taken;  ///< names of larder.mk's that it has rules for
};

void add_other(const std::string& name, const std::string& target, const std::vector<std::string>& targets,
               std::vector<BuildName>& others) {
  const bool known = name == "build-" + target || !contains(targets, target) ||
                     std::any_of(others.begin(), others.end(), [&](const BuildName& one) { return one.name == name; });
  if (!known) others.push_back({name, target});
}

/// The names in an earlier larder.mk that are not made of the targets' names.
Status add_earlier_names(Os& os, int dir, const std::vector<std::string>& targets, std::vector<BuildName>& others) {
  constexpr std::string_view prefix = "larder-";
  constexpr std::string_view command = "\t$(LARDER) build ";
  TRY_ASSIGN(const auto found, os.stat(dir, "larder.mk"));
  if (!found || !S_ISREG(found->st_mode)) return {};
  TRY_ASSIGN(const std::string text, read_file(os, dir, "larder.mk", makefile_bytes_max));
  for (const OldRule& rule : read_old_makefile(text).rules) {
    if (!rule.recipe.starts_with(command)) continue;
    const std::string target = split(rule.recipe.substr(command.size()), ' ').front();
    add_other(rule.name.starts_with(prefix) ? rule.name.substr(prefix.size()) : rule.name, target, targets, others);
  }
  return {};
}

Result<Makefile> read_makefile(Os& os, int dir, const std::vector<std::string>& targets) {
  Makefile makefile;
  TRY_ASSIGN(makefile.name, find_makefile(os, dir));
  TRY(add_earlier_names(os, dir, targets, makefile.others));
  if (makefile.name.empty()) return makefile;
  TRY_ASSIGN(const std::string text, read_file(os, dir, makefile.name, makefile_bytes_max));
  makefile.includes_larder_mk = includes_larder_mk(text);
  makefile.old = read_old_makefile(text);
  for (const OldRule& rule : makefile.old.rules)
    if (const std::string target = target_of(rule); !target.empty())
      add_other(rule.name, target, targets, makefile.others);
  for (const std::string& name : names_in_larder_mk(targets, makefile.others))
    if (makefile.old.find(name) != nullptr) makefile.taken.push_back(name);
  return makefile;
}

/// "build-x64 (lines 4 to 5)" for each.
std::string taken_rules(const Makefile& makefile) {
  std::string text;
  for (const std::string& name : makefile.taken) {
    const OldRule& rule = *makefile.old.find(name);
    text +=
        fmt::format("    {:<24} {}\n", name,
                    rule.first_line == rule.last_line ? fmt::format("line {}", rule.first_line)
                                                      : fmt::format("lines {} to {}", rule.first_line, rule.last_line));
  }
  return text;
}

/// The commands that take over what the volumes of a container engine have that Larder has volumes for.
Result<std::string> import_lines(const std::vector<OldVolume>& volumes) {
  TRY_ASSIGN(const config::TargetTable targets, config::load_targets(config::user_config_dir()));
  TRY_ASSIGN(const config::Target native, targets.native());
  std::string text;
  for (const OldVolume& volume : volumes) {
    TRY_ASSIGN(const std::string name,
               builds::download_for(volume.path, volume.target.empty() ? native.name : volume.target));
    if (name.empty()) continue;
    const bool is_same = builds::find_download(volume.name).has_value();
    text +=
        fmt::format("    larder cache import --from-docker-volume {}{}\n", volume.name, is_same ? "" : " --as " + name);
  }
  if (!text.empty()) text += "\ntakes over what its volume has (`--from-podman-volume` likewise).\n\n";
  return text;
}

/// Where the packages are that the makefile installs: a new larder.toml has them, `set` is what an older one says.
std::string packages_advice(const OldMakefile& old, const std::optional<config::Project>& set) {
  std::string text;
  const auto is_set = [&](const std::string& name) { return contains(set->packages, name); };
  if (!old.packages.empty() && !set)
    text += "The Debian packages that it installs are in larder.toml, commented out.\n\n";
  else if (set && !std::all_of(old.packages.begin(), old.packages.end(), is_set))
    text += fmt::format(
        "The Debian packages that it installs, for [build] of larder.toml; libraries for the program need "
        "`:target`:\n\n    {}\n\n",
        packages_key(old.packages));
  if (!old.unread.empty()) text += fmt::format("What only make knows it installs, too: {}\n\n", join(old.unread, " "));
  return text;
}

/// What the user still has to do in a makefile of their own; empty: nothing.
Result<std::string> makefile_advice(const Makefile& makefile, const std::optional<config::Project>& set) {
  std::string text;
  if (!makefile.name.empty() && !makefile.includes_larder_mk)
    text += fmt::format("Add this line to your {}:\n\n    include larder.mk\n\n", makefile.name);
  if (!makefile.taken.empty())
    text += fmt::format(
        "Your {} has rules of these names itself, so in larder.mk they begin with larder-:\n\n{}\n"
        "To have Larder's by the old names remove those rules, then: larder init --force\n"
        "larder.toml stays as it is then.\n\n",
        makefile.name, taken_rules(makefile));
  TRY_ASSIGN(const std::string imports, import_lines(makefile.old.volumes));
  return text + imports + packages_advice(makefile.old, set);
}

Result<int> run_init(const InitOptions& options) {
  if (options.schema) {
    print(std::string(config::embedded_schema()));
    return 0;
  }
  Os os;
  TRY_ASSIGN(const config::Project project, config::load_project(options.folder));
  TRY_ASSIGN(InitFacts facts, gather(options.folder, project));
  TRY_ASSIGN(const UniqueFd dir, os.open_dir(AT_FDCWD, options.folder + "/."));
  TRY_ASSIGN(const Makefile makefile, read_makefile(os, dir.get(), facts.targets));
  facts.packages = makefile.old.packages;
  if (!options.force) TRY(refuse_existing(os, dir.get()));
  TRY_ASSIGN(const bool has_settings, is_there(os, dir.get(), "larder.toml"));
  std::vector<File> files;
  if (!has_settings) files.push_back({"larder.toml", larder_toml(facts)});
  files.push_back({"larder.mk", larder_mk(facts.targets, makefile.others, makefile.taken)});
  if (makefile.name.empty()) files.push_back({"Makefile", new_makefile()});
  std::vector<std::string> written;
  for (const File& file : files) {
    TRY(replace_file(os, dir.get(), file.name, file.content, Durability::none));
    written.push_back(file.name);
  }
  std::string example = facts.targets.empty() ? "build-all" : "build-" + facts.targets.front();
  if (contains(makefile.taken, example)) example.insert(0, "larder-");
  TRY_ASSIGN(const std::string advice, makefile_advice(makefile, has_settings ? std::optional(project) : std::nullopt));
  print(fmt::format("{}: wrote {}{}.\n{}Then: make {}, or larder build.\n", facts.recipe.title, join_words(written),
                    has_settings ? "; larder.toml stays as it is" : "", advice, example));
  return 0;
}

}  // namespace

void add_init_command(const Command& larder) {
  const Command command = larder.add_command("init", "Write a commented larder.toml, and a larder.mk for make");
  if (!command.is_asked_for()) return;
  const auto options = std::make_shared<InitOptions>();
  command.add_option("-C,--project", options->folder, "The project's folder").value_name("DIR").offers(offer_folders());
  command.add_flag("--force", options->force, "Write a larder.mk that exists anew; a larder.toml stays as it is");
  command.add_flag("--schema", options->schema, "Print a JSON schema of larder.toml for editors, and write nothing");
  command.set_footer("Larder needs neither file: a project without them builds with the defaults.");
  command.set_action([options] { return run_init(*options); });
}

}  // namespace larder::cli
