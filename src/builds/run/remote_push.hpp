#pragma once

#include <string>
#include <vector>

#include "builds/run/runner.hpp"
#include "config/recipe.hpp"

namespace larder::builds {

/// The compiled volumes that a build's policy sends to a registry: of targets that were built well, where there is
/// something new.
std::vector<store::VolumeKey> volumes_to_push(const Plan& plan, const BuildResult& result, const std::string& branch,
                                              const std::string& default_branch);

/// What is sent to a registry after a build.
struct PushJob {
  const store::Store& store;
  const share::Remote& remote;
  std::vector<store::VolumeKey> keys;
  const config::RecipeTable& recipes;
};

/// Sends them; what has come of it is noted in the store, too. A failure is a text that says so.
std::string push_now(const PushJob& job);

/// Does the same in a process that outlives this one.
void push_in_background(const PushJob& job);

}  // namespace larder::builds
