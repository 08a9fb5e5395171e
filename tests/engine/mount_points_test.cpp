#include "engine/mount_points.hpp"

#include <gtest/gtest.h>

#include "support/files.hpp"
#include "support/temp_dir.hpp"

namespace larder::engine {
namespace {

using test::put_dir;
using test::put_file;
using test::put_link;
using test::TempDir;

class MountPoints : public ::testing::Test {
 protected:
  MountPoints() {
    put_file(dir_.fd(), "usr/local/bin/tool", "");
    put_file(dir_.fd(), "usr/local/README", "");
    put_link(dir_.fd(), "usr/local/man", "share/man");
    put_dir(dir_.fd(), "usr/share");
    spec_.root = {{dir_.path() + "/usr", "/usr"}};
  }

  MountPlan plan_for(const std::vector<std::string>& paths) {
    for (const std::string& path : paths) {
      VolumeMount volume;
      volume.path = path;
      spec_.volumes.push_back(volume);
    }
    return plan_mounts(spec_);
  }

  static bool is_empty(const MountPlan& plan) {
    return plan.covered.empty() && plan.binds.empty() && plan.links.empty() && plan.writable.empty();
  }

  TempDir dir_;
  Spec spec_;
};

TEST_F(MountPoints, NothingForAPathOutsideTheRoot) { EXPECT_TRUE(is_empty(plan_for({"/workspace/target", "/data"}))); }

TEST_F(MountPoints, NothingForAFolderThatTheRootHas) { EXPECT_TRUE(is_empty(plan_for({"/usr/share", "/usr"}))); }

TEST_F(MountPoints, NothingForAPathThatOnlyBeginsLikeTheRoot) { EXPECT_TRUE(is_empty(plan_for({"/usrlocal/x"}))); }

TEST_F(MountPoints, CoversTheNearestFolderAndShowsItsEntriesAgain) {
  const MountPlan plan = plan_for({"/usr/local/cargo/registry"});
  const std::string source = dir_.path() + "/usr/local/";
  EXPECT_EQ(plan.covered, std::vector<std::string>{"/usr/local"});
  EXPECT_EQ(plan.binds,
            (std::vector<Bind>{{source + "README", "/usr/local/README"}, {source + "bin", "/usr/local/bin"}}));
  EXPECT_EQ(plan.links, (std::vector<Link>{{"share/man", "/usr/local/man"}}));
  EXPECT_EQ(plan.writable, std::vector<std::string>{"/usr/local/cargo"});
}

TEST_F(MountPoints, CoversAFolderOnceForSeveralVolumes) {
  const MountPlan plan = plan_for({"/usr/local/cargo/registry", "/usr/local/cargo/git"});
  EXPECT_EQ(plan.covered, std::vector<std::string>{"/usr/local"});
  EXPECT_EQ(plan.binds.size(), 2U);
  EXPECT_EQ(plan.writable, std::vector<std::string>{"/usr/local/cargo"});
}

TEST_F(MountPoints, TakesTheLaterOfTwoBindsThatCoverAPath) {
  put_dir(dir_.fd(), "other/present");
  spec_.root.push_back({dir_.path() + "/other", "/usr/other"});
  EXPECT_TRUE(is_empty(plan_for({"/usr/other/present"})));
  EXPECT_EQ(plan_for({"/usr/other/absent"}).covered, std::vector<std::string>{"/usr/other"});
}

TEST_F(MountPoints, AnEmptyFolderHasNothingToShow) {
  const MountPlan plan = plan_for({"/usr/share/new"});
  EXPECT_EQ(plan.covered, std::vector<std::string>{"/usr/share"});
  EXPECT_TRUE(plan.binds.empty());
}

TEST_F(MountPoints, AFileInTheWayIsCoveredWithItsFolder) {
  const MountPlan plan = plan_for({"/usr/local/README"});
  EXPECT_EQ(plan.covered, std::vector<std::string>{"/usr/local"});
}

}  // namespace
}  // namespace larder::engine
