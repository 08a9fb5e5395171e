#include "builds/run/embedded.hpp"

#include <gtest/gtest.h>

#include "builds/run/project_state.hpp"
#include "builds/support.hpp"

namespace larder::builds {
namespace {

class Embedding : public ::testing::Test {
 protected:
  Embedding() { kit_.plan.recipe.blind.embedded = {{"**/*.rs"}, {"migrations"}, {"**/lib.rs"}}; }

  /// Whether a file that is another one now may be in what was built from `source`.
  bool may_be(const std::string& source, const std::string& path, const std::string& notes = {}) {
    kit_.put("src/lib.rs", source);
    const auto entries = must(look_at_project(kit_.plan, kit_.store()))->entries;
    const source::Difference difference{{path}, {}, {}, 9};
    VolumeReader volume;
    volume.notes = [&]() -> Result<NotedFiles> {
      NotedFiles noted;
      noted.add("", notes);
      return noted;
    };
    return must(may_be_embedded(kit_.os(), kit_.plan, entries, difference, opened_, volume));
  }

  Kit kit_;
  std::vector<std::string> opened_;
};

TEST_F(Embedding, APathInAStringOfASourceNamesAFileAndItsFolders) {
  EXPECT_TRUE(may_be(R"(include_dir!("$CARGO_MANIFEST_DIR/assets"))", "assets/deep/a.css"));
  EXPECT_TRUE(may_be(R"(let all = embed!("words"); )", "lib/words"));
  EXPECT_TRUE(may_be(R"(#[folder = "pages"])", "pages/a.html"));
  EXPECT_TRUE(may_be(R"(read(format!("{d}/../data")))", "data/x"));
  EXPECT_TRUE(may_be(R"(println!("cargo:rerun-if-changed=proto/a");)", "proto/b"));
  EXPECT_TRUE(may_be("", "db/migrations/1.sql")) << "a folder that macros read unasked";
}

TEST_F(Embedding, OtherStringsAndFilesAreNone) {
  EXPECT_FALSE(may_be(R"(value["assets"])", "assets/a"));
  EXPECT_FALSE(may_be(R"(println!("all the assets of it");)", "assets/a"));
  EXPECT_FALSE(may_be(R"(open("../x/a"))", "b/c"));
  EXPECT_FALSE(may_be(R"(open("words of it"))", "it"));
  EXPECT_FALSE(may_be("mod other;", "src/other.rs"));
}

TEST_F(Embedding, AStringThatIsAFilesNameNamesIt) {
  EXPECT_TRUE(may_be(R"(fn v() { read_to_string("conf.txt") })", "conf.txt"));
  EXPECT_TRUE(may_be(R"(    schema = "api.graphql",)", "src/api.graphql"));
  EXPECT_FALSE(may_be(R"(value["conf"])", "conf/a")) << "a folder is a path's part";
}

TEST_F(Embedding, WhatABuildScriptHasCompiledNamesFilesToo) {
  kit_.plan.recipe.blind.includes = {"**/*.c", "**/*.h"};
  kit_.put("c/f.c", "#include \"f.h\"\n#  include <deep/g.h>\nif (a<b.h>c)\n");
  EXPECT_TRUE(may_be("", "c/f.h"));
  EXPECT_TRUE(may_be("", "c/deep/g.h"));
  EXPECT_FALSE(may_be("", "c/b.h"));
}

TEST_F(Embedding, ABuildScriptMeansFoldersByTheirBareNames) {
  kit_.plan.recipe.blind.commit = {"**/build.rs"};
  kit_.put("build.rs", R"(const DATA: &str = "data";)");
  EXPECT_TRUE(may_be("", "data/deep/a"));
  EXPECT_TRUE(may_be(R"(fs::read_dir(root.join("more")))", "more/a"));
}

TEST_F(Embedding, ABuildScriptMayListItsOwnFolder) {
  kit_.plan.recipe.blind.commit = {"**/build.rs"};
  for (const char* script : {R"(fs::read_dir(".")?)", R"(for e in read_dir(env!("CARGO_MANIFEST_DIR")) {})",
                             "let here = env::current_dir()?;\nfor e in fs::read_dir(&here)? {}"}) {
    kit_.put("part/build.rs", script);
    EXPECT_TRUE(may_be("", "part/a.conf")) << script;
    EXPECT_FALSE(may_be("", "part/deep/a.conf")) << script;
    EXPECT_FALSE(may_be("", "a.conf")) << script;
  }
  kit_.put("part/build.rs", R"(let d = env!("CARGO_MANIFEST_DIR"); fs::read_dir(Path::new(d).join("proto")))");
  EXPECT_FALSE(may_be("", "part/a.conf"));
}

TEST_F(Embedding, ABuildScriptSpeaksToAShell) {
  kit_.plan.recipe.blind.commit = {"**/build.rs"};
  kit_.put("build.rs", R"(Command::new("sh").args(["-c", "cat *.conf"]); println!("no file *.txt");)");
  EXPECT_TRUE(may_be("", "a.conf"));
  EXPECT_FALSE(may_be("", "a.txt"));
}

TEST_F(Embedding, TextsAreReadLikeOtherFiles) { EXPECT_TRUE(may_be(R"(include_dir!("posts"))", "posts/first.md")); }

TEST_F(Embedding, ASourceThatWasThereIsCompiledIfAnything) {
  EXPECT_FALSE(may_be(R"(open("tests/data"))", "tests/all.rs"));
}

TEST_F(Embedding, ANewSourceMayBeReadToo) {
  kit_.put("src/lib.rs", R"(include_dir!("src/pages"))");
  const auto entries = must(look_at_project(kit_.plan, kit_.store()))->entries;
  VolumeReader volume;
  volume.notes = []() -> Result<NotedFiles> { return NotedFiles(); };
  EXPECT_TRUE(must(may_be_embedded(kit_.os(), kit_.plan, entries, {{}, {"src/pages/new.rs"}, {}, 9}, {}, volume)));
  EXPECT_FALSE(must(may_be_embedded(kit_.os(), kit_.plan, entries, {{}, {"lib/new.rs"}, {}, 9}, {}, volume)));
}

TEST_F(Embedding, WhatIsInANoteIsKnown) {
  EXPECT_FALSE(may_be(R"(include_str!("../text/a.txt"))", "text/a.txt", "lib.d: src/lib.rs src/../text/a.txt\n"));
}

TEST_F(Embedding, WhatABuildHasOpenedNeedsNoName) {
  opened_ = {"Cargo.toml", "link/script.ld", "noted"};
  kit_.plan.recipe.blind.known = {"**/Cargo.toml"};
  EXPECT_TRUE(may_be("", "link/script.ld"));
  EXPECT_FALSE(may_be("", "link/other.ld"));
  EXPECT_FALSE(may_be("", "Cargo.toml")) << "the tool's own";
  EXPECT_FALSE(may_be("", "noted", "lib.d: src/lib.rs noted\n"));
}

TEST_F(Embedding, AFolderThatWasListedHasNewFilesToo) {
  const auto entries = must(look_at_project(kit_.plan, kit_.store()))->entries;
  VolumeReader volume;
  volume.notes = []() -> Result<NotedFiles> { return NotedFiles(); };
  const auto may_be_with = [&](const source::Difference& difference) {
    return must(may_be_embedded(kit_.os(), kit_.plan, entries, difference, {"pages"}, volume));
  };
  EXPECT_TRUE(may_be_with({{}, {"pages/new"}, {}, 9}));
  EXPECT_TRUE(may_be_with({{}, {}, {"pages/gone"}, 9}));
  EXPECT_FALSE(may_be_with({{"pages/other"}, {}, {}, 9})) << "it was not opened";
  EXPECT_FALSE(may_be_with({{}, {"pages/deep/new"}, {}, 9}));
}

TEST_F(Embedding, ARecipeWithoutSourcesAsksNobody) {
  kit_.plan.recipe.blind.embedded = {};
  EXPECT_FALSE(may_be(R"(embed!("words"))", "words"));
}

TEST_F(Embedding, AScriptThatABuildScriptRunsNamesFilesToo) {
  kit_.plan.recipe.blind.scripts = {"**/*.sh"};
  kit_.put("tools/make.sh", "cat data/words.txt\n");
  EXPECT_TRUE(may_be(R"(Command::new("sh").arg("tools/make.sh");)", "data/words.txt"));
  EXPECT_FALSE(may_be(R"(Command::new("sh").arg("tools/other.sh");)", "data/words.txt"));
}

TEST_F(Embedding, ASourceThatWasOpenedAndIsInNoNoteWasReadByAScript) {
  kit_.plan.recipe.blind.known = {"**/*.rs"};
  EXPECT_FALSE(may_be("", "src/parts/a.rs"));
  opened_ = {"src/parts/a.rs"};
  EXPECT_TRUE(may_be("", "src/parts/a.rs"));
  EXPECT_FALSE(may_be("", "src/parts/a.rs", "a.d: src/parts/a.rs\n")) << "it is compiled";
}

TEST_F(Embedding, TheSecondPlaceOfAModuleIsSeen) {
  for (const auto& [added, other] : {std::pair("src/a/mod.rs", "src/a.rs"), std::pair("src/a.rs", "src/a/mod.rs")}) {
    kit_.put("src/lib.rs", "mod a;");
    const auto entries = must(look_at_project(kit_.plan, kit_.store()))->entries;
    VolumeReader volume;
    const std::string notes = std::string("a.d: ") + other + "\n";
    volume.notes = [&]() -> Result<NotedFiles> {
      NotedFiles noted;
      noted.add("", notes);
      return noted;
    };
    const source::Difference difference{{}, {added}, {}, 9};
    EXPECT_TRUE(must(may_be_embedded(kit_.os(), kit_.plan, entries, difference, {}, volume))) << added;
    const source::Difference another{{}, {"src/b.rs"}, {}, 9};
    EXPECT_FALSE(must(may_be_embedded(kit_.os(), kit_.plan, entries, another, {}, volume)));
  }
}

}  // namespace
}  // namespace larder::builds
