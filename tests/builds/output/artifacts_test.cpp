#include "builds/output/artifacts.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "builds/support.hpp"
#include "support/tries.hpp"

namespace larder::builds {
namespace {

using Names = std::vector<std::string>;

class Artifacts : public ::testing::Test {
 protected:
  Artifacts() { project_.folder = kit_.plan.workspace.folder; }

  void put(const std::string& layer, const std::string& path, const std::string& content = static_elf(),
           mode_t mode = 0755) {
    test::put_file(kit_.store().dir(), tree(layer) + path, content, mode);
    test::set_mtime(kit_.store().dir(), tree(layer) + path, 1000, 7);
  }
  static std::string tree(const std::string& layer) { return "layers/" + layer + "/tree/"; }

  Result<std::vector<Artifact>> try_deliver(const Names& layers = {"a"}) {
    auto results =
        deliver_results(kit_.plan, kit_.target(), kit_.store(), {store::layer_roots(layers), messages_, &project_});
    if (!results) return fail(results.error());
    notes_ = results->notes;
    return std::move(results->artifacts);
  }
  std::vector<Artifact> deliver(const Names& layers = {"a"}) { return must(try_deliver(layers)); }
  /// Names of what was delivered, as told; they must be what lies there.
  Names delivered(const Names& layers = {"a"}) {
    Names told;
    for (const Artifact& artifact : deliver(layers)) told.push_back(artifact.path.substr(output().size() + 1));
    Names there;
    list("", there);
    std::sort(told.begin(), told.end());
    EXPECT_EQ(told, there);
    return told;
  }

  void list(const std::string& folder, Names& names) {
    for (const DirEntry& entry : must(kit_.os().list(AT_FDCWD, output() + "/" + folder)))
      if (entry.type == DT_DIR)
        list(folder + entry.name + "/", names);
      else
        names.push_back(folder + entry.name);
    std::sort(names.begin(), names.end());
  }
  void put_link(const std::string& path, const std::string& text) {
    test::put_link(kit_.store().dir(), tree("a") + path, text);
  }
  void remove(const std::string& path) { must(kit_.os().unlink(kit_.store().dir(), tree("a") + path)); }
  ResultRules& rules() { return kit_.plan.targets[0].results; }
  /// A message of cargo's about one file.
  void say(const std::string& path, const std::string& kind = "bin", bool test = false) {
    messages_.take(fmt::format(R"({{"reason":"compiler-artifact","target":{{"kind":["{}"]}},"profile":{{"test":{}}},)"
                               R"("filenames":["{}"]}})",
                               kind, test, path));
  }
  std::string link_text(const std::string& name) { return must(kit_.os().read_link(AT_FDCWD, output() + "/" + name)); }

  const std::string& output() const { return kit_.target().output_folder; }
  struct stat status(const std::string& name) {
    return must(kit_.os().stat(AT_FDCWD, output() + "/" + name)).value();
  }

