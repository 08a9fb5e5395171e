#include "config/tables.hpp"

#include <algorithm>

#include "base/glob.hpp"
#include "config/embedded.hpp"
#include "support.hpp"

namespace larder::config {
namespace {

constexpr const char* small_target =
    "triple = 't'\nlibc = 'glibc'\nsystem = 'Linux'\nprocessor = 'p'\ncc = 'c'\nlinker = 'l'\n";

constexpr const char* small_recipe =
    "title = 'Small'\ndetect = ['small.txt']\n[volumes]\ncompiled = 'small-{target}'\n"
    "[build]\ncommands = [['small']]\n[artifacts]\ninclude = ['out/*']\n";

std::string target_mistake(const std::string& text) { return usage_error(parse_targets(text, "targets.toml")); }
std::string recipe_mistake(const std::string& text) { return usage_error(parse_recipe(text, "r.toml")); }

TEST(Data, AllTargetsAreThere) {
  const Result<TargetTable> table = load_targets("");
  ASSERT_TRUE(table) << told(table.error());
  EXPECT_EQ(table->names(), (std::vector<std::string>{"x64", "arm64", "musl-x64", "musl-arm64", "armhf", "i686",
                                                      "ppc64el", "s390x", "riscv64", "windows-x64"}));
  std::vector<std::string> in_all;
  for (const Target& target : table->all())
    if (target.in_all) in_all.push_back(target.name);
  EXPECT_EQ(in_all, (std::vector<std::string>{"x64", "arm64", "musl-x64", "musl-arm64"}));
}

TEST(Data, EachTargetIsConsistent) {
  const TargetTable table = *load_targets("");
  for (const Target& target : table.all()) {
    EXPECT_TRUE(target.triple.starts_with(target.processor.substr(0, 3)) || target.name == "ppc64el") << target.name;
    EXPECT_EQ(target.elf_interpreter.empty(), target.system != "Linux") << target.name;
    EXPECT_TRUE(target.packages.contains("cc")) << target.name;
    EXPECT_TRUE(target.packages.contains("emulator")) << target.name;
    EXPECT_NE(target.packages.contains("rust_std"), target.commands.contains("rust_std")) << target.name;
    EXPECT_EQ(target.packages.contains("cxx"), !target.cxx.empty()) << target.name;
    EXPECT_TRUE(target.ar.ends_with("-ar")) << target.name;
    EXPECT_FALSE(target.emulator.empty()) << target.name;
  }
}

TEST(Data, AllRecipesAreThere) {
  const Result<RecipeTable> table = load_recipes("");
  ASSERT_TRUE(table) << told(table.error());
  std::vector<std::string> names;
  for (const Recipe& recipe : table->all()) names.push_back(recipe.name);
  EXPECT_EQ(names, (std::vector<std::string>{"cargo", "go", "cmake", "meson", "autotools", "make", "ninja"}));
  EXPECT_EQ(embedded_recipes().front().first, "autotools.toml");
}

TEST(Data, TheCargoRecipeSaysWhatItIsMeantTo) {
  const Recipe cargo = *load_recipes("")->find("cargo");
  EXPECT_EQ(cargo.output, "target");
  EXPECT_EQ(cargo.toolchains, (std::vector<std::string>{"{rustup}", "/usr"}));
  ASSERT_EQ(cargo.downloads.size(), 2U);
  EXPECT_EQ(cargo.downloads[0].name, "cargo-cache-{target}");
  EXPECT_EQ(cargo.downloads[0].path, "/usr/local/cargo/registry");
  EXPECT_EQ(cargo.downloads[1].path, "/usr/local/cargo/git");
  EXPECT_EQ(cargo.compiled_name, "cargo-target-{project}-{target}");
  ASSERT_TRUE(cargo.fetch);
  EXPECT_EQ(cargo.fetch->command, (Command{"cargo", "fetch"}));
  EXPECT_EQ(cargo.fetch->per_target, (Command{"--target", "{triple}"}));
  EXPECT_EQ(cargo.fetch->brings_back, std::vector<std::string>{"Cargo.lock"});
  EXPECT_TRUE(cargo.safe_to_interrupt);
  EXPECT_TRUE(cargo.skip_unchanged);
  EXPECT_FALSE(cargo.settings_in_variant) << "cargo fingerprints them itself";
  EXPECT_TRUE(cargo.blind.changed.empty() && cargo.blind.removed.empty());
  EXPECT_EQ(cargo.build_env.at("CARGO_NET_OFFLINE"), "true");
  EXPECT_FALSE(cargo.foreign_artifacts_allowed);
}

TEST(Data, CargosSettingsAreTheTargetsOwn) {
  const Placeholders values = target_placeholders(*load_targets("")->find("musl-x64"));
  const Environment settings = *expand_environment(load_recipes("")->find("cargo")->settings.values, values);
  EXPECT_EQ(settings.at("target.x86_64-unknown-linux-musl.linker"), "x86_64-linux-gnu-gcc");
  EXPECT_EQ(settings.at("env.CC_x86_64_unknown_linux_musl"), "x86_64-linux-musl-gcc");
  EXPECT_EQ(settings.at("env.CXX_x86_64_unknown_linux_musl"), "x86_64-linux-musl-g++") << "which is nobody's";
}

TEST(Data, TheMakeRecipeBuildsInTheSourceTree) {
  const Recipe make = *load_recipes("")->find("make");
  EXPECT_EQ(make.output, "");
  EXPECT_FALSE(make.fetch);
  EXPECT_FALSE(make.skip_unchanged);
  EXPECT_TRUE(make.foreign_artifacts_allowed);
}

TEST(Data, TheMakeRecipeNamesWhatMakeDoesNotSee) {
  const Recipe make = *load_recipes("")->find("make");
  const auto matches = [](const std::vector<std::string>& patterns, const std::string& path) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& one) { return glob_matches(one, path); });
  };
  for (const char* path :
       {"Makefile", "lib/Makefile", "GNUmakefile", "rules.mk", "mk/rules.mk", "configure", "config.mak"})
    EXPECT_TRUE(matches(make.blind.changed, path)) << path;
  for (const char* path : {"main.c", "lib/part.h", "NEWS"}) EXPECT_FALSE(matches(make.blind.changed, path)) << path;
  for (const char* path : {"main.c", "lib/part.cpp", "lib/part.h", "start.S"})
    EXPECT_TRUE(matches(make.blind.removed, path)) << path;
  EXPECT_FALSE(matches(make.blind.removed, "NEWS"));
  EXPECT_TRUE(make.settings_in_variant);
}

