#include "builds/plan/workspace.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/sha256.hpp"
#include "builds/support.hpp"
#include "support/scoped_variable.hpp"

namespace larder::builds {
namespace {

using test::TempDir;

class WorkspaceTest : public ::testing::Test {
 protected:
  std::string put_project(const std::string& name) {
    test::put_dir(dir_.fd(), name);
    return std::filesystem::canonical(dir_.path() + "/" + name).string();
  }
  void put_remote(const std::string& project, const std::string& url) {
    test::put_file(dir_.fd(), project + "/.git/config",
                   "[core]\n\tbare = false\n[remote \"other\"]\n\turl = https://example.org/wrong.git\n"
                   "[remote \"origin\"]\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n\turl = " +
                       url +
                       "\n"
                       "[branch \"main\"]\n\turl = wrong\n");
  }
  std::string name_of(const std::string& folder, const std::string& configured = "") {
    config::Project project;
    project.name = configured;
    return must(open_workspace(dir_.path() + "/" + folder, project)).project;
  }

  TempDir dir_;
};

std::string hash8(const std::string& text) { return sha256_hex(text).substr(0, 8); }

TEST_F(WorkspaceTest, TheConfiguredNameGoesFirst) {
  put_project("app");
  put_remote("app", "https://example.org/other.git");
  EXPECT_EQ(name_of("app", "my-app"), "my-app");
}

TEST_F(WorkspaceTest, WithoutGitTheFoldersPathIsTheIdentity) {
  const std::string folder = put_project("My App!");
  EXPECT_EQ(name_of("My App!"), "My-App-" + hash8(folder));
}

TEST_F(WorkspaceTest, TwoFoldersOfOneNameAreTwoProjects) {
  put_project("a/app");
  put_project("b/app");
  EXPECT_NE(name_of("a/app"), name_of("b/app"));
}

TEST_F(WorkspaceTest, ANameOfOddLettersIsStillOne) {
  const std::string folder = put_project("\xc3\xa4\xc3\xb6");
  EXPECT_EQ(name_of("\xc3\xa4\xc3\xb6"), "project-" + hash8(folder));
}

TEST_F(WorkspaceTest, ALongNameIsCut) {
  put_project(std::string(200, 'x'));
  EXPECT_EQ(name_of(std::string(200, 'x')).size(), 40U + 1 + 8);
}

TEST_F(WorkspaceTest, IsNamedAfterTheRemote) {
  put_project("folder");
  for (const auto& [url, repository] :
       {std::pair("https://example.org/group/pantry.git", "example.org/group/pantry"),
        std::pair("git@example.org:pantry", "example.org/pantry"), std::pair("/srv/git/pantry/", "/srv/git/pantry")}) {
    put_remote("folder", url);
    EXPECT_EQ(name_of("folder"), "pantry-" + hash8(std::string(repository) + "\n.")) << url;
  }
}

TEST_F(WorkspaceTest, ClonesOfOneRemoteAreOneProject) {
  put_project("first");
  put_project("second");
  put_remote("first", "git@example.org:pantry.git");
  put_remote("second", "git@example.org:pantry.git");
  EXPECT_EQ(name_of("first"), name_of("second"));
}

TEST_F(WorkspaceTest, ASubfolderOfARepositoryIsAProjectOfItsOwn) {
  put_project("repo/server");
  put_project("repo/client");
  put_remote("repo", "git@example.org:pantry.git");
  EXPECT_EQ(name_of("repo/server"), "server-" + hash8("example.org/pantry\nserver"));
  EXPECT_NE(name_of("repo/server").substr(7), name_of("repo/client").substr(7));
  EXPECT_NE(name_of("repo/server"), name_of("repo"));
}

TEST_F(WorkspaceTest, ARepositoryWithoutARemoteCountsAsItsPlace) {
  const std::string folder = put_project("app");
  test::put_file(dir_.fd(), "app/.git/config", "[core]\n");
  EXPECT_EQ(name_of("app"), "app-" + hash8(folder + "\n."));
}

TEST_F(WorkspaceTest, AClonesProjectIsThatOfTheRepositoryItWasClonedFrom) {
  const std::string folder = put_project("app");
  const std::string clone = put_project("clone");
  put_project("again");
  for (const char* name : {"app", "clone", "again"})
    test::put_file(dir_.fd(), std::string(name) + "/.git/HEAD", "ref: x\n");
  test::put_file(dir_.fd(), "app/.git/config", "[core]\n");
  test::put_file(dir_.fd(), "clone/.git/config", "[remote \"origin\"]\n\turl = " + folder + "\n");
  test::put_file(dir_.fd(), "again/.git/config", "[remote \"origin\"]\n\turl = file://" + clone + "\n");
  for (const char* name : {"clone", "again"}) EXPECT_EQ(name_of(name), name_of("app"));
  test::put_file(dir_.fd(), "app/.git/config", "[remote \"origin\"]\n\turl = https://example.org/ann/app.git\n");
  for (const char* name : {"clone", "again"}) EXPECT_EQ(name_of(name), name_of("app"));
}

TEST_F(WorkspaceTest, HowARepositoryIsReachedIsNoPartOfItsName) {
  put_project("app");
  put_remote("app", "git@example.org:ann/app.git");
  const std::string name = name_of("app");
  put_remote("app", "https://ci:secret@example.org/ann/app");
  EXPECT_EQ(name_of("app"), name);
  EXPECT_EQ(name, "app-" + hash8("example.org/ann/app\n."));
}

TEST_F(WorkspaceTest, ARelativeOriginIsAPlace) {
  for (const char* name : {"one/app", "two/app"}) {
    put_project(name);
    put_remote(name, "../origin");
  }
  EXPECT_NE(name_of("one/app"), name_of("two/app"));
}

TEST_F(WorkspaceTest, ALinkedFolderIsTheRealOne) {
  const std::string folder = put_project("real");
  test::put_link(dir_.fd(), "link", "real");
  const Workspace workspace = must(open_workspace(dir_.path() + "/link", {}));
  EXPECT_EQ(workspace.folder, folder);
  EXPECT_EQ(workspace.project, name_of("real"));
}

TEST_F(WorkspaceTest, NoFolderIsWrongUsage) {
  const auto workspace = open_workspace(dir_.path() + "/absent", {});
  ASSERT_FALSE(workspace);
  EXPECT_EQ(workspace.error().code, ErrorCode::usage);
  EXPECT_EQ(workspace.error().message, "no such project folder: " + dir_.path() + "/absent");
}

TEST_F(WorkspaceTest, AGitFileThatSaysNothingIsIgnored) {
  const std::string folder = put_project("app");
  test::put_file(dir_.fd(), "app/.git", "nonsense\n");
  const Workspace workspace = must(open_workspace(folder, {}));
  EXPECT_EQ(workspace.project, "app-" + hash8(folder));
  EXPECT_EQ(workspace.git_dir, "");
}

TEST_F(WorkspaceTest, AnOrdinaryRepositoryShowsNothingMore) {
  const std::string folder = put_project("app");
  put_remote("app", "git@example.org:pantry.git");
  EXPECT_EQ(must(open_workspace(folder, {})).git_dir, "");
}

class Worktree : public WorkspaceTest {
 protected:
  void SetUp() override {
    if (::access("/usr/bin/git", X_OK) != 0) GTEST_SKIP() << "there is no /usr/bin/git";
    repository_ = put_project("repository");
    git("init -q");
    git("remote add origin git@example.org:pantry.git");
    git("-c user.name=me -c user.email=me@example.org commit -q --allow-empty -m first");
    git("worktree add -q ../tree");
  }

