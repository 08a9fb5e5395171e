#include "base/user_namespace.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/child.hpp"
#include "support/temp_dir.hpp"

namespace larder {
namespace {

using test::must;
using test::run_in_child;

constexpr const char* file = "ann:100000:65536\nbob:165536:1000\n1007:300000:65536\nbob:400000:65536\n";

std::optional<IdRange> range_of(const std::string& name, uint32_t uid) {
  return find_id_range(parse_id_ranges(file), name, uid);
}

TEST(SubordinateIds, AreTheFirstRangeOfTheNameThatIsLargeEnough) {
  EXPECT_EQ(range_of("ann", 1000)->first, 100000U);
  EXPECT_EQ(range_of("bob", 1001)->first, 400000U);
}

TEST(SubordinateIds, MayBeGivenByNumber) { EXPECT_EQ(range_of("carol", 1007)->first, 300000U); }

TEST(SubordinateIds, AreNoneForOthers) {
  EXPECT_FALSE(range_of("dave", 1008));
  EXPECT_TRUE(parse_id_ranges("").empty());
  EXPECT_TRUE(parse_id_ranges("ann:1\n").empty());
}

TEST(FirstIds, AreAsManyAsAnImageNeeds) {
  EXPECT_EQ(map_of_first_ids("         0          0 4294967295\n"), "0 0 65536\n");
}

TEST(FirstIds, OfARootlessContainerComeInTwoRanges) {
  EXPECT_EQ(map_of_first_ids("0 1000 1\n1 100000 65536\n"), "0 0 1\n1 1 65535\n");
}

TEST(FirstIds, EndWhereTheFirstIsMissing) {
  EXPECT_EQ(map_of_first_ids("0 1000 1000\n1001 2000 65536\n"), "0 0 1000\n");
  EXPECT_EQ(map_of_first_ids("1000 1000 1\n"), "0 0 1\n");
  EXPECT_EQ(map_of_first_ids(""), "0 0 1\n");
}

/// Why this machine cannot do it; empty where it can.
std::string refusal(Identity identity) {
  const Status entered = run_in_child([&] { must(enter_user_namespace(identity)); });
  return entered ? "" : entered.error().message;
}

TEST(UserNamespace, TheCallerStaysWhoItIs) {
  if (const std::string refused = refusal(Identity::caller); !refused.empty()) GTEST_SKIP() << refused;
  const uid_t uid = ::geteuid();
  const Status done = run_in_child([&] {
    must(enter_user_namespace(Identity::caller));
    must(::geteuid() == uid, "another user");
  });
  EXPECT_TRUE(done) << done.error().cause;
}

TEST(UserNamespace, RootMayGiveFilesToOthersAndTakeThemBack) {
  if (const std::string refused = refusal(Identity::root); !refused.empty()) GTEST_SKIP() << refused;
  const test::TempDir dir;
  const Status done = run_in_child([&] {
    must(enter_user_namespace(Identity::root));
    must(::geteuid() == 0 && ::getegid() == 0, "not root");
    const UniqueFd made(::openat(dir.fd(), "file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    must(made && ::fchown(made.get(), 42, 1000) == 0, "cannot give a file away");
    struct stat status {};
    must(::fstat(made.get(), &status) == 0 && status.st_uid == 42 && status.st_gid == 1000, "it went elsewhere");
    must(::fchown(made.get(), 0, 0) == 0, "cannot take it back");
  });
  ASSERT_TRUE(done) << done.error().message << ": " << done.error().cause;
  struct stat status {};
  ASSERT_EQ(::fstatat(dir.fd(), "file", &status, 0), 0);
  EXPECT_EQ(status.st_uid, ::geteuid());
  EXPECT_EQ(status.st_gid, ::getegid());
}

}  // namespace
}  // namespace larder
