#pragma once

#include <optional>
#include <string>
#include <vector>

#include "builds/run/context.hpp"

namespace larder::builds {

/// What is kept of a target's last good build, to know whether there is anything to do.
struct LastBuild {
  std::string key;         ///< digest of all that decides about the result, but for the project's content
  std::string generation;  ///< of the compiled volume, as the build has left it
  std::vector<Artifact> artifacts;
  std::vector<std::string> notes;     ///< about these: what was left out, that there is nothing
  std::vector<std::string> warnings;  ///< lines of its output that the tool would show again
};

/// The target's last good build, where nothing has changed since: not the project, git's state, the plan with image and
/// settings, Larder itself, the compiled volume, nor what was delivered. No value where anything has, or where a tool
/// must be started all the same: for tests, with the network or folders from outside, on the machine's own root, with
/// `--force`, and where neither recipe nor project say that it may be left out.
Result<std::optional<LastBuild>> find_unchanged(BuildContext& context, const TargetPlan& target);

/// Keeps a good build, after its commit; `state` is what it has seen, `notes` are about its results. Nothing where its
/// tool is always started.
Status keep_last_build(BuildContext& context, const TargetPlan& target, const ProjectState& state,
                       const TargetResult& result, const std::vector<std::string>& notes = {});

/// The warnings among a build tool's lines: each from its first line, which begins with "warning", to an empty one.
std::vector<std::string> warnings_in(const std::string& log);

}  // namespace larder::builds