  Kit kit_;
  CargoMessages messages_;
  source::Walk project_;
  Names notes_;
};

TEST_F(Artifacts, ABinaryIsCopiedWithItsModeAndTime) {
  put("a", "target/out/pantry", static_elf(), 0750);
  const std::vector<Artifact> artifacts = deliver();
  ASSERT_EQ(artifacts.size(), 1U);
  EXPECT_EQ(artifacts[0].path, output() + "/pantry");
  EXPECT_EQ(artifacts[0].description, "ELF x86_64, static");
  EXPECT_EQ(artifacts[0].size_bytes, static_elf().size());
  EXPECT_EQ(test::get_file(AT_FDCWD, artifacts[0].path), static_elf());
  const struct stat copy = status("pantry");
  EXPECT_EQ(copy.st_mode & 07777U, 0750U);
  EXPECT_EQ(copy.st_mtim.tv_sec, 1000);
  EXPECT_EQ(copy.st_mtim.tv_nsec, 7);
  EXPECT_EQ(copy.st_uid, ::geteuid());
  EXPECT_EQ(copy.st_nlink, 1U);  // the store's file must not be reachable for writing
}

TEST_F(Artifacts, NothingFoundMakesNoFolder) {
  put("a", "target/elsewhere/pantry");
  EXPECT_TRUE(deliver().empty());
  EXPECT_FALSE(must(kit_.os().stat(AT_FDCWD, output())));
}

TEST_F(Artifacts, OnlyProgramsLibrariesAndTheirLinksAreDelivered) {
  put("a", "target/out/pantry");
  put("a", "target/out/pantry.d", "pantry: main.rs", 0644);
  put("a", "target/out/script", "#!/bin/sh\n");
  put("a", "target/out/not-executable", static_elf(), 0644);
  put("a", "target/out/deps/helper");
  test::put_link(kit_.store().dir(), tree("a") + "target/out/link", "pantry");
  put_link("target/out/broken", "nothing");
  put_link("target/out/outside", "/bin/sh");
  put_link("target/out/of-a-script", "script");
  EXPECT_EQ(delivered(), (Names{"link", "pantry"}));
}

TEST_F(Artifacts, ExcludedOnesAreNot) {
  put("a", "target/out/pantry");
  put("a", "target/out/pantry-test");
  rules().exclude = {"**/*-test"};
  EXPECT_EQ(delivered(), Names{"pantry"});
}

TEST_F(Artifacts, AToolMayBuildInTheSourceTree) {
  rules().include = {"bin/*"};
  put("a", "bin/pantry");
  put("a", "target/out/other");
  EXPECT_EQ(delivered(), Names{"pantry"});
}

TEST_F(Artifacts, UpperLayersGoFirst) {
  put("a", "target/out/pantry", static_elf(EM_X86_64, 'a'));
  put("a", "target/out/old");
  put("a", "target/out/kept");
  put("b", "target/out/pantry", static_elf(EM_X86_64, 'b'));
  test::put_whiteout(kit_.store().dir(), tree("b") + "target/out/old");
  EXPECT_EQ(delivered({"a", "b"}), (Names{"kept", "pantry"}));
  EXPECT_EQ(test::get_file(AT_FDCWD, output() + "/pantry"), static_elf(EM_X86_64, 'b'));
}

TEST_F(Artifacts, AnOpaqueFolderHidesWhatLiesBelow) {
  put("a", "target/out/old");
  test::put_opaque_dir(kit_.store().dir(), tree("b") + "target/out");
  put("b", "target/out/new");
  EXPECT_EQ(delivered({"a", "b"}), Names{"new"});
}

TEST_F(Artifacts, AnUnchangedOneIsNotWrittenAgain) {
  put("a", "target/out/pantry");
  deliver();
  const struct stat before = status("pantry");
  EXPECT_EQ(deliver().size(), 1U);
  EXPECT_EQ(status("pantry").st_ino, before.st_ino);
  EXPECT_EQ(status("pantry").st_ctim.tv_nsec, before.st_ctim.tv_nsec);
}

TEST_F(Artifacts, AChangedOneTakesItsPlaceAndLeavesNothing) {
  put("a", "target/out/pantry", static_elf(EM_X86_64, 'a'));
  deliver();
  put("b", "target/out/pantry", static_elf(EM_X86_64, 'b'));
  test::set_mtime(kit_.store().dir(), tree("b") + "target/out/pantry", 1000, 8);
  EXPECT_EQ(delivered({"a", "b"}), Names{"pantry"});
  EXPECT_EQ(test::get_file(AT_FDCWD, output() + "/pantry"), static_elf(EM_X86_64, 'b'));
}

TEST_F(Artifacts, OneOfTheSameSizeAndTimeIsDeliveredWhereItsContentIsAnother) {
  put("a", "target/out/pantry", static_elf(EM_X86_64, 'a'));
  deliver();
  put("b", "target/out/pantry", static_elf(EM_X86_64, 'b'));
  EXPECT_EQ(delivered({"a", "b"}), Names{"pantry"});
  EXPECT_EQ(test::get_file(AT_FDCWD, output() + "/pantry"), static_elf(EM_X86_64, 'b'));
}

TEST_F(Artifacts, OneOfTheSameContentStaysWhateverItsTime) {
  put("a", "target/out/pantry");
  deliver();
  const struct stat before = status("pantry");
  put("b", "target/out/pantry");
  test::set_mtime(kit_.store().dir(), tree("b") + "target/out/pantry", 1000, 8);
  EXPECT_EQ(deliver({"a", "b"}).size(), 1U);
  EXPECT_EQ(status("pantry").st_ino, before.st_ino);
}

TEST_F(Artifacts, OneWithAnotherModeIsDelivered) {
  put("a", "target/out/pantry");
  deliver();
  put("b", "target/out/pantry", static_elf(), 0700);
  deliver({"a", "b"});
  EXPECT_EQ(status("pantry").st_mode & 0777U, 0700U);
}

TEST_F(Artifacts, ALinkInItsPlaceIsReplacedNotFollowed) {
  put("a", "target/out/pantry");
  test::put_file(kit_.dir().fd(), "precious", "mine");
  must(make_dirs(kit_.os(), AT_FDCWD, output()));
  must(kit_.os().symlink(kit_.dir().path() + "/precious", AT_FDCWD, output() + "/pantry"));
  deliver();
  EXPECT_EQ(test::get_file(kit_.dir().fd(), "precious"), "mine");
  EXPECT_TRUE(S_ISREG(status("pantry").st_mode));
}

TEST_F(Artifacts, ALinkOnTheWayIsNotFollowed) {
  put("a", "target/out/pantry");
  test::put_file(kit_.dir().fd(), "home/bin/pantry", "mine");
  const std::string triple = output().substr(0, output().rfind('/'));
  for (const std::string& link : {output(), triple, kit_.plan.workspace.folder + "/target"}) {
    must(make_dirs(kit_.os(), AT_FDCWD, link.substr(0, link.rfind('/'))));
    must(kit_.os().symlink(kit_.dir().path() + "/home/bin", AT_FDCWD, link));
    const auto done = try_deliver();
    ASSERT_FALSE(done) << link;
    EXPECT_EQ(done.error().message, link + " is not a folder");
    must(remove_tree(kit_.os(), AT_FDCWD, kit_.plan.workspace.folder + "/target"));
  }
  EXPECT_EQ(test::get_file(kit_.dir().fd(), "home/bin/pantry"), "mine");
  EXPECT_EQ(must(kit_.os().list(kit_.dir().fd(), "home/bin")).size(), 1U);
}

/// Exchanges two names again and again, as one who waits for the moment between a look and a use does.
class Exchanging {
 public:
  Exchanging(std::string one, std::string other)
      : thread_([this, one = std::move(one), other = std::move(other)] {
          while (!over_) {
            ::renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE);
            ++count_;
          }
        }) {}
  ~Exchanging() {
    over_ = true;
    thread_.join();
  }
  size_t count() const { return count_; }

