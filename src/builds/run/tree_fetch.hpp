#pragma once

#include "builds/run/context.hpp"
#include "store/branch/transaction.hpp"

namespace larder::builds {

/// The fetch of a tool that downloads as it configures: it runs in the target's own build tree, with the network,
/// before the build, which then finds there what was downloaded. A mark in the tree says for what it was done.

/// Gives the fetch's key where it must run before a build in the tree of `compiled`; no value where the project has
/// nothing to fetch, or the tree has the mark of this key. Nor where the build itself has the network or none is
/// allowed.
Result<std::optional<std::string>> tree_fetch_key(BuildContext& context, const TargetPlan& target,
                                                  const store::Fork& compiled);

/// The target's fetch, leaving the mark of `key` once it has succeeded.
config::Command marking_fetch(const Plan& plan, const TargetPlan& target, const std::string& key);

}  // namespace larder::builds
