#include "store/branch/lease.hpp"

#include <gtest/gtest.h>
#include <sys/file.h>

#include "base/pipe.hpp"
#include "support/child.hpp"
#include "support/store_kit.hpp"

namespace larder::store {
namespace {

using namespace test;

class LeaseTest : public ::testing::Test {
 protected:
  const Store& store() const { return temp_.store; }
  TempStore temp_;
  const VolumeSpec cache_ = download("cargo-cache-x64");
  const VolumeSpec target_ = compiled("pantry-x64");
};

TEST_F(LeaseTest, ALivingLeaseTellsWhatItHolds) {
  commit(store(), cache_, {{"a", "1"}});
  const Transaction transaction = begin(store(), std::vector<ForkRequest>{reading(cache_), writing(target_)});
  const FileLock lock = must(store().lock(LockMode::exclusive));
  const Leases leases = must(read_leases(store()));
  ASSERT_EQ(leases.live.size(), 1U);
  EXPECT_TRUE(leases.dead.empty());
  EXPECT_EQ(leases.live[0].holder, "the test");
  EXPECT_EQ(leases.live[0].volumes, std::vector<VolumeKey>({cache_.key, target_.key}));
  EXPECT_EQ(leases.live[0].layers, current_layers(store(), cache_.key));
}

TEST_F(LeaseTest, TheLeaseOfAProcessThatIsGoneIsDead) {
  EXPECT_EQ(exit_code_of([&] {
              const Transaction transaction = begin(store(), cache_);
              ::_exit(7);
            }),
            7);
  put_dir(store().dir(), "transactions/0123456789abcdef");  // died before it had a lease
  const Leases leases = must(read_leases(store()));
  EXPECT_TRUE(leases.live.empty());
  EXPECT_EQ(leases.dead.size(), 2U);
}

TEST_F(LeaseTest, TheLeaseLivesAsLongAsAnyProcessHasIt) {
  Pipe pipe = must(make_pipe());
  auto transaction = std::optional(begin(store(), cache_));
  const int copy = ::dup(transaction->lease_fd());  // what a sandbox holds
  const std::string name = names_in(store(), "transactions").at(0);
  must(temp_.os.rename(store().dir(), "transactions/" + name, store().dir(), "moved"));
  transaction.reset();
  must(temp_.os.rename(store().dir(), "moved", store().dir(), "transactions/" + name));
  EXPECT_EQ(must(read_leases(store())).live.size(), 1U);
  ::close(copy);
  EXPECT_EQ(must(read_leases(store())).dead.size(), 1U);
}

TEST_F(LeaseTest, ALivingLeaseThatCannotBeReadIsAnErrorNotAnEmptyOne) {
  const Transaction transaction = begin(store(), cache_);
  const std::string path = "transactions/" + names_in(store(), "transactions").at(0) + "/lease";
  for (const char* text : {"", "[]", "{", R"({"holder": 7})", R"({"holder":"","layers":[],"volumes":[7]})",
                           R"({"holder":"","layers":[],"volumes":[{"name":"..","variant":"v","trust":"trusted"}]})"}) {
    put_file(store().dir(), path, text);
    EXPECT_EQ(read_leases(store()).error().code, ErrorCode::damage) << text;
  }
}

TEST_F(LeaseTest, AHolderOfAnyBytesIsFine) {
  const Transaction transaction = must(Transaction::begin(store(), {writing(cache_)}, "build \xff\"\n"));
  EXPECT_EQ(must(read_leases(store())).live.size(), 1U);
}

}  // namespace
}  // namespace larder::store