TEST(Data, CMakesSettingsCountAtItsFirstRunAlone) {
  const Recipe cmake = *load_recipes("")->find("cmake");
  EXPECT_EQ(cmake.output, "target");
  EXPECT_TRUE(cmake.settings_in_variant);
  EXPECT_FALSE(cmake.skip_unchanged);
}

/// Whoever can write objects there decides what others link, and ccache's configuration names programs.
TEST(Data, WhatToolsKeepBelongsToOneProject) {
  const RecipeTable recipes = *load_recipes("");
  for (const Recipe& recipe : recipes.all()) {
    for (const DownloadVolume& volume : recipe.image.volumes)
      EXPECT_NE(volume.name.find("{project}"), std::string::npos) << recipe.name;
    if (!recipe.image.env.contains("CCACHE_DIR")) continue;
    EXPECT_EQ(recipe.image.env.at("CCACHE_CONFIGPATH"), "/dev/null") << recipe.name;
  }
}

/// Everything in the recipes that is expanded, for each target.
TEST(Data, TheRecipesNameNoUnknownPlaceholder) {
  const TargetTable targets = *load_targets("");
  const RecipeTable recipes = *load_recipes("");
  for (const Target& target : targets.all()) {
    Placeholders values = target_placeholders(target);
    for (const char* name :
         {"profile", "profile_dir", "output", "jobs", "project", "toolchain", "rustup", "cross", "other", "emulator",
          "emulator_list", "emulator_quoted", "configure_args", "build_args", "settings"})
      values[name] = name;
    for (const Recipe& recipe : recipes.all()) {
      std::vector<std::string> texts = recipe.toolchains;
      const auto add = [&](const std::vector<std::string>& more) {
        texts.insert(texts.end(), more.begin(), more.end());
      };
      for (const Need& need : recipe.needs) add({need.what, need.program, need.file});
      for (const DownloadVolume& volume : recipe.downloads) add({volume.name, volume.path});
      for (const auto* commands : {&recipe.build, &recipe.test})
        for (const Command& command : recipe.commands_for(*commands, target, *targets.native("x86_64"), true))
          add(command);
      for (const BuildFile& file : recipe.files) add({file.path, file.text});
      if (recipe.fetch) add(recipe.fetch->command);
      if (recipe.fetch) add(recipe.fetch->per_target);
      add(recipe.artifacts);
      add(recipe.artifacts_not);
      add({recipe.compiled_name});
      const auto expanded = expand_all(texts, values);
      EXPECT_TRUE(expanded) << told(expanded.error());
      EXPECT_TRUE(expand_environment(recipe.env, values));
      EXPECT_TRUE(expand_environment(recipe.build_env, values));
    }
  }
}

