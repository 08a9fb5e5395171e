#include "builds/run/packages.hpp"

#include <gtest/gtest.h>

#include "builds/run/project_state.hpp"
#include "builds/support.hpp"

namespace larder::builds {
namespace {

class Packages : public ::testing::Test {
 protected:
  Packages() {
    config::BlindSpots& blind = kit_.plan.recipe.blind;
    kit_.plan.recipe.workspace = "Cargo.toml";
    blind.commit = {"**/build.rs"};
    blind.told.name_key = "package.name";
    blind.told.links_key = "package.links";
    blind.told.sealed = ".cargo-checksum.json";
    blind.embedded.sources = {"**/*.rs"};
    blind.embedded.locks = {"Cargo.lock"};
    blind.embedded.script_key = "package.build";
    blind.embedded.macro_key = "lib.proc-macro";
    blind.embedded.manifest_words = {"CARGO_MANIFEST_PATH"};
  }

  source::Entries entries() { return must(look_at_project(kit_.plan, kit_.store()))->entries; }
  std::vector<Package> packages() { return packages_of(kit_.os(), kit_.plan, entries()); }

  /// Whether the script of a package in a/ speaks of the file.
  bool speaks(const std::string& script, const std::string& path) {
    Package package;
    package.folder = package.name = "a";
    package.script_text = script;
    return script_speaks_of(kit_.plan, package, path);
  }

  Kit kit_;
};

TEST_F(Packages, AreWhatTheManifestsSay) {
  kit_.put("Cargo.toml",
           "[package]\nname = \"app\"\nbuild = \"build/main.rs\"\n[dependencies]\nx = \"1\"\n"
           "[target.'cfg(unix)'.build-dependencies]\ny = { package = \"z\", path = \"z\" }\n");
  kit_.put("build/main.rs", "mod more;");
  kit_.put("build/more.rs", "// more");
  kit_.put("m/Cargo.toml", "[package]\nname = \"m\"\nlinks = \"m\"\n[lib]\nproc-macro = true\n");
  kit_.put("m/build.rs", "");
  const auto found = packages();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].name, "app");
  EXPECT_EQ(found[0].scripts, (std::set<std::string>{"build/main.rs", "build/more.rs"}));
  EXPECT_NE(found[0].script_text.find("// more"), std::string::npos);
  EXPECT_EQ(found[0].needs, std::set<std::string>{"x"});
  EXPECT_EQ(found[0].script_needs, std::set<std::string>{"z"});
  EXPECT_FALSE(found[0].is_macro || found[0].tells_others);
  EXPECT_EQ(found[1].folder, "m");
  EXPECT_EQ(found[1].scripts, std::set<std::string>{"m/build.rs"});
  EXPECT_TRUE(found[1].is_macro && found[1].tells_others);
}

TEST_F(Packages, AFileBelongsToTheNearest) {
  kit_.put("Cargo.toml", "[workspace]\n");
  kit_.put("a/Cargo.toml", "[package]\nname = \"a\"\n");
  EXPECT_EQ(package_folder(kit_.plan, entries(), "a/src/lib.rs"), "a");
  EXPECT_EQ(package_folder(kit_.plan, entries(), "ab/lib.rs"), "");
  EXPECT_EQ(package_folder(kit_.plan, {}, "a/src/lib.rs"), std::nullopt);
}

TEST_F(Packages, SealedOnesAreNamedWhereAFileOfTheirsIsAnother) {
  kit_.put("vendor/foo/Cargo.toml", "[package]\nname = \"foo\"\n");
  kit_.put("vendor/foo/.cargo-checksum.json", "{}");
  EXPECT_TRUE(packages().empty());
  const auto names = [&](const std::string& path) { return sealed_packages(kit_.os(), kit_.plan, entries(), {path}); };
  EXPECT_EQ(names("vendor/foo/src/lib.rs").count("foo"), 1U);
  EXPECT_TRUE(names("vendor/other/src/lib.rs").empty());
}

TEST_F(Packages, TheToolBeginsWithWhatItsFilesName) {
  kit_.put("app/Cargo.toml", "[[bin]]\nname = \"app\"\npath = \"../core/main.rs\"\n");
  EXPECT_EQ(roots_of_tool(kit_.os(), kit_.plan, entries()), std::set<std::string>{"core/main.rs"});
}

TEST_F(Packages, AScriptSpeaksOfAFileByTheEndOfItsPath) {
  EXPECT_TRUE(speaks(R"(read_to_string("../data.txt"))", "data.txt"));
  EXPECT_TRUE(speaks(R"(format!("{here}/x"); join("conf/data.txt"))", "a/conf/data.txt"));
  EXPECT_FALSE(speaks(R"(read_to_string("conf/data.txt"))", "a/data.txt"));
  EXPECT_FALSE(speaks(R"(println!("no data.txt here"))", "data.txt"));
}

TEST_F(Packages, AScriptThatListsFoldersSpeaksOfWhatLiesInThem) {
  EXPECT_TRUE(speaks(R"(read_dir("defs"))", "a/defs/x.def"));
  EXPECT_TRUE(speaks(R"(let d = "../shared"; read_dir(d))", "shared/deep/x"));
  EXPECT_TRUE(speaks(R"(WalkDir::new("."))", "a/x"));
  EXPECT_TRUE(speaks(R"(read_dir(".."))", "b/x"));
  EXPECT_FALSE(speaks(R"(read_dir("."))", "b/x"));
  EXPECT_FALSE(speaks(R"(include("src"))", "a/src/x.rs")) << "it lists nothing";
}

TEST_F(Packages, AScriptSpeaksOfTheToolsFilesByWords) {
  EXPECT_TRUE(speaks("env::var(\"CARGO_MANIFEST_PATH\")", "a/Cargo.toml"));
  EXPECT_TRUE(speaks("env::var(\"CARGO_MANIFEST_PATH\")", "Cargo.lock"));
  EXPECT_FALSE(speaks("env::var(\"CARGO_MANIFEST_PATH\")", "a/x"));
}

}  // namespace
}  // namespace larder::builds