  void git(const std::string& arguments) {
    const std::string command = "cd " + repository_ +
                                " && env -u GIT_DIR GIT_CONFIG_GLOBAL=/dev/null "
                                "GIT_CONFIG_SYSTEM=/dev/null git " +
                                arguments + " 2>/dev/null";
    must(std::system(command.c_str()) == 0, command);
  }

  std::string repository_;
};

TEST_F(Worktree, IsTheSameProjectAndShowsItsRepository) {
  const Workspace workspace = must(open_workspace(dir_.path() + "/tree", {}));
  EXPECT_EQ(workspace.project, name_of("repository"));
  EXPECT_EQ(workspace.project, "pantry-" + hash8("example.org/pantry\n."));
  EXPECT_EQ(workspace.git_dir, repository_ + "/.git");
  EXPECT_EQ(must(open_workspace(repository_, {})).git_dir, "");
}

TEST_F(Worktree, ItsSubfolderToo) {
  test::put_dir(dir_.fd(), "tree/server");
  test::put_dir(dir_.fd(), "repository/server");
  EXPECT_EQ(name_of("tree/server"), name_of("repository/server"));
  EXPECT_EQ(must(open_workspace(dir_.path() + "/tree/server", {})).git_dir, repository_ + "/.git");
}

/// Whoever wrote the project would else choose what of the machine its builds are shown.
TEST_F(WorkspaceTest, AGitFileCountsOnlyWhereItsRepositoryPointsBack) {
  const std::string folder = put_project("app");
  const auto shown = [&] { return must(open_workspace(folder, {})).git_dir; };
  for (const char* part : {"secret/HEAD", "secret/objects/x", "secret/refs/x", "app/own/x"})
    test::put_file(dir_.fd(), part, "x");
  test::put_file(dir_.fd(), "app/.git", "gitdir: ../secret\n");
  EXPECT_EQ(shown(), "") << "names no worktree";
  test::put_file(dir_.fd(), "app/.git", "gitdir: own\n");
  test::put_file(dir_.fd(), "app/own/commondir", dir_.path() + "/secret\n");
  test::put_file(dir_.fd(), "app/own/gitdir", folder + "/.git\n");
  EXPECT_EQ(shown(), "") << "is none of the repository's worktrees";
  must(::unlinkat(dir_.fd(), "app/own/commondir", 0) == 0, "unlink");
  must(::mkfifoat(dir_.fd(), "app/own/commondir", 0600) == 0, "mkfifo");
  EXPECT_EQ(shown(), "");
}

TEST_F(WorkspaceTest, WhatOfARepositoryIsNotSeenIsTold) {
  const std::string folder = put_project("app");
  for (const char* name : {"HEAD", "objects/x", "refs/x"}) test::put_file(dir_.fd(), std::string("meta/") + name, "1");
  test::put_file(dir_.fd(), "app/.git", "gitdir: ../meta\n");
  const Workspace lost = must(open_workspace(folder, {}));
  ASSERT_EQ(lost.notes.size(), 1U);
  EXPECT_NE(lost.notes[0].find("/app/.git leads to a repository that does not name this folder"), std::string::npos);
  test::put_file(dir_.fd(), "meta/config", "[core]\n\tworktree = " + folder + "\n");
  EXPECT_TRUE(must(open_workspace(folder, {})).notes.empty());

  test::put_file(dir_.fd(), "other/objects/x", "1");
  test::put_file(dir_.fd(), "meta/objects/info/alternates", "# comment\n../../other/objects\n");
  const Workspace shared = must(open_workspace(folder, {}));
  ASSERT_EQ(shared.notes.size(), 1U);
  EXPECT_NE(shared.notes[0].find("`[workspace] include = [\"../other/objects\"]`"), std::string::npos);
  config::Project project;
  project.include = {"../other/objects"};
  const Workspace included = must(open_workspace(folder, project));
  EXPECT_TRUE(included.notes.empty());
  const std::string objects = std::filesystem::canonical(dir_.path() + "/other/objects").string();
  EXPECT_EQ(included.git_binds.back().source, objects);
  EXPECT_EQ(included.git_binds.back().path, objects);
}

TEST_F(WorkspaceTest, ASubmodulesRepositoryIsShown) {
  const std::string folder = put_project("app/lib");
  for (const char* part : {"HEAD", "objects/x", "refs/x"})
    test::put_file(dir_.fd(), std::string("app/.git/modules/lib/") + part, "x");
  test::put_file(dir_.fd(), "app/.git/modules/lib/config", "[core]\n\tworktree = ../../../lib\n");
  test::put_file(dir_.fd(), "app/lib/.git", "gitdir: ../.git/modules/lib\n");
  EXPECT_EQ(must(open_workspace(folder, {})).git_dir, dir_.path() + "/app/.git/modules/lib");
  test::put_file(dir_.fd(), "app/.git/modules/lib/config", "[core]\n\tworktree = ../../../other\n");
  EXPECT_EQ(must(open_workspace(folder, {})).git_dir, "");
}

/// What is shown around a project.
class ShownAround : public WorkspaceTest {
 protected:
  std::string top() const { return std::filesystem::canonical(dir_.path()).string(); }
  Workspace open(const std::string& folder, const config::Project& project = {}, const WorkspaceQuery& query = {}) {
    return must(open_workspace(dir_.path() + "/" + folder, project, query));
  }
  void put(const std::string& path, const std::string& text = "") { test::put_file(dir_.fd(), path, text); }
};

TEST_F(ShownAround, IsTheWorkTreeThatTheProjectLiesIn) {
  put("repository/.git/HEAD");
  put_project("repository/rust");
  const Workspace workspace = open("repository/rust");
  EXPECT_EQ(workspace.around, (std::vector<Bind>{{top() + "/repository", "/workspace"}}));
  EXPECT_EQ(workspace.place, "/workspace/rust");
  EXPECT_EQ(workspace.start_place(), "/workspace/rust");
  EXPECT_EQ(workspace.git_top, top() + "/repository");
  EXPECT_TRUE(open("repository").around.empty());
  EXPECT_EQ(open("repository").place, "/workspace");
}

TEST_F(ShownAround, IsNothingForAProjectAlone) {
  put_project("app");
  const Workspace workspace = open("app");
  EXPECT_TRUE(workspace.around.empty());
  EXPECT_EQ(workspace.place, "/workspace");
}

TEST_F(ShownAround, IsNeverAHomeFolder) {
  put("home/.git/HEAD");
  put_project("home/projects/app");
  const test::ScopedVariable home("HOME", dir_.path() + "/home");
  EXPECT_TRUE(open("home/projects/app").around.empty());
  config::Project project;
  project.include = {"../.."};
  EXPECT_FALSE(open_workspace(dir_.path() + "/home/projects/app", project).has_value());
}

TEST_F(ShownAround, IsTheOutermostRepositoryOfASubmodule) {
  const std::string folder = put_project("super/deps/flat");
  for (const char* part : {"HEAD", "objects/x", "refs/x"}) put(std::string("super/.git/modules/flat/") + part, "x");
  put("super/.git/modules/flat/config", "[core]\n\tworktree = ../../../deps/flat\n");
  put("super/deps/flat/.git", "gitdir: ../../.git/modules/flat\n");
  const Workspace workspace = open("super/deps/flat");
  EXPECT_EQ(workspace.place, "/workspace/deps/flat");
  EXPECT_EQ(workspace.git_top, folder);
}

TEST_F(ShownAround, IsWhereTheCallerStandsWhoseArgumentsNameTheProject) {
  put_project("top/sub/app");
  put_project("elsewhere");
  const auto named = [&](const std::string& start) {
    return open_workspace(dir_.path() + "/top/sub/app", {},
                          {dir_.path() + "/" + start, "Cargo.toml", {}, dir_.path() + "/top/sub/app"});
  };
  const Workspace workspace = must(named("top"));
  EXPECT_EQ(workspace.folder, top() + "/top/sub/app");
  EXPECT_EQ(workspace.place, "/workspace/sub/app");
  EXPECT_EQ(workspace.start_place(), "/workspace");
  EXPECT_EQ(workspace.around, (std::vector<Bind>{{top() + "/top", "/workspace"}}));
  EXPECT_FALSE(named("elsewhere")) << "where the tool would start is not shown";
  put("top/.git/HEAD");
  put_project("top/other");
  EXPECT_EQ(must(named("top/other")).start_place(), "/workspace/other");
}

TEST_F(ShownAround, AMemberBelongsToItsWorkspace) {
  put("ws/Cargo.toml", "[workspace]\nmembers = [\"app\"]\n");
  put("ws/app/Cargo.toml", "[package]\nname = \"app\"\n");
  const std::string member = dir_.path() + "/ws/app";
  Workspace workspace = open("ws/app", {}, {member, "Cargo.toml"});
  EXPECT_EQ(workspace.folder, top() + "/ws");
  EXPECT_EQ(workspace.settings, top() + "/ws");
  EXPECT_EQ(workspace.start_place(), "/workspace/app");
  put("ws/app/larder.toml");
  workspace = open("ws/app", {}, {member, "Cargo.toml"});
  EXPECT_EQ(workspace.settings, top() + "/ws/app");
  EXPECT_EQ(open("ws/app").folder, top() + "/ws/app") << "for other tools";
}

TEST_F(ShownAround, WhatIsIncludedKeepsItsPlace) {
  put("shared/x");
  put_project("apps/one");
  config::Project project;
  project.include = {"../../shared"};
  const Workspace workspace = open("apps/one", project);
  EXPECT_EQ(workspace.place, "/workspace/apps/one");
  EXPECT_EQ(workspace.around, (std::vector<Bind>{{top() + "/shared", "/workspace/shared"}}));
  project.include = {"../../absent"};
  EXPECT_FALSE(open_workspace(dir_.path() + "/apps/one", project).has_value());
}

TEST_F(ShownAround, IsTheFolderWithTheFileByWhichTheToolKnowsWhatBelongsTogether) {
  WorkspaceQuery query;
  query.around_file = "go.work";
  const std::string folder = put_project("top/app");
  EXPECT_EQ(must(open_workspace(folder, {}, query)).place, "/workspace");
  test::put_file(dir_.fd(), "top/go.work", "use ./app\n");
  const Workspace workspace = must(open_workspace(folder, {}, query));
  EXPECT_EQ(workspace.place, "/workspace/app");
  EXPECT_EQ(workspace.top, std::filesystem::path(folder).parent_path().string());
  EXPECT_EQ(workspace.folder, folder);
  EXPECT_EQ(must(open_workspace(folder, {})).place, "/workspace");
}

TEST_F(ShownAround, SettingsAboveThatAreNotShownAreTold) {
  put(".cargo/config.toml");
  put_project("app");
  const WorkspaceQuery query{"", "", {".cargo/config.toml"}};
  ASSERT_EQ(open("app", {}, query).notes.size(), 1U);
  EXPECT_NE(open("app", {}, query).notes[0].find("include = [\"../.cargo/config.toml\"]"), std::string::npos);
  config::Project project;
  project.include = {"../.cargo/config.toml"};
  EXPECT_TRUE(open("app", project, query).notes.empty());
}

TEST_F(ShownAround, LarderTomlMayNameAFolderBelow) {
  put_project("top/build/cmake");
  put("top/larder.toml");
  config::Project project;
  project.folder = "build/cmake";
  const Workspace workspace = open("top", project);
  EXPECT_EQ(workspace.folder, top() + "/top/build/cmake");
  EXPECT_EQ(workspace.settings, top() + "/top");
  EXPECT_EQ(workspace.around, (std::vector<Bind>{{top() + "/top", "/workspace"}}));
  project.folder = "../elsewhere";
  EXPECT_FALSE(open_workspace(dir_.path() + "/top", project).has_value());
}

TEST_F(ShownAround, WhereTheCallerStandsIsTheTopUnlessItHoldsRepositories) {
  put_project("top/build/cmake");
  put_project("top/other");
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(dir_.path() + "/top");
  const auto shown = [&] { return open("top/build/cmake", {}, {"build/cmake"}).top; };
  const std::string alone = shown();
  put("top/other/.git/HEAD");
  const std::string among_others = shown();
  std::filesystem::current_path(before);
  EXPECT_EQ(alone, top() + "/top");
  EXPECT_EQ(among_others, top() + "/top/build/cmake") << "others' projects are not shown";
}

TEST(AtPlace, MovesTheFoldersNameAlone) {
  EXPECT_EQ(at_place("/workspace/target", "/workspace/rust"), "/workspace/rust/target");
  EXPECT_EQ(at_place("OUT=/workspace", "/workspace/rust"), "OUT=/workspace/rust");
  EXPECT_EQ(at_place("/workspace;/workspace2;/my/workspace", "/workspace/rust"),
            "/workspace/rust;/workspace2;/my/workspace");
  EXPECT_EQ(at_place("/workspace/target", "/workspace"), "/workspace/target");
}

class ProjectFolder : public WorkspaceTest {
 protected:
  std::string found_from(const std::string& start) { return find_project_folder(dir_.path() + "/" + start); }
};

TEST_F(ProjectFolder, IsTheNearestAboveWithAConfiguration) {
  const std::string outer = put_project("outer");
  const std::string inner = put_project("outer/inner");
  put_project("outer/inner/src/deep");
  put_project("outer/other");
  test::put_file(dir_.fd(), "outer/larder.toml", "");
  EXPECT_EQ(found_from("outer/inner/src"), outer);
  test::put_file(dir_.fd(), "outer/inner/larder.toml", "");
  EXPECT_EQ(found_from("outer/inner/src/deep"), inner);
  EXPECT_EQ(found_from("outer/inner"), inner);
  EXPECT_EQ(found_from("outer/other"), outer);
}

TEST_F(ProjectFolder, IsTheStartWhereThereIsNone) {
  const std::string folder = put_project("app/src");
  EXPECT_EQ(found_from("app/src"), folder);
  EXPECT_EQ(found_from("app/../app/src/."), folder);
}

TEST_F(ProjectFolder, AFolderOfThatNameIsNone) {
  const std::string folder = put_project("app/src");
  test::put_dir(dir_.fd(), "app/larder.toml");
  EXPECT_EQ(found_from("app/src"), folder);
}

TEST_F(ProjectFolder, AConfigurationAboveCountsOnlyFromWhoIsTrusted) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make files of others";
  const uid_t me = 23001;
  const uid_t other = 23002;
  const std::string folder = put_project("shared/mine");
  test::put_file(dir_.fd(), "shared/larder.toml", "");
  const auto owned_by = [&](const char* path, uid_t owner) {
    must(::fchownat(dir_.fd(), path, owner, owner, 0) == 0, path);
  };
  owned_by("shared/mine", me);
  owned_by("shared/larder.toml", other);
  EXPECT_EQ(found_from("shared/mine"), folder);
  owned_by("shared/larder.toml", me);
  EXPECT_EQ(found_from("shared/mine"), dir_.path() + "/shared") << "root may build another's checkout";
  owned_by("shared/larder.toml", 0);
  EXPECT_EQ(found_from("shared/mine"), dir_.path() + "/shared");
}

TEST_F(ProjectFolder, FollowsALinkedStart) {
  const std::string folder = put_project("app");
  put_project("app/src");
  test::put_file(dir_.fd(), "app/larder.toml", "");
  test::put_link(dir_.fd(), "link", "app/src");
  EXPECT_EQ(found_from("link"), folder);
}

}  // namespace
}  // namespace larder::builds