TEST(Data, EachNeedCanBeMet) {
  const TargetTable targets = *load_targets("");
  const RecipeTable recipes = *load_recipes("");
  for (const Recipe& recipe : recipes.all())
    for (const Need& need : recipe.needs) {
      EXPECT_FALSE(need.package.empty()) << recipe.name << ": " << need.what;
      if (!need.package.starts_with("target:")) continue;
      const std::string key = need.package.substr(7);
      for (const Target& target : targets.all())
        EXPECT_TRUE(target.packages.contains(key) || target.commands.contains(key)) << target.name << " " << key;
    }
}

TEST(Data, TellsOfMistakesInATarget) {
  EXPECT_EQ(target_mistake("\n[own]\ntriple = 't'\n"), "targets.toml:2:1: [own] needs 'libc'");
  EXPECT_EQ(
      target_mistake("[own]\ntripel = 't'\n" + std::string(small_target)),
      "targets.toml:2:1: unknown key 'tripel' in [own] | did you mean 'triple'? [own] knows: triple, debian_arch, "
      "multiarch, libc, system, processor, cpu_family, endian, goarch, cc, cxx, ar, linker, emulator, elf_interpreter, "
      "in_all, packages, "
      "commands and no_cxx");
  EXPECT_EQ(
      target_mistake("['a/b']\n" + std::string(small_target)),
      "targets.toml:1:1: 'a/b' is not a valid name | use up to 64 letters, digits, '.', '_' and '-', with a letter "
      "or digit first");
  EXPECT_EQ(target_mistake("own = 1\n"), "targets.toml:1:7: 'own' must be a table, not a number");
  EXPECT_EQ(target_mistake("[own.packages]\ncc = ['gcc']\n[own]\n" + std::string(small_target)),
            "targets.toml:2:6: 'cc' must be a string, not a list");
}

