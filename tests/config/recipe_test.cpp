#include "config/recipe.hpp"

#include <algorithm>

#include "config/tables.hpp"
#include "support.hpp"

namespace larder::config {
namespace {

RecipeTable table() { return *load_recipes(""); }

TEST(Recipe, FindsByName) {
  EXPECT_EQ(table().find("cmake")->title, "C and C++ (CMake)");
  EXPECT_EQ(usage_error(table().find("crago")),
            "unknown recipe 'crago' | did you mean 'cargo'? known are: cargo, cmake and make");
  EXPECT_EQ(usage_error(table().find("bazel-workspace")),
            "unknown recipe 'bazel-workspace' | known are: cargo, cmake and make");
}

TEST(Recipe, DetectsByFile) {
  for (const auto& [file, name] : {std::pair("Cargo.toml", "cargo"), std::pair("CMakeLists.txt", "cmake"),
                                   std::pair("Makefile", "make"), std::pair("GNUmakefile", "make")}) {
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
  Recipe meson;
  meson.name = "meson";
  meson.detect = {"meson.build"};
  meson.rank = 30;
  std::vector<Recipe> recipes = table().all();
  recipes.push_back(meson);
  const RecipeTable all(std::move(recipes));
  TempFolder folder;
  folder.write("Makefile", "");
  folder.write("meson.build", "");
  EXPECT_EQ(all.detect(folder.path())->name, "meson");
  EXPECT_EQ(all.choose(folder.path())->also_fit, std::vector<std::string>{"make"});
  folder.write("CMakeLists.txt", "");
  EXPECT_EQ(all.detect(folder.path())->name, "cmake");
  EXPECT_EQ(all.choose(folder.path())->also_fit, (std::vector<std::string>{"meson", "make"}));
}

TEST(Recipe, AFolderOfThatNameIsNotDetected) {
  TempFolder folder;
  folder.write("Makefile/x", "");
  EXPECT_EQ(usage_error(table().detect(folder.path())),
            "cannot tell how to build " + folder.path() +
                " | it has none of these: Cargo.toml (cargo); CMakeLists.txt (cmake); GNUmakefile, makefile, Makefile "
                "(make) | go to the folder of a project, or name a recipe in larder.toml: [project] recipe = \"...\"");
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

/// The first build command as the engine runs it.
std::vector<std::string> built(const std::string& recipe, const std::string& target) {
  const TargetTable targets = *load_targets("");
  Placeholders values = target_placeholders(*targets.find(target));
  values.insert({{"profile", "Release"}, {"profile_dir", "release"}, {"toolchain", "/usr"}});
  const auto commands =
      table().find(recipe)->commands_for(table().find(recipe)->build, *targets.find(target), *targets.native("x86_64"));
  return *expand_present(commands.front(), values);
}

TEST(Recipe, OnAnImageOfTheTargetsOwnItsToolsHavePlainNames) {
  const Target own = on_own_image(*load_targets("")->find("musl-x64"));
  Placeholders values = target_placeholders(own);
  values.insert({{"profile", "Release"}, {"profile_dir", "release"}, {"toolchain", "/usr"}});
  const auto first = [&](const char* recipe) {
    const Recipe found = *table().find(recipe);
    return *expand_present(found.commands_for(found.build, own, *load_targets("")->native("x86_64")).front(), values);
  };
  EXPECT_EQ(first("make"), (Command{"make", "CC=cc", "CXX=c++", "AR=ar", "RANLIB=ranlib", "STRIP=strip"}));
  EXPECT_EQ(first("cmake"),
            (Command{"cmake", "-G", "Unix Makefiles", "-S", "/workspace", "-B", "/workspace/target/cmake-release",
                     "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_C_COMPILER=cc", "-DCMAKE_CXX_COMPILER=c++"}));
  EXPECT_EQ(
      expand_environment(table().find("cargo")->env, values)->count("PKG_CONFIG_LIBDIR_x86_64_unknown_linux_musl"), 0U);
}

bool has(const std::vector<std::string>& items, const std::string& item) {
  return std::find(items.begin(), items.end(), item) != items.end();
}

TEST(Recipe, CargoBuildsForTheTriple) {
  EXPECT_EQ(built("cargo", "musl-x64"),
            (Command{"cargo", "build", "--profile", "Release", "--target", "x86_64-unknown-linux-musl"}));
}

TEST(Recipe, MakeGetsTheToolsAsArguments) {
  EXPECT_EQ(built("make", "arm64"), (Command{"make", "CC=aarch64-linux-gnu-gcc", "CXX=aarch64-linux-gnu-g++",
                                             "AR=aarch64-linux-gnu-ar", "RANLIB=aarch64-linux-gnu-ranlib",
                                             "STRIP=aarch64-linux-gnu-strip", "CROSS_COMPILE=aarch64-linux-gnu-"}));
  EXPECT_FALSE(has(built("make", "musl-x64"), "CXX="));
}

TEST(Recipe, CMakeTakesTheMachinesOwnTargetForNative) {
  EXPECT_EQ(built("cmake", "x64"),
            (Command{"cmake", "-G", "Unix Makefiles", "-S", "/workspace", "-B", "/workspace/target/cmake-release",
                     "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_C_COMPILER=x86_64-linux-gnu-gcc",
                     "-DCMAKE_CXX_COMPILER=x86_64-linux-gnu-g++"}));
}

TEST(Recipe, CMakeIsToldOfACrossBuild) {
  const Command arm64 = built("cmake", "arm64");
  EXPECT_TRUE(has(arm64, "-DCMAKE_SYSTEM_NAME=Linux"));
  EXPECT_TRUE(has(arm64, "-DCMAKE_SYSTEM_PROCESSOR=aarch64"));
  EXPECT_TRUE(has(arm64, "-DCMAKE_FIND_ROOT_PATH=/usr/aarch64-linux-gnu"));
  EXPECT_TRUE(has(arm64, "-DCMAKE_AR=/usr/bin/aarch64-linux-gnu-ar"));
  EXPECT_TRUE(has(built("cmake", "windows-x64"), "-DCMAKE_SYSTEM_NAME=Windows"));
}

TEST(Recipe, CMakeForMuslFindsNoGlibcLibraries) {
  const Command musl = built("cmake", "musl-x64");
  EXPECT_FALSE(has(musl, "-DCMAKE_SYSTEM_NAME=Linux"));
  EXPECT_TRUE(has(musl, "-DCMAKE_FIND_ROOT_PATH=/usr/lib/x86_64-linux-musl;/usr/include/x86_64-linux-musl"));
  EXPECT_TRUE(has(musl, "-DCMAKE_FIND_ROOT_PATH_MODE_LIBRARY=ONLY"));
  const Command arm64 = built("cmake", "musl-arm64");
  const auto first = std::find(arm64.begin(), arm64.end(), "-DCMAKE_FIND_ROOT_PATH=/usr/aarch64-linux-gnu");
  const auto last = std::find(arm64.begin(), arm64.end(),
                              "-DCMAKE_FIND_ROOT_PATH=/usr/lib/aarch64-linux-musl;/usr/include/aarch64-linux-musl");
  EXPECT_LT(first, last) << "CMake takes the last one";
  EXPECT_NE(last, arm64.end());
}

}  // namespace
}  // namespace larder::config