 private:
  std::atomic<bool> over_ = false;
  std::atomic<size_t> count_ = 0;
  std::thread thread_;
};

/// `scripts/prove-races` has a hundred thousand tries of each.
TEST_F(Artifacts, AFolderExchangedForALinkMeanwhileIsNotFollowed) {
  test::put_file(kit_.dir().fd(), "home/bin/pantry", "mine");
  put("a", "target/out/pantry");
  deliver();
  const std::string triple = output().substr(0, output().rfind('/'));
  for (const std::string& folder : {output(), triple}) {
    const std::string link = kit_.dir().path() + "/link";
    must(kit_.os().symlink(kit_.dir().path() + "/home" + (folder == output() ? "/bin" : ""), AT_FDCWD, link));
    {
      const Exchanging meanwhile(folder, link);
      for (size_t i = 0; i < test::tries(50) || meanwhile.count() < 2; ++i) {
        put("a", "target/out/pantry", static_elf(EM_X86_64, static_cast<char>(i)));
        static_cast<void>(try_deliver());
      }
    }
    EXPECT_EQ(test::get_file(kit_.dir().fd(), "home/bin/pantry"), "mine");
    EXPECT_EQ(must(kit_.os().list(kit_.dir().fd(), "home/bin")).size(), 1U);
    EXPECT_EQ(must(kit_.os().list(kit_.dir().fd(), "home")).size(), 1U);
    for (const std::string& one : {folder, link})
      if (S_ISLNK(must(kit_.os().stat(AT_FDCWD, one))->st_mode)) must(kit_.os().unlink(AT_FDCWD, one));
    must(remove_tree(kit_.os(), AT_FDCWD, link));
    must(remove_tree(kit_.os(), AT_FDCWD, folder));
    deliver();
  }
}

TEST_F(Artifacts, AFolderInItsPlaceIsAnErrorThatLeavesNothing) {
  put("a", "target/out/pantry");
  test::put_dir(AT_FDCWD, output() + "/pantry");
  EXPECT_FALSE(try_deliver());
  EXPECT_EQ(must(kit_.os().list(AT_FDCWD, output())).size(), 1U);
}

TEST_F(Artifacts, OneOfAnotherMachineIsAnError) {
  put("a", "target/out/pantry", static_elf(EM_AARCH64));
  put("a", "target/out/right");
  const auto artifacts = try_deliver();
  ASSERT_FALSE(artifacts);
  EXPECT_EQ(artifacts.error().code, ErrorCode::build_failed);
  EXPECT_EQ(artifacts.error().message, "`target/out/pantry` is not a program for one");
  EXPECT_EQ(artifacts.error().cause, "it is ELF aarch64, static; the target needs ELF x86_64");
  EXPECT_FALSE(must(kit_.os().stat(AT_FDCWD, output())));
}

TEST_F(Artifacts, HelpersOfAnotherMachineAreLeftOutWhereTheRecipeMakesSuch) {
  kit_.plan.recipe.foreign_artifacts_allowed = true;
  put("a", "target/out/generator", static_elf(EM_AARCH64));
  put("a", "target/out/pantry");
  EXPECT_EQ(delivered(), Names{"pantry"});
}

TEST_F(Artifacts, WhatTheProjectNamesIsNeverLeftOut) {
  kit_.plan.recipe.foreign_artifacts_allowed = true;
  put("a", "target/out/generator", static_elf(EM_AARCH64));
  put("a", "target/out/pantry");
  rules().wanted = {"target/out/*"};
  const auto done = try_deliver();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "`target/out/generator` is not a program for one");
  EXPECT_TRUE(done.error().hint.starts_with("`exclude` of [artifacts] leaves it out; ")) << done.error().hint;
}