/// A recipe may be a stranger's: no name or path of it climbs, is taken for an option or speaks to the terminal.
TEST(Tables, HostileValuesOfRecipesAreRefused) {
  const std::string rest = "volumes = {compiled = 'c'}\nartifacts = {include = []}\nbuild = {commands = [['x']]}\n";
  const std::string small = "name = 'x'\ntitle = 'X'\n" + rest;
  ASSERT_TRUE(parse_recipe(small, "r.toml"));
  const std::vector<std::string> places = {"usr", "/..", "/a/../etc", "/a/..", "/a\\nb", "-x"};
  const std::vector<std::string> names = {"-x", "a\\nb", "\\u001b[2J", "\\u007f"};
  const std::vector<std::string> folders = {"..", "a/b", "/etc", "-x", "a\\nb"};
  const std::vector<std::string> inside = {"/etc/x", "../x", "a/../../x", "a\\nb"};
  const std::vector<std::pair<std::string, std::vector<std::string>>> fields = {
      {small + "[[image.volume]]\nname = 'n'\npath = ", places},
      {small + "[settings]\npath = ", places},
      {small + "[settings.user]\nhome = '.x'\nfiles = []\ncredentials_path = ", places},
      {small + "[[file]]\ntext = 'x'\npath = ", places},
      {"output = ", folders},
      {"other_output = ", folders},
      {"workspace_file = ", {"../x", "a/b", "-x", "a\\nb"}},
      {small + "[profiles.x]\ntool = 'x'\ndir = ", inside},
      {small + "[profiles.x]\ndir = 'x'\ntool = ", names},
      {small + "[[needs]]\nprogram = 'x'\nwhat = ", names},
      {small + "[[needs]]\nwhat = 'x'\nprogram = ", names},
      {small + "[[needs]]\nprogram = 'p'\nwhat = 'x'\npackage = ", names},
      {small + "[install]\ncommands = [['x']]\nfolder = ", inside},
      {small + "[[image.script]]\nname = ", {"../x", "-x", "a/b", "a\\nb"}},
  };
  for (const auto& [field, values] : fields)
    for (const std::string& value : values) {
      const bool on_top = field.find('\n') == std::string::npos;
      const auto recipe = parse_recipe(field + '"' + value + "\"\n" + (on_top ? small : ""), "r.toml");
      EXPECT_FALSE(recipe) << field << value;
      if (recipe) continue;
      for (const char c : recipe.error().message) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << field << value;
    }
  for (const std::string& value : names) {
    EXPECT_FALSE(parse_recipe("name = \"" + value + "\"\ntitle = 'X'\n" + rest, "r.toml")) << value;
    EXPECT_FALSE(parse_recipe("name = 'x'\ntitle = \"" + value + "\"\n" + rest, "r.toml")) << value;
  }
  for (const std::string& value : inside)
    for (const char* list : {"detect", "searched_above"})
      EXPECT_FALSE(parse_recipe(std::string(list) + " = [\"" + value + "\"]\n" + small, "r.toml")) << list << value;
}

TEST(Data, TellsOfMistakesInARecipe) {
  const std::string small = std::string("name = 'small'\n") + small_recipe;
  EXPECT_TRUE(parse_recipe(small, "r.toml"));
  EXPECT_EQ(recipe_mistake(small_recipe), "r.toml:1:1: this file needs 'name'");
  EXPECT_EQ(recipe_mistake("name = '../x'\n" + std::string(small_recipe)),
            "r.toml:1:8: '../x' is not a valid name | use up to 64 letters, digits, '.', '_' and '-', with a letter or "
            "digit first");
  for (const char* folder : {"a/b", "/target", ".", ".."})
    EXPECT_EQ(recipe_mistake("output = '" + std::string(folder) + "'\n" + small),
              "r.toml:1:10: 'output' must be the name of a folder in the project's own")
        << folder;
  for (const char* key : {"changed", "removed"})
    EXPECT_EQ(recipe_mistake(small + "[content]\n" + key + " = ['../*.mk']\n"),
              "r.toml:11:11: '../*.mk' in '" + std::string(key) +
                  "' does not lie in the project | give paths relative to the project's folder, without '..'");
  EXPECT_EQ(recipe_mistake(small + "[fetch]\ncommand = ['x']\nbrings_back = ['/etc/passwd']\n"),
            "r.toml:12:15: '/etc/passwd' in 'brings_back' does not lie in the project | give paths relative to the "
            "project's folder, without '..'");
  EXPECT_EQ(recipe_mistake("version = 0\n" + small), "r.toml:1:11: 'version' must be between 1 and 2147483647");
  EXPECT_EQ(recipe_mistake("needs = [{what = 'x'}]\n" + small),
            "r.toml:1:10: [[needs]] needs either 'program' or 'file'");
  EXPECT_EQ(recipe_mistake("needs = [{what = 'x', program = 'p', file = 'f'}]\n" + small),
            "r.toml:1:10: [[needs]] needs either 'program' or 'file'");
  EXPECT_EQ(recipe_mistake(small + "[[volumes.download]]\nname = 'n'\npath = 'usr'\n"),
            "r.toml:12:8: 'path' must begin with '/'");
  EXPECT_EQ(recipe_mistake(small + "[fetch]\ncommand = []\n"), "r.toml:11:11: 'command' must not be empty");
  EXPECT_EQ(recipe_mistake("name = 'x'\ntitle = 'X'\nvolumes = {compiled = 'c'}\nartifacts = {include = []}\n"
                           "[build]\ncommands = [[]]\n"),
            "r.toml:6:12: 'commands' has an empty command");
  EXPECT_EQ(recipe_mistake("name = 'x'\ntitle = 'X'\nvolumes = {compiled = 'c'}\nartifacts = {include = []}\n"
                           "[build]\ncommands = []\n"),
            "r.toml:6:12: 'commands' must not be empty");
  EXPECT_EQ(recipe_mistake(small + "[profiles]\nfast = {tool = 'O3'}\n"), "r.toml:11:8: [profiles.fast] needs 'dir'");
}

