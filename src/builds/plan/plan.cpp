#include "builds/plan/plan.hpp"

#include <algorithm>
#include <thread>

namespace larder::builds {

int job_count(const Plan& plan) {
  return plan.project.jobs.value_or(std::max(1, static_cast<int>(std::thread::hardware_concurrency())));
}

}  // namespace larder::builds