TEST_F(Artifacts, NothingButHelpersIsAnErrorAllTheSame) {
  kit_.plan.recipe.foreign_artifacts_allowed = true;
  put("a", "target/out/generator", static_elf(EM_AARCH64));
  EXPECT_FALSE(try_deliver());
}

TEST_F(Artifacts, TwoOfOneNameKeepTheirFolders) {
  rules().include = {"target/**"};
  put("a", "target/client/main");
  put("a", "target/server/main");
  put("a", "target/server/other");
  EXPECT_EQ(delivered(), (Names{"client/main", "other", "server/main"}));
}

TEST_F(Artifacts, ANameThatAnotherNeedsAsAFolderKeepsItsFolders) {
  rules().include = {"**"};
  for (const char* path : {"target/a/b", "target/c/b", "target/x/a", "a-b"}) put("a", path);
  EXPECT_EQ(delivered(), (Names{"a-b", "a/b", "c/b", "x/a"}));
}

TEST_F(Artifacts, OneNameInTheOutputFolderAndBesideItIsNoCollision) {
  rules().include = {"**"};
  put("a", "target/bin/app");
  put("a", "bin/app");
  EXPECT_EQ(delivered(), (Names{"bin/app", "target/bin/app"}));
}

TEST_F(Artifacts, ALibraryComesWithItsChainOfLinks) {
  put("a", "target/out/libx.so.1.2");
  put_link("target/out/libx.so.1", "libx.so.1.2");
  put_link("target/out/libx.so", "libx.so.1");
  EXPECT_EQ(delivered(), (Names{"libx.so", "libx.so.1", "libx.so.1.2"}));
  EXPECT_EQ(link_text("libx.so"), "libx.so.1");
  const auto again = deliver();
  EXPECT_EQ(again[0].kind, ArtifactKind::link);
  EXPECT_EQ(again[0].sha256, again[2].sha256);
  EXPECT_EQ(again[0].size_bytes, static_elf().size());
}

TEST_F(Artifacts, LinksKeepTheirFoldersWithWhatTheyLeadTo) {
  rules().include = {"target/**"};
  for (const std::string folder : {"target/one/", "target/two/"}) {
    put("a", folder + "libx.so.1");
    put_link(folder + "libx.so", "libx.so.1");
  }
  EXPECT_EQ(delivered(), (Names{"one/libx.so", "one/libx.so.1", "two/libx.so", "two/libx.so.1"}));
}

TEST_F(Artifacts, AStaticLibraryIsAResult) {
  put("a", "target/out/libx.a", "!<arch>\n", 0644);
  put("a", "target/out/not.a", "text", 0644);
  EXPECT_EQ(delivered(), Names{"libx.a"});
  EXPECT_EQ(deliver()[0].kind, ArtifactKind::static_library);
}