TEST(Data, AUsersTargetReplacesOrIsAdded) {
  TempFolder folder;
  folder.write("targets.toml", std::string("[own]\n") + small_target + "[x64]\n" + small_target);
  const Result<TargetTable> table = load_targets(folder.path());
  ASSERT_TRUE(table) << told(table.error());
  EXPECT_EQ(table->all().front().name, "x64");
  EXPECT_EQ(table->all().front().triple, "t");
  EXPECT_EQ(table->all().front().emulator, "");
  EXPECT_EQ(table->all().back().name, "own");
  EXPECT_EQ(table->all().size(), load_targets("")->all().size() + 1);
}

TEST(Data, AUsersRecipeReplacesOrIsTriedFirst) {
  TempFolder folder;
  folder.write("recipes/small.toml", std::string("name = 'small'\n") + small_recipe);
  folder.write("recipes/cmake.toml", std::string("name = 'cmake'\n") + small_recipe);
  folder.write("recipes/.hidden.toml", "broken");
  folder.write("recipes/notes.txt", "broken");
  const Result<RecipeTable> table = load_recipes(folder.path());
  ASSERT_TRUE(table) << told(table.error());
  std::string names;
  for (const Recipe& recipe : table->all()) names += recipe.name + " ";
  EXPECT_EQ(names, "small cargo go cmake meson autotools make ninja ");
  EXPECT_EQ(table->find("cmake")->title, "Small");
}

TEST(Data, AUsersRecipeMayHaveARank) {
  TempFolder folder;
  folder.write("recipes/late.toml", std::string("name = 'late'\nrank = 95\n") + small_recipe);
  folder.write("recipes/meson.toml", std::string("name = 'meson'\nrank = 30\n") + small_recipe);
  folder.write("recipes/cargo.toml", std::string("name = 'cargo'\nrank = 40\n") + small_recipe);
  std::string names;
  const RecipeTable table = *load_recipes(folder.path());
  for (const Recipe& recipe : table.all()) names += recipe.name + " ";
  EXPECT_EQ(names, "go cmake meson cargo autotools make late ninja ");
  EXPECT_EQ(recipe_mistake("rank = 0\n" + std::string("name = 'x'\n") + small_recipe),
            "r.toml:1:8: 'rank' must be between 1 and 2147483647");
}

TEST(Data, WhatElseFitsIsTheSameAsInTheTable) {
  TempFolder folder;
  folder.write("Makefile", "");
  EXPECT_TRUE(load_recipe("", "", folder.path())->also_fit.empty());
  folder.write("CMakeLists.txt", "");
  EXPECT_EQ(load_recipe("", "", folder.path())->recipe.name, "cmake");
  EXPECT_EQ(load_recipe("", "", folder.path())->also_fit, std::vector<std::string>{"make"});
  EXPECT_TRUE(load_recipe("", "make", folder.path())->also_fit.empty()) << "the project has said it";
  folder.write("Cargo.toml", "");
  EXPECT_EQ(load_recipe("", "", folder.path())->also_fit, load_recipes("")->choose(folder.path())->also_fit);
  folder.write("small.txt", "");
  folder.write("recipes/own.toml", "name = 'own'\n" + std::string(small_recipe));
  EXPECT_EQ(load_recipe(folder.path(), "", folder.path())->also_fit,
            (std::vector<std::string>{"cargo", "cmake", "make"}));
}

