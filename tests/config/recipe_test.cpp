#include "config/recipe.hpp"

#include <algorithm>

#include "config/tables.hpp"
#include "support.hpp"

namespace larder::config {
namespace {

RecipeTable table() { return *load_recipes(""); }

TEST(Recipe, FindsByName) {
  EXPECT_EQ(table().find("cmake")->title, "C and C++ (CMake)");
  EXPECT_EQ(
      usage_error(table().find("crago")),
      "unknown recipe 'crago' | did you mean 'cargo'? known are: cargo, go, cmake, meson, autotools, make and ninja");
  EXPECT_EQ(usage_error(table().find("bazel-workspace")),
            "unknown recipe 'bazel-workspace' | known are: cargo, go, cmake, meson, autotools, make and ninja");
}

TEST(Recipe, DetectsByFile) {
  for (const auto& [file, name] :
       {std::pair("Cargo.toml", "cargo"), std::pair("CMakeLists.txt", "cmake"), std::pair("Makefile", "make"),
        std::pair("GNUmakefile", "make"), std::pair("meson.build", "meson"), std::pair("configure", "autotools"),
        std::pair("go.mod", "go"), std::pair("build.ninja", "ninja")}) {
    TempFolder folder;
    folder.write(file, "");
    EXPECT_EQ(table().detect(folder.path())->name, name);
  }
}

TEST(Recipe, AMakefileBesideTheRealThingIsNotIt) {
  TempFolder folder;
  folder.write("Makefile", "");
  folder.write("Cargo.toml", "");
  EXPECT_EQ(table().detect(folder.path())->name, "cargo");
}

TEST(Recipe, TheLowestRankIsTakenWhateverTheNames) {
  Recipe waf;
  waf.name = "waf";
  waf.detect = {"wscript"};
  waf.rank = 35;
  std::vector<Recipe> recipes = table().all();
  recipes.push_back(waf);
  const RecipeTable all(std::move(recipes));
  TempFolder folder;
  folder.write("Makefile", "");
  folder.write("wscript", "");
  EXPECT_EQ(all.detect(folder.path())->name, "waf");
  EXPECT_EQ(all.choose(folder.path())->also_fit, std::vector<std::string>{"make"});
  folder.write("CMakeLists.txt", "");
  EXPECT_EQ(all.detect(folder.path())->name, "cmake");
  EXPECT_EQ(all.choose(folder.path())->also_fit, (std::vector<std::string>{"waf", "make"}));
}

TEST(Recipe, AFolderOfThatNameIsNotDetected) {
  TempFolder folder;
  folder.write("Makefile/x", "");
  EXPECT_EQ(
      usage_error(table().detect(folder.path())),
      "cannot tell how to build " + folder.path() +
          " | it has none of these: Cargo.toml (cargo); go.mod, go.work (go); CMakeLists.txt (cmake); meson.build "
          "(meson); configure, configure.ac, configure.in, autogen.sh, bootstrap (autotools); GNUmakefile, "
          "makefile, Makefile (make); build.ninja (ninja) | go to the folder of a project, or name a recipe in "
          "larder.toml: [project] recipe = \"...\"");
}

TEST(Recipe, TheProjectAboveAFolderIsNamed) {
  TempFolder folder;
  folder.write("Cargo.toml", "");
  folder.write("src/main.rs", "");
  const std::string said = usage_error(table().detect(folder.path() + "/src"));
  EXPECT_NE(said.find("the folder above that is a project is " + folder.path() + " (`-C`)"), std::string::npos) << said;
}

TEST(Recipe, CallsProfilesAsTheToolDoes) {
  const auto called = [](const char* recipe, const char* profile) {
    const Profile found = table().find(recipe)->profile(profile);
    return found.tool + " in " + found.dir;
  };
  EXPECT_EQ(called("cargo", "release"), "release in release");
  EXPECT_EQ(called("cargo", "dev"), "dev in debug");
  EXPECT_EQ(called("cargo", "debug"), "dev in debug");
  EXPECT_EQ(called("cargo", "tuned"), "tuned in tuned");
  EXPECT_EQ(called("cmake", "release"), "Release in release");
  EXPECT_EQ(called("cmake", "dev"), "Debug in debug");
  EXPECT_EQ(called("make", "release"), "release in release");
}

const Target this_machine = *load_targets("")->native("x86_64");

Placeholders values_for(const Target& target) {
  Placeholders values = target_placeholders(target);
  values.insert({{"profile", "Release"},
                 {"output", "target"},
                 {"profile_dir", "release"},
                 {"toolchain", "/usr"},
                 {"cross", target.runs_on(this_machine) ? "" : "yes"},
                 {"other", config::is_machines_own(target, this_machine) ? "" : "yes"},
                 {"emulator", ""},
                 {"emulator_list", ""},
                 {"emulator_quoted", ""},
                 {"configure_args", "{configure_args}"},
                 {"build_args", "{build_args}"},
                 {"jobs", "2"}});
  return values;
}

/// The first build command that runs the recipe's tool, as the engine runs it.
Command built(const std::string& recipe, const Target& target) {
  const Recipe found = *table().find(recipe);
  const auto commands = found.commands_for(found.build, target, this_machine);
  const auto first =
      std::find_if(commands.begin(), commands.end(), [&](const Command& command) { return command.front() == recipe; });
  return *expand_present(first == commands.end() ? commands.front() : *first, values_for(target));
}

Command built(const std::string& recipe, const std::string& target) {
  return built(recipe, *load_targets("")->find(target));
}

/// The text of the recipe's file whose path ends so.
std::string file_of(const std::string& recipe, const Target& target, const std::string& name) {
  const Recipe found = *table().find(recipe);
  for (const BuildFile& file : found.files)
    if (file.path.ends_with(name)) return *expand(file.text, values_for(target));
  return {};
}

std::string file_of(const std::string& recipe, const std::string& target, const std::string& name) {
  return file_of(recipe, *load_targets("")->find(target), name);
}

bool has(const std::vector<std::string>& items, const std::string& item) {
  return std::find(items.begin(), items.end(), item) != items.end();
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(Recipe, OnAnImageOfTheTargetsOwnItsToolsHavePlainNames) {
  const Target own = on_own_image(*load_targets("")->find("musl-x64"));
  EXPECT_EQ(built("make", own), Command{"make"});
  const std::string toolchain = file_of("cmake", own, "toolchain.cmake");
  EXPECT_TRUE(has(toolchain, "if(NOT \"\" STREQUAL \"\")\n  larder_compiler(C CC \"cc\")")) << toolchain;
  EXPECT_EQ(expand_environment(table().find("cmake")->env, values_for(own))->at("CC"), "cc");
  EXPECT_EQ(expand_environment(table().find("cargo")->env, values_for(own))
                ->count("PKG_CONFIG_LIBDIR_x86_64_unknown_linux_musl"),
            0U);
  Target clang = own;
  clang.cc = "clang";
  EXPECT_TRUE(has(built("make", clang), "CC=$(larder_CC)")) << "the project has said so";
}

TEST(Recipe, CargoBuildsForTheTriple) {
  EXPECT_EQ(built("cargo", "musl-x64"), (Command{"cargo", "build", "--message-format=json-render-diagnostics",
                                                 "--profile", "Release", "--target", "x86_64-unknown-linux-musl"}));
}

TEST(Recipe, MakeGetsTheToolsAsArguments) {
  const Command arm64 = built("make", "arm64");
  for (const char* tool : {"CC", "CXX", "AR", "LD", "NM", "RANLIB", "STRIP", "OBJCOPY", "HOSTCC", "CC_FOR_BUILD"})
    EXPECT_TRUE(has(arm64, std::string(tool) + "=$(larder_" + tool + ")")) << tool;
  EXPECT_TRUE(has(arm64, "CROSS_COMPILE=aarch64-linux-gnu-"));
  const std::string tools = file_of("make", "musl-arm64", "tools.mk");
  EXPECT_TRUE(has(tools, "larder_cc := aarch64-linux-musl-gcc\n"));
  EXPECT_TRUE(has(tools, "larder_cxx := aarch64-linux-musl-g++\n")) << "no other machine's compiler may be taken";
  EXPECT_TRUE(has(tools, "larder_ar := aarch64-linux-gnu-ar\n"));
}

TEST(Recipe, MakeForTheMachinesOwnTargetReplacesNothing) { EXPECT_EQ(built("make", "x64"), Command{"make"}); }

TEST(Recipe, CMakeTakesTheUsersArgumentsBeforeItsDefaults) {
  EXPECT_EQ(built("cmake", "x64"), (Command{"cmake", "-S", "/workspace", "-B", "/workspace/target/cmake-release",
                                            "{configure_args}", "-C", "/workspace/target/.larder/defaults.cmake"}));
  EXPECT_FALSE(has(file_of("cmake", "x64", "toolchain.cmake"), "if(\"yes\")"));
}

TEST(Recipe, CMakeIsToldOfACrossBuild) {
  const std::string arm64 = file_of("cmake", "arm64", "toolchain.cmake");
  EXPECT_TRUE(has(
      arm64,
      "if(NOT \"yes\" STREQUAL \"\")\n  set(CMAKE_SYSTEM_NAME \"Linux\")\n  set(CMAKE_SYSTEM_PROCESSOR \"aarch64\")"));
  EXPECT_TRUE(has(arm64, "if(NOT \"yes\" STREQUAL \"\")\n  larder_compiler(C CC \"aarch64-linux-gnu-gcc\")"));
  EXPECT_TRUE(has(arm64, "set(CMAKE_FIND_ROOT_PATH \"/usr/aarch64-linux-gnu\" CACHE"));
  EXPECT_TRUE(has(arm64, "set(CMAKE_AR \"/usr/bin/aarch64-linux-gnu-ar\" CACHE"));
  EXPECT_TRUE(has(file_of("cmake", "windows-x64", "toolchain.cmake"), "set(CMAKE_SYSTEM_NAME \"Windows\")"));
}

TEST(Recipe, CMakeForMuslFindsNoGlibcLibraries) {
  const std::string musl = file_of("cmake", "musl-x64", "toolchain.cmake");
  EXPECT_TRUE(has(musl, "set(CMAKE_FIND_ROOT_PATH \"/usr/lib/x86_64-linux-musl;/usr/include/x86_64-linux-musl\")"));
  EXPECT_TRUE(has(musl, "if((\"musl\" STREQUAL \"musl\""));
}

TEST(Recipe, MesonAndConfigureAreToldOfOtherTargetsOnly) {
  EXPECT_TRUE(has(built("meson", "arm64"), "--cross-file=/workspace/target/.larder/cross.ini"));
  EXPECT_FALSE(has(built("meson", "x64"), "--cross-file=/workspace/target/.larder/cross.ini"));
  EXPECT_TRUE(has(file_of("meson", "s390x", "cross.ini"), "endian = 'big'"));
  EXPECT_TRUE(has(file_of("meson", "armhf", "cross.ini"), "cpu_family = 'arm'\n"));
  EXPECT_TRUE(has(built("autotools", "musl-arm64"), "--host=aarch64-linux-musl"));
  EXPECT_FALSE(has(built("autotools", "x64"), "--host=x86_64-linux-gnu"));
}

TEST(Recipe, GoIsToldItsWordsForTheTarget) {
  const auto env = *expand_environment(table().find("go")->env, values_for(*load_targets("")->find("musl-arm64")));
  EXPECT_EQ(env.at("GOOS"), "linux");
  EXPECT_EQ(env.at("GOARCH"), "arm64");
  EXPECT_EQ(env.at("CC"), "aarch64-linux-musl-gcc");
}

}  // namespace
}  // namespace larder::config
