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

  Room room_for(const std::vector<std::string>& paths) {
    for (const std::string& path : paths) {
      VolumeMount volume;
      volume.path = path;
      spec_.volumes.push_back(volume);
    }
    return make_room(spec_);
  }

  static bool is_empty(const Room& room) {
    return room.covered.empty() && room.binds.empty() && room.links.empty() && room.writable.empty();
  }

  TempDir dir_;
  Spec spec_;
};

TEST_F(MountPoints, NothingForAPathOutsideTheRoot) { EXPECT_TRUE(is_empty(room_for({"/workspace/target", "/data"}))); }

TEST_F(MountPoints, NothingForAFolderThatTheRootHas) { EXPECT_TRUE(is_empty(room_for({"/usr/share", "/usr"}))); }

TEST_F(MountPoints, NothingForAPathThatOnlyBeginsLikeTheRoot) { EXPECT_TRUE(is_empty(room_for({"/usrlocal/x"}))); }

TEST_F(MountPoints, CoversTheNearestFolderAndShowsItsEntriesAgain) {
  const Room room = room_for({"/usr/local/cargo/registry"});
  const std::string source = dir_.path() + "/usr/local/";
  EXPECT_EQ(room.covered, std::vector<std::string>{"/usr/local"});
  EXPECT_EQ(room.binds,
            (std::vector<Bind>{{source + "README", "/usr/local/README"}, {source + "bin", "/usr/local/bin"}}));
  EXPECT_EQ(room.links, (std::vector<Link>{{"share/man", "/usr/local/man"}}));
  EXPECT_EQ(room.writable, std::vector<std::string>{"/usr/local/cargo"});
}

TEST_F(MountPoints, CoversAFolderOnceForSeveralVolumes) {
  const Room room = room_for({"/usr/local/cargo/registry", "/usr/local/cargo/git"});
  EXPECT_EQ(room.covered, std::vector<std::string>{"/usr/local"});
  EXPECT_EQ(room.binds.size(), 2U);
  EXPECT_EQ(room.writable, std::vector<std::string>{"/usr/local/cargo"});
}

TEST_F(MountPoints, TakesTheLaterOfTwoBindsThatCoverAPath) {
  put_dir(dir_.fd(), "other/present");
  spec_.root.push_back({dir_.path() + "/other", "/usr/other"});
  EXPECT_TRUE(is_empty(room_for({"/usr/other/present"})));
  EXPECT_EQ(room_for({"/usr/other/absent"}).covered, std::vector<std::string>{"/usr/other"});
}

TEST_F(MountPoints, AnEmptyFolderHasNothingToShow) {
  const Room room = room_for({"/usr/share/new"});
  EXPECT_EQ(room.covered, std::vector<std::string>{"/usr/share"});
  EXPECT_TRUE(room.binds.empty());
}

TEST_F(MountPoints, AFileInTheWayIsCoveredWithItsFolder) {
  const Room room = room_for({"/usr/local/README"});
  EXPECT_EQ(room.covered, std::vector<std::string>{"/usr/local"});
}

}  // namespace
}  // namespace larder::engine
