#pragma once

#include <string>

#include "builds/plan/plan.hpp"
#include "engine/engine.hpp"
#include "store/branch/transaction.hpp"

namespace larder::builds {

// How binaries come out of an engine that keeps the volumes itself: the container copies what may be one of them to a
// folder of the project, target/.larder-<transaction>. No other machine has a folder of that name, so a daemon that
// sees another one's files at the project's path is told at once.

/// Makes the folder, and shows it to the container.
Status make_output(const Plan& plan, const store::Transaction& transaction, engine::Spec& spec);

/// Removes the folders of transactions that have ended.
void remove_outputs(const Plan& plan, const store::Store& store);

/// The command, and after its success the copying of what the target's patterns may mean. Pure.
config::Command with_output(const TargetPlan& target, const config::Command& command);

}  // namespace larder::builds