TEST_F(Artifacts, AStaticLibraryIsEnoughBesideAHelper) {
  kit_.plan.recipe.foreign_artifacts_allowed = true;
  put("a", "target/out/generator", static_elf(EM_AARCH64));
  put_link("target/out/gen", "generator");
  put("a", "target/out/libx.a", "!<arch>\n", 0644);
  EXPECT_EQ(delivered(), Names{"libx.a"});
}

TEST_F(Artifacts, NothingIsSaidToBeDeliveredAndWhy) {
  put("a", "target/out/notes.txt", "text", 0644);
  deliver();
  EXPECT_EQ(notes_, Names{nothing_delivered});
}

TEST_F(Artifacts, WhatIsNoLongerMadeGoes) {
  rules().include = {"target/**"};
  for (const char* path : {"target/one/app", "target/two/app", "target/out/kept", "target/out/mine"}) put("a", path);
  EXPECT_EQ(delivered(), (Names{"kept", "mine", "one/app", "two/app"}));
  test::put_file(AT_FDCWD, output() + "/mine", "changed by somebody");
  for (const char* path : {"target/one/app", "target/two/app", "target/out/mine"}) remove(path);
  EXPECT_EQ(deliver().size(), 1U);
  EXPECT_EQ(must(kit_.os().list(AT_FDCWD, output())).size(), 2U);
  EXPECT_EQ(test::get_file(AT_FDCWD, output() + "/mine"), "changed by somebody");
}

TEST_F(Artifacts, WhatABuildWithOtherArgumentsHasMadeStays) {
  put("a", "target/out/one");
  put("a", "target/out/two");
  deliver();
  kit_.plan.args = {"one"};
  remove("target/out/two");
  deliver();
  EXPECT_TRUE(must(kit_.os().stat(AT_FDCWD, output() + "/two")));
  kit_.plan.args = {};
  EXPECT_EQ(delivered(), Names{"one"});
}

TEST_F(Artifacts, WhatTwoKindsOfBuildsHaveMadeGoesWithTheOneThatMakesItNoLonger) {
  put("a", "target/out/one");
  put("a", "target/out/two");
  deliver();
  kit_.plan.args = {"two"};
  remove("target/out/one");
  deliver();
  put("a", "target/out/one");
  remove("target/out/two");
  kit_.plan.args = {};
  EXPECT_EQ(delivered(), Names{"one"});
}

TEST_F(Artifacts, NothingIsRemovedThroughALink) {
  put("a", "target/one/app");
  put("a", "target/two/app");
  rules().include = {"target/**"};
  deliver();
  must(kit_.os().rename(AT_FDCWD, output() + "/two", kit_.dir().fd(), "elsewhere"));
  must(kit_.os().symlink(kit_.dir().path() + "/elsewhere", AT_FDCWD, output() + "/two"));
  remove("target/two/app");
  EXPECT_EQ(deliver().size(), 1U);
  EXPECT_TRUE(must(kit_.os().stat(kit_.dir().fd(), "elsewhere/app")));
}

TEST_F(Artifacts, CargoNamesTheResults) {
  rules().from = config::ResultSource::cargo;
  rules().include = {"**/" + kit_.target().target.triple + "/**"};
  const std::string folder = "target/" + kit_.target().target.triple + "/release/";
  for (const char* name : {"app", "old", "examples/demo", "deps/test-1", "deps/dep-1"}) put("a", folder + name);
  put("a", folder + "app.dwp", "debug", 0644);
  put("a", folder + "libapp.rlib", "rust", 0644);
  put("a", "target/release/build/app-1/build-script-build");
  for (const char* name : {"app", "app.dwp"}) say("/workspace/" + folder + name);
  say("/workspace/" + folder + "examples/demo", "example");
  say("/workspace/" + folder + "deps/test-1", "test", true);
  say("/workspace/" + folder + "deps/dep-1", "staticlib");
  say("/workspace/" + folder + "libapp.rlib", "lib");
  say("/workspace/" + folder + "gone", "bin");
  say("/workspace/target/release/build/app-1/build-script-build", "custom-build");
  say("/workspace/../etc/passwd");
  say("/etc/passwd");
  EXPECT_EQ(delivered(), (Names{"app", "app.dwp", "deps/test-1", "examples/demo"}));
  EXPECT_EQ(deliver()[1].kind, ArtifactKind::debug_info);
  EXPECT_EQ(notes_, (Names{"/etc/passwd is not delivered: what lies outside of /workspace goes with the build",
                           folder + "gone is not delivered: it does not lie where the build leaves its results"}));
}

