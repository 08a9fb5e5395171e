#pragma once

#include "builds/plan/plan.hpp"
#include "builds/run/volume_home.hpp"
#include "engine/engine.hpp"
#include "store/branch/transaction.hpp"

namespace larder::builds {

enum class Phase { fetch, build };

/// What the engine needs to run something for this target with the transaction's volumes: the recipe's environment,
/// the workspace and the phase's network. The caller sets `command` and `stdio`.
Result<engine::Spec> make_spec(const Plan& plan, const TargetPlan& target, const VolumeHome& home,
                               const store::Transaction& transaction, Phase phase);

/// What the native engine needs to run a command as root in the target's image, with the network and the project's
/// folder: a place to try packages and commands in. The transaction holds the image alone.
Result<engine::Spec> make_image_spec(const Plan& plan, const TargetPlan& target, const store::Store& store,
                                     const store::Transaction& transaction, const config::Command& command);

/// One command that runs all of these, stopping at the first that fails.
config::Command chain(const std::vector<config::Command>& commands);

/// What a target's runs fork: the image for reading, where the store has it, and the download volumes for reading or
/// writing. What is committed to the first target's volumes goes to those named in `also`, too.
std::vector<store::ForkRequest> input_requests(const Plan& plan, const TargetPlan& target, store::Access access);

/// The compiled volume, to be forked for writing, with the other workspaces' of the same project where the recipe
/// can take them over.
Result<store::ForkRequest> compiled_request(const store::Store& store, const Plan& plan, const TargetPlan& target);

}  // namespace larder::builds
