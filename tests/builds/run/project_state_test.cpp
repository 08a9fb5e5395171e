#include "builds/run/project_state.hpp"

#include <gtest/gtest.h>
#include <sys/mount.h>

#include "builds/support.hpp"
#include "engine/namespaces.hpp"
#include "engine/overlay.hpp"
#include "support/child.hpp"

namespace larder::builds {
namespace {

using Paths = std::vector<std::string>;

constexpr const char* elf =
    "\x7f"
    "ELF object";

/// The index that git would have for these paths: version 2, with SHA-1 (gitformat-index(5)).
std::string git_index(const Paths& paths) {
  const auto number = [](size_t value) {
    std::string bytes(4, '\0');
    for (size_t i = 0; i < 4; ++i) bytes[i] = static_cast<char>(value >> (24 - 8 * i));
    return bytes;
  };
  std::string text = "DIRC" + number(2) + number(paths.size());
  for (const std::string& path : paths) {
    std::string entry(60, '\0');
    entry += std::string{'\0', static_cast<char>(path.size())} + path;
    entry.resize((entry.size() + 8) / 8 * 8, '\0');
    text += entry;
  }
  return text + std::string(20, '\0');
}

class ProjectStates : public ::testing::Test {
 protected:
  std::shared_ptr<const ProjectState> look() const { return must(look_at_project(kit_.plan, kit_.store())); }
  void build_in_tree() { kit_.plan.recipe.output = ""; }

  static bool sees(const ProjectState& state, const std::string& path) {
    return std::any_of(state.walk.seen.begin(), state.walk.seen.end(),
                       [&](const source::Seen& seen) { return seen.entry.path == path; });
  }