TEST_F(Artifacts, APatternDeliversNoProgramThatCargoHasMadeAndNamesNoMore) {
  rules().from = config::ResultSource::cargo;
  const std::string folder = "target/" + kit_.target().target.triple + "/release/";
  for (const char* name : {"one", "two", "build/x-1/out/tool"}) put("a", folder + name);
  put("a", folder + "notes", "text", 0644);
  say("/workspace/" + folder + "two");
  rules().wanted = {folder + "one", folder + "**"};
  EXPECT_FALSE(try_deliver()) << "what matches nothing is an error";
  rules().wanted = {folder + "**"};
  EXPECT_EQ(delivered(), (Names{"notes", "tool", "two"}));
}

TEST_F(Artifacts, AProjectsPatternDeliversWhateverItMatches) {
  rules().wanted = {"target/out/*", "gen/*.h"};
  put("a", "target/out/notes.txt", "text", 0644);
  put("a", "target/out/tool", "#!/bin/sh\n", 04755);
  put("a", "gen/app.h", "int x;", 0644);
  put("a", "target/elsewhere/far", "far", 0644);
  put_link("target/out/far", "../elsewhere/far");
  put_link("target/out/away", "../../../away");
  must(kit_.os().mknod(kit_.store().dir(), tree("a") + "target/out/pipe", S_IFIFO | 0644, 0));
  EXPECT_EQ(delivered(), (Names{"app.h", "elsewhere/far", "notes.txt", "out/far", "tool"}));
  EXPECT_EQ(link_text("out/far"), "../elsewhere/far");
  EXPECT_EQ(status("tool").st_mode & 07777U, 0755U);
  EXPECT_EQ(notes_.size(), 2U);
}

TEST_F(Artifacts, APatternThatMatchesNothingIsAnError) {
  kit_.plan.project.artifacts = {"target/{profile_dir}/*"};
  kit_.plan.project.include_at = {"larder.toml:2:12"};
  rules().wanted = {"target/dist/*"};
  put("a", "target/out/app");
  const auto done = try_deliver();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::usage);
  EXPECT_EQ(done.error().message,
            "larder.toml:2:12: no file that the build for one has made matches `target/{profile_dir}/*`, which is "
            "`target/dist/*`");
}

TEST_F(Artifacts, APatternThatTheBuildHasNotWrittenForSpeaksOfTheProject) {
  kit_.put("include/app.h", "int x;");
  kit_.put("include/gen.h", "int old;");
  kit_.put(".git/app.h", "git's");
  project_ = must(source::walk(kit_.os(), kit_.plan.workspace.folder, {}, 1));
  rules().wanted = {"target/out/*", "include/app.h", "include/gen.h"};
  put("a", "target/out/app");
  put("a", "include/gen.h", "int made;", 0644);
  EXPECT_EQ(delivered(), (Names{"app", "app.h", "gen.h"}));
  EXPECT_EQ(test::get_file(AT_FDCWD, output() + "/app.h"), "int x;");
  EXPECT_EQ(test::get_file(AT_FDCWD, output() + "/gen.h"), "int made;");
}

TEST_F(Artifacts, WhatIsInstalledKeepsItsFolders) {
  rules().installed = "target/installed";
  rules().strip = "usr/local";
  put("a", "target/out/not-installed");
  put("a", "target/installed/usr/local/bin/app");
  put("a", "target/installed/usr/local/include/app.h", "int x;", 0644);
  put("a", "target/installed/usr/local/lib/libx.so.1");
  put_link("target/installed/usr/local/lib/libx.so", "libx.so.1");
  put("a", "target/installed/etc/app.conf", "x", 0644);
  EXPECT_EQ(delivered(), (Names{"bin/app", "etc/app.conf", "include/app.h", "lib/libx.so", "lib/libx.so.1"}));
  kit_.plan.project.artifacts_not = {"include/**"};
  EXPECT_EQ(delivered(), (Names{"bin/app", "etc/app.conf", "lib/libx.so", "lib/libx.so.1"}));
}

