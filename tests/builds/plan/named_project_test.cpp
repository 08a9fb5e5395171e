#include "builds/plan/named_project.hpp"

#include <gtest/gtest.h>

#include "builds/support.hpp"

namespace larder::builds {
namespace {

using test::TempDir;
using Words = std::vector<std::string>;

config::Recipe recipe(const std::string& name, const std::string& file, const Words& options) {
  config::Recipe made;
  made.name = name;
  made.detect = {file};
  made.project_options = options;
  return made;
}

TEST(ValuesOf, AreFoundInEachForm) {
  const Words args = {"-j2", "-C", "one", "-Ctwo", "--directory=three", "--directory", "four", "--", "-C", "five"};
  EXPECT_EQ(values_of(args, {"-C", "--directory"}), (Words{"one", "two", "three", "four"}));
  EXPECT_EQ(values_of({"-C"}, {"-C"}), Words{});
  EXPECT_EQ(values_of({"--directoryx", "--directory="}, {"--directory"}), Words{});
}

TEST(ProjectNamedBy, IsOfTheRecipeWhoseFileIsThere) {
  const TempDir dir;
  test::put_file(dir.fd(), "sub/Makefile", "");
  test::put_file(dir.fd(), "sub/other.mk", "");
  test::put_dir(dir.fd(), "empty");
  const config::RecipeTable recipes(
      {recipe("go", "go.mod", {"-C"}), recipe("make", "Makefile", {"-C", "-f"}), recipe("none", "Makefile", {})});
  const auto found = project_named_by(recipes, {"-C", "sub"}, dir.path());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->recipe.name, "make");
  EXPECT_TRUE(found->folder.ends_with("/sub"));
  EXPECT_TRUE(project_named_by(recipes, {"-fsub/other.mk"}, dir.path()));
  for (const Words& args : {Words{"-C", "empty"}, Words{"-C", "gone"}, Words{"sub"}, Words{"--", "-C", "sub"}})
    EXPECT_FALSE(project_named_by(recipes, args, dir.path()));
}

TEST(CheckToolArguments, RefusesWhatWouldBeLostAndOtherTargets) {
  config::Recipe cargo;
  cargo.output_option = "--target-dir";
  cargo.target_option = "--target";
  const auto check = [&](const Words& args) {
    return static_cast<bool>(check_tool_arguments(cargo, args, "/workspace/app/member", "/workspace/app", {"one"}));
  };
  EXPECT_TRUE(check({}));
  EXPECT_TRUE(check({"--target-dir", "out", "--target=one"}));
  EXPECT_TRUE(check({"--target-dir=../out"}));
  EXPECT_FALSE(check({"--target-dir", "../../out"}));
  EXPECT_FALSE(check({"--target-dir=/tmp/out"}));
  EXPECT_FALSE(check({"--target", "two"}));
  EXPECT_TRUE(check({"--", "--target", "two"}));
  EXPECT_TRUE(check_tool_arguments({}, {"--target", "all"}, "/workspace", "/workspace", {"one"})) << "CMake's own";
}

}  // namespace
}  // namespace larder::builds