  Kit kit_;
};

TEST_F(ProjectStates, HasTheProjectWithItsContents) {
  kit_.put("src/main.c", "int main;");
  const auto state = look();
  EXPECT_TRUE(sees(*state, "inputs"));
  ASSERT_TRUE(sees(*state, "src/main.c"));
  EXPECT_TRUE(source::is_known(state->walk.seen.back().entry.content));
  EXPECT_EQ(state->covered, "");
  EXPECT_TRUE(state->hidden.empty());
  EXPECT_FALSE(state->is_checkout);
}

TEST_F(ProjectStates, OneDigestIsOfAllContentAndOfNoTime) {
  kit_.put("main.c", "1");
  const std::string before = look()->content;
  test::set_mtime(kit_.dir().fd(), "project/main.c", 1000, 7);
  EXPECT_EQ(look()->content, before);
  kit_.put("main.c", "2");
  const std::string after = look()->content;
  EXPECT_NE(after, before);
  kit_.put("main.c", "1");
  EXPECT_EQ(look()->content, before);
}

TEST_F(ProjectStates, TheFolderOfResultsIsCoveredWhereItIs) {
  const std::string before = look()->content;
  kit_.put("target/one-unknown-linux-gnu/release/pantry", "1");
  const auto state = look();
  EXPECT_EQ(state->covered, "target");
  EXPECT_FALSE(sees(*state, "target"));
  EXPECT_TRUE(state->hidden.empty());
  EXPECT_EQ(state->content, before);
}

TEST_F(ProjectStates, InTheSourceTreeOnlyLardersOwnPartsOfItAreHidden) {
  build_in_tree();
  kit_.plan.triples = {"one-unknown-linux-gnu", "two-unknown-linux-gnu"};
  kit_.put("target/one-unknown-linux-gnu/release/pantry", "1");
  EXPECT_EQ(left_out_of(kit_.plan), Paths{"target"});
  EXPECT_EQ(look()->hidden, Paths{"target"});
  kit_.put("target/mine.c", "1");
  EXPECT_EQ(left_out_of(kit_.plan), Paths{"target/one-unknown-linux-gnu"});
  const auto state = look();
  EXPECT_EQ(state->hidden, Paths{"target/one-unknown-linux-gnu"});
  EXPECT_TRUE(sees(*state, "target/mine.c"));
  EXPECT_FALSE(sees(*state, "target/one-unknown-linux-gnu"));
}

TEST_F(ProjectStates, AFolderOfThatNameDeeperIsTheProjects) {
  kit_.put("src/target/mod.rs", "1");
  EXPECT_TRUE(sees(*look(), "src/target/mod.rs"));
}

TEST_F(ProjectStates, WhatOtherCompilersLeftIsHiddenFromBuildsInTheSourceTree) {
  build_in_tree();
  for (const char* path : {"main.o", "lib/part.o", "prog"}) kit_.put(path, elf);
  kit_.put("libpart.a", "!<arch>\nobjects");
  for (const char* path : {"main.d", "lib/part.lo", "main.c", "other.d", ".config"}) kit_.put(path, "text");
  const auto state = look();
  EXPECT_EQ(state->hidden, (Paths{"lib/part.lo", "lib/part.o", "libpart.a", "main.d", "main.o", "prog"}));
  EXPECT_EQ(Paths(state->objects).size(), 6U);
  for (const std::string& path : state->hidden) EXPECT_FALSE(sees(*state, path)) << path;
  for (const char* path : {"main.c", "other.d", ".config"}) EXPECT_TRUE(sees(*state, path)) << path;
}

TEST_F(ProjectStates, BuildsInAFolderOfTheirOwnSeeThem) {
  kit_.put("main.o", elf);
  const auto state = look();
  EXPECT_TRUE(sees(*state, "main.o"));
  EXPECT_TRUE(state->objects.empty());
}

TEST_F(ProjectStates, WhatGitTracksIsTheProjects) {
  build_in_tree();
  for (const char* path : {"firmware.o", "main.o"}) kit_.put(path, elf);
  kit_.put(".git/index", git_index({"firmware.o"}));
  EXPECT_EQ(look()->hidden, Paths{"main.o"});
}

TEST_F(ProjectStates, WhatTheProjectShowsIsSeen) {
  build_in_tree();
  for (const char* path : {"firmware/a.o", "firmware/b.o", "main.o"}) kit_.put(path, elf);
  kit_.plan.project.show = {"firmware/*.o"};
  EXPECT_EQ(look()->hidden, Paths{"main.o"});
}

TEST_F(ProjectStates, WhatGitKeepsForItselfStays) {
  build_in_tree();
  kit_.put(".git/hooks/helper", elf);
  EXPECT_TRUE(look()->hidden.empty());
}

TEST_F(ProjectStates, AnObjectIsKnownWithoutReadingItAgain) {
  build_in_tree();
  kit_.put("main.o", elf);
  look();
  EXPECT_EQ(test::names_in(kit_.store(), "contents").size(), 1U);
  EXPECT_EQ(look()->hidden, Paths{"main.o"});
}

TEST_F(ProjectStates, WhereWhatIsKnownIsTornAllIsReadAgain) {
  kit_.put("main.c", "1");
  const std::string content = look()->content;
  const auto names = test::names_in(kit_.store(), "contents");
  ASSERT_EQ(names.size(), 1U);
  test::put_file(kit_.store().dir(), "contents/" + names[0], "torn");
  EXPECT_EQ(look()->content, content);
}

TEST_F(ProjectStates, AStoreInTheProjectIsNotSeenAndMakesItACheckout) {
  kit_.put("main.c", "1");
  const std::string content = look()->content;
  const store::Store inside = must(store::Store::open(kit_.os(), kit_.plan.workspace.folder + "/store"));
  const auto state = must(look_at_project(kit_.plan, inside));
  EXPECT_TRUE(state->is_checkout);
  EXPECT_FALSE(sees(*state, "store"));
  EXPECT_EQ(state->content, content);
}

TEST_F(ProjectStates, WhatIsMountedInTheProjectMakesItACheckout) {
  kit_.put("data/hidden", "1");
  const std::string data = kit_.plan.workspace.folder + "/data";
  must(test::run_in_child([&] {
    must(engine::enter_namespaces());
    must(::mount("tmpfs", data.c_str(), "tmpfs", 0, nullptr) == 0, "cannot mount");
    const auto state = look();
    must(state->is_checkout, "no checkout");
    must(state->walk.mounts == Paths{"data"}, "another mount");
    must(state->covered.empty() && state->hidden.empty(), "something is hidden");
  }));
}

TEST_F(ProjectStates, AFileSystemThatOverlaysRefuseMakesItACheckout) {
  kit_.put("main.c", "1");
  const std::string& folder = kit_.plan.workspace.folder;
  must(test::run_in_child([&] {
    must(engine::enter_namespaces());
    for (const bool refused : {false, true}) {
      must(engine::mount_overlay({{folder, kit_.store().path() + "/empty"}, {}, {}}, folder));
      const auto state = look();
      must(state->is_checkout == refused, refused ? "no checkout" : "a checkout on the first overlay");
      must(sees(*state, "main.c"), "not seen");
    }
  }));
}

TEST_F(ProjectStates, IsLookedAtOnceForAllTargets) {
  ProjectWatch watch(kit_.plan, kit_.store());
  const auto first = must(watch.state());
  kit_.put("main.c", "1");
  EXPECT_EQ(must(watch.state()), first);
  watch.forget();
  EXPECT_TRUE(sees(*must(watch.state()), "main.c"));
}

}  // namespace
}  // namespace larder::builds
