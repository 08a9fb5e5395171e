#include "base/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace larder {
namespace {

using Work = std::function<Status(unsigned worker, size_t index)>;

class Queue {
 public:
  Queue(size_t count, const Work& work) : count_(count), work_(work) {}

  void serve(unsigned worker) {
    while (!failed_) {
      const size_t index = next_++;
      if (index >= count_) return;
      if (Status done = work_(worker, index); !done) keep(std::move(done));
    }
  }

  Status take() { return std::move(first_); }

 private:
  void keep(Status error) {
    const std::lock_guard guard(mutex_);
    if (first_) first_ = std::move(error);
    failed_ = true;
  }

  const size_t count_;
  const Work& work_;
  std::atomic<size_t> next_ = 0;
  std::atomic<bool> failed_ = false;
  std::mutex mutex_;
  Status first_;
};

}  // namespace

unsigned worker_count() { return std::max(1U, std::thread::hardware_concurrency()); }

Status in_parallel(size_t count, unsigned workers, const Work& work) {
  Queue queue(count, work);
  std::vector<std::thread> threads;
  const auto useful = static_cast<unsigned>(std::min<size_t>(workers, count));
  try {
    for (unsigned worker = 1; worker < useful; ++worker)
      threads.emplace_back([&queue, worker] { queue.serve(worker); });
  } catch (const std::system_error&) {
    // Where no more threads may be made, those that there are do all of it.
  }
  queue.serve(0);
  for (std::thread& thread : threads) thread.join();
  return queue.take();
}

}  // namespace larder