TEST(Data, OneRecipeIsTheSameAsInTheTable) {
  TempFolder folder;
  for (const char* name : {"cargo", "cmake", "make"}) EXPECT_EQ(load_recipe("", name, "")->recipe.name, name);
  EXPECT_EQ(usage_error(load_recipe("", "", folder.path())), usage_error(load_recipes("")->detect(folder.path())));
  EXPECT_EQ(usage_error(load_recipe("", "crago", "")), usage_error(load_recipes("")->find("crago")));
  folder.write("Makefile", "");
  EXPECT_EQ(load_recipe("", "", folder.path())->recipe.name, "make");
  folder.write("Cargo.toml", "");
  EXPECT_EQ(load_recipe("", "", folder.path())->recipe.name, "cargo");
  folder.write("small.txt", "");
  folder.write("recipes/own.toml", "name = 'own'\n" + std::string(small_recipe));
  EXPECT_EQ(load_recipe(folder.path(), "", folder.path())->recipe.name, "own");
  EXPECT_EQ(load_recipe(folder.path(), "cargo", "")->recipe.name, "cargo");
}

TEST(Data, AFileCalledLarderIsNoFolderOfRecipes) {
  TempFolder project;
  project.write("larder", "a program");
  project.write("Makefile", "");
  EXPECT_EQ(load_recipe("", "", project.path())->recipe.name, "make");
}

TEST(Data, AProjectsRecipeIsTriedBeforeAllOthers) {
  TempFolder user;
  user.write("recipes/own.toml", "name = 'own'\n" + std::string(small_recipe));
  TempFolder project;
  project.write("small.txt", "");
  EXPECT_EQ(load_recipe(user.path(), "", project.path())->recipe.name, "own");
  project.write("larder/recipes/theirs.toml", "name = 'theirs'\n" + std::string(small_recipe));
  EXPECT_EQ(load_recipe(user.path(), "", project.path())->recipe.name, "theirs");
  EXPECT_EQ(load_recipe("", "theirs", project.path())->recipe.title, "Small");
  EXPECT_FALSE(load_recipe("", "theirs", ""));
}

TEST(Data, AProjectsRecipeFillsNoVolumeOfOthers) {
  TempFolder project;
  for (const char* table : {"[[volumes.download]]", "[[image.volume]]"}) {
    const std::string recipe = "name = 'theirs'\n" + std::string(small_recipe) + table + "\npath = '/x'\nname = ";
    project.write("larder/recipes/theirs.toml", recipe + "'cargo-cache-{target}'\n");
    EXPECT_EQ(usage_error(load_recipe("", "", project.path())),
              "the project's recipe theirs names a volume 'cargo-cache-{target}' | other projects may have one of that "
              "name, and what they find in it must be theirs | call it 'project-cargo-cache-{target}'");
    project.write("larder/recipes/theirs.toml", recipe + "'project-x-{target}'\n");
    EXPECT_TRUE(load_recipe("", "theirs", project.path()));
  }
}

TEST(Data, AUsersMistakeIsToldWithItsFile) {
  TempFolder folder;
  folder.write("targets.toml", "[own]\n");
  folder.write("recipes/own.toml", "name = 1\n" + std::string(small_recipe));
  EXPECT_EQ(usage_error(load_targets(folder.path())), folder.path() + "/targets.toml:1:1: [own] needs 'triple'");
  EXPECT_EQ(usage_error(load_recipes(folder.path())),
            folder.path() + "/recipes/own.toml:1:8: 'name' must be a string, not a number");
}

TEST(Data, AUsersFolderNeedNotExist) {
  EXPECT_TRUE(load_targets("/nonexistent/larder"));
  EXPECT_TRUE(load_recipes("/nonexistent/larder"));
}

TEST(Data, TheUsersFolderIsWhereXdgSays) {
  const ScopedVariable home("HOME", "/home/someone");
  {
    const ScopedVariable xdg("XDG_CONFIG_HOME", "/etc/xdg-someone");
    EXPECT_EQ(user_config_dir(), "/etc/xdg-someone/larder");
  }
  {
    const ScopedVariable relative("XDG_CONFIG_HOME", "relative");
    EXPECT_EQ(user_config_dir(), "/home/someone/.config/larder");
  }
  const ScopedVariable xdg("XDG_CONFIG_HOME", std::nullopt);
  EXPECT_EQ(user_config_dir(), "/home/someone/.config/larder");
  const ScopedVariable no_home("HOME", std::nullopt);
  EXPECT_EQ(user_config_dir(), "");
}

}  // namespace
}  // namespace larder::config
