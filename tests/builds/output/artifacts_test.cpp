#include "builds/output/artifacts.hpp"

#include <gtest/gtest.h>

#include "builds/support.hpp"

namespace larder::builds {
namespace {

using Names = std::vector<std::string>;

class Artifacts : public ::testing::Test {
 protected:
  void put(const std::string& layer, const std::string& path, const std::string& content = static_elf(),
           mode_t mode = 0755) {
    test::put_file(kit_.store().dir(), tree(layer) + path, content, mode);
    test::set_mtime(kit_.store().dir(), tree(layer) + path, 1000, 7);
  }
  static std::string tree(const std::string& layer) { return "layers/" + layer + "/tree/"; }

  Result<std::vector<Artifact>> try_deliver(const Names& layers = {"a"}) {
    return deliver_artifacts(kit_.plan, kit_.target(), kit_.store(), store::layer_roots(layers));
  }
  std::vector<Artifact> deliver(const Names& layers = {"a"}) { return must(try_deliver(layers)); }
  /// Names of what was delivered, as told; they must be what lies there.
  Names delivered(const Names& layers = {"a"}) {
    Names told;
    for (const Artifact& artifact : deliver(layers)) told.push_back(artifact.path.substr(output().size() + 1));
    Names there;
    for (const DirEntry& entry : must(kit_.os().list(AT_FDCWD, output()))) there.push_back(entry.name);
    std::sort(told.begin(), told.end());
    EXPECT_EQ(told, there);
    return told;
  }

  const std::string& output() const { return kit_.target().output_folder; }
  struct stat status(const std::string& name) {
    return must(kit_.os().stat(AT_FDCWD, output() + "/" + name)).value();
  }

  Kit kit_;
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

TEST_F(Artifacts, OnlyProgramsAndLibrariesAreDelivered) {
  put("a", "target/out/pantry");
  put("a", "target/out/pantry.d", "pantry: main.rs", 0644);
  put("a", "target/out/script", "#!/bin/sh\n");
  put("a", "target/out/not-executable", static_elf(), 0644);
  put("a", "target/out/deps/helper");
  test::put_link(kit_.store().dir(), tree("a") + "target/out/link", "pantry");
  EXPECT_EQ(delivered(), Names{"pantry"});
}

TEST_F(Artifacts, ExcludedOnesAreNot) {
  put("a", "target/out/pantry");
  put("a", "target/out/pantry-test");
  kit_.plan.targets[0].artifacts_not = {"**/*-test"};
  EXPECT_EQ(delivered(), Names{"pantry"});
}

TEST_F(Artifacts, AToolMayBuildInTheSourceTree) {
  kit_.plan.targets[0].artifacts = {"bin/*"};
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

TEST_F(Artifacts, NothingButHelpersIsAnErrorAllTheSame) {
  kit_.plan.recipe.foreign_artifacts_allowed = true;
  put("a", "target/out/generator", static_elf(EM_AARCH64));
  EXPECT_FALSE(try_deliver());
}

TEST_F(Artifacts, TwoOfOneNameAreNamedAfterTheirFolders) {
  kit_.plan.targets[0].artifacts = {"target/**"};
  put("a", "target/client/main");
  put("a", "target/server/main");
  put("a", "target/server/other");
  EXPECT_EQ(delivered(), (Names{"client-main", "other", "server-main"}));
}

TEST_F(Artifacts, AMissingLayerIsAnError) { EXPECT_FALSE(try_deliver({"none"})); }

}  // namespace
}  // namespace larder::builds
