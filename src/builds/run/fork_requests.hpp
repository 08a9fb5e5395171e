#pragma once

#include <vector>

#include "builds/plan/plan.hpp"
#include "store/branch/transaction.hpp"

namespace larder::builds {

/// What a target's runs fork: the image for reading, where the store has it, and the download volumes for reading or
/// writing. What is committed to the first target's volumes goes to those named in `also`, too.
std::vector<store::ForkRequest> input_requests(const Plan& plan, const TargetPlan& target, store::Access access);

/// The compiled volume, to be forked for writing, with those of the same project's other folders that were built in the
/// same way: a new folder starts from what they have. Where it is new and there are none, with those of other images.
Result<store::ForkRequest> compiled_request(const store::Store& store, const Plan& plan, const TargetPlan& target);

}  // namespace larder::builds