TEST_F(Artifacts, AnAbsoluteLinkOfWhatIsInstalledMeansAPlaceBelowDestdir) {
  rules().installed = ".install";
  put("a", ".install/usr/lib/libx.so.1.2", static_elf(), 0644);
  put_link(".install/usr/lib/libx.so.1", "/usr/lib/libx.so.1.2");
  put_link(".install/usr/lib/libx.so", "libx.so.1");
  put_link(".install/usr/bin", "/../../etc");
  EXPECT_EQ(delivered(), (Names{"usr/lib/libx.so", "usr/lib/libx.so.1", "usr/lib/libx.so.1.2"}));
  EXPECT_EQ(link_text("usr/lib/libx.so.1"), "libx.so.1.2");
}

TEST_F(Artifacts, AnAbsoluteLinkLeadsToWhereTheBuildHasSeenTheProject) {
  rules().place = "/workspace/sub";
  put("a", "target/out/pantry");
  put_link("target/out/link", "/workspace/sub/target/out/pantry");
  EXPECT_EQ(delivered(), (Names{"link", "pantry"}));
  EXPECT_EQ(link_text("link"), "pantry");
}

TEST_F(Artifacts, CMakesFileApiNamesTheResults) {
  rules() = {config::ResultSource::cmake, "target/b", {"**"}};
  rules().configuration = "Release";
  const std::string reply = "target/b/.cmake/api/v1/reply/";
  const auto say_target = [&](const std::string& name, const std::string& type, const std::string& path,
                              const std::string& need) {
    put("a", reply + name + ".json",
        fmt::format(R"({{"type":"{}","artifacts":[{{"path":"{}"}}],"dependencies":[{}]}})", type, path,
                    need.empty() ? "" : R"({"id":")" + need + R"("})"),
        0644);
    return fmt::format(R"({{"id":"{0}","name":"{0}","jsonFile":"{0}.json"}})", name);
  };
  const std::string targets = say_target("app", "EXECUTABLE", "src/app", "x") + "," +
                              say_target("x", "SHARED_LIBRARY", "libx.so", "") + "," +
                              say_target("other", "EXECUTABLE", "/workspace/bin/other", "") + "," +
                              say_target("objects", "OBJECT_LIBRARY", "x.o", "") + "," +
                              say_target("evil", "EXECUTABLE", "../../../etc/passwd", "");
  put("a", reply + "index.json", R"({"objects":[{"kind":"codemodel","jsonFile":"model.json"}]})", 0644);
  put("a", reply + "model.json",
      R"({"configurations":[{"name":"Debug","targets":[]},{"name":"Release","targets":[)" + targets + "]}]}", 0644);
  for (const char* path :
       {"target/b/src/app", "target/b/libx.so.1", "bin/other", "target/b/CMakeFiles/a.out", "target/b/gone"})
    put("a", path);
  put("a", "target/b/x.o", "object", 0644);
  put_link("target/b/libx.so", "libx.so.1");
  EXPECT_EQ(delivered(), (Names{"app", "libx.so", "libx.so.1", "other"}));
  rules().goals = {"app"};
  kit_.plan.args = {"--target", "app"};
  EXPECT_EQ(deliver().size(), 3U);
  rules().goals = {"all"};
  EXPECT_EQ(deliver().size(), 4U);
  put("a", "target/b/CMakeFiles/Makefile2",
      "# all: CMakeFiles/evil.dir/all\nall: CMakeFiles/app.dir/all\nall: sub/all\nsub/all: sub/CMakeFiles/x.dir/all\n"
      "left/all: left/CMakeFiles/other.dir/all\n",
      0644);
  EXPECT_EQ(delivered(), (Names{"app", "libx.so", "libx.so.1"})) << "what `all` does not build is no result of it";
  rules().goals = {"other", "all"};
  EXPECT_EQ(deliver().size(), 4U);
  remove("target/b/CMakeFiles/Makefile2");
  rules().goals = {};
  const std::string several = R"({"configurations":[{"name":"Debug","targets":[)" +
                              say_target("absent", "EXECUTABLE", "absent", "") + R"(]},{"name":"Release","targets":[)" +
                              targets + "]}]}";
  put("a", reply + "model.json", several, 0644);
  rules().configuration = "Release";
  EXPECT_EQ(deliver().size(), 4U);
  rules().configuration = "Debug";
  EXPECT_EQ(deliver().size(), 0U);
  put("a", reply + "index.json", "{", 0644);
  EXPECT_EQ(deliver().size(), 6U);  // by their content
}

TEST_F(Artifacts, AMissingLayerIsAnError) { EXPECT_FALSE(try_deliver({"none"})); }

}  // namespace
}  // namespace larder::builds
