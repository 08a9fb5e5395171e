#pragma once

#include <string>

#include "builds/plan/plan.hpp"
#include "engine/engine.hpp"
#include "store/branch/transaction.hpp"

namespace larder::builds {

// How binaries come out of an engine that keeps the volumes itself: the container copies what may be one of them to a
// folder of the project, target/.larder-<store>-<transaction>. No other machine has a folder of that name, so a daemon
// that sees another one's files at the project's path refuses at once.

/// Makes the output folder of this transaction, and has the spec show it to the container.
Status make_output(const Plan& plan, const store::Store& store, const store::Transaction& transaction,
                   engine::Spec& spec);

/// Removes the output folders of this store's transactions that have ended.
void remove_outputs(const Plan& plan, const store::Store& store);

/// A command that runs `command` and, after its success, copies the files that the target's patterns may mean to the
/// output folder. `output` is the folder in the project that the tool builds in (the recipe's). Pure.
config::Command with_output(const std::string& output, const TargetPlan& target, const config::Command& command);

}  // namespace larder::builds
