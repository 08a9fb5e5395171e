#include "builds/plan/plan.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/processors.hpp"

namespace larder::builds {

int job_count(const Plan& plan) {
  if (plan.project.jobs) return *plan.project.jobs;
  const int available = available_processors();
  if (plan.project.cpus.empty()) return available;
  return std::clamp(static_cast<int>(std::strtod(plan.project.cpus.c_str(), nullptr)), 1, available);
}

}  // namespace larder::builds
