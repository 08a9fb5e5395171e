#include "base/parallel.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

namespace larder {
namespace {

TEST(Parallel, DoesEverythingOnce) {
  for (const unsigned workers : {1U, 2U, 8U}) {
    std::vector<std::atomic<int>> done(1000);
    const Status all = in_parallel(done.size(), workers, [&](unsigned worker, size_t index) -> Status {
      EXPECT_LT(worker, workers);
      ++done[index];
      return {};
    });
    EXPECT_TRUE(all);
    for (const auto& count : done) EXPECT_EQ(count, 1);
  }
}

TEST(Parallel, DoesNothingWhereThereIsNothing) {
  EXPECT_TRUE(in_parallel(0, 4, [](unsigned, size_t) -> Status { return fail(ErrorCode::usage, "called"); }));
}

TEST(Parallel, StopsAtAnErrorAndGivesIt) {
  std::atomic<int> done = 0;
  const Status all = in_parallel(100000, 2, [&](unsigned, size_t index) -> Status {
    ++done;
    if (index == 10) return fail(ErrorCode::usage, "the tenth");
    return {};
  });
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().message, "the tenth");
  EXPECT_LT(done, 100000);
}

TEST(Parallel, OneWorkerIsTheCaller) {
  std::vector<size_t> order;
  EXPECT_TRUE(in_parallel(5, 1, [&](unsigned, size_t index) -> Status {
    order.push_back(index);
    return {};
  }));
  EXPECT_EQ(order, std::vector<size_t>({0, 1, 2, 3, 4}));
}

TEST(Parallel, ThereIsAtLeastOneWorker) { EXPECT_GE(worker_count(), 1U); }

}  // namespace
}  // namespace larder
