#pragma once

#include <string>
#include <vector>

#include "config/recipe.hpp"

namespace larder::cli {

/// The facts of which `larder init` makes the files that it writes.
struct InitFacts {
  std::string project;  ///< the name that volumes would get by themselves
  config::Recipe recipe;
  std::vector<std::string> targets;        ///< each gets a build-TARGET in larder.mk
  std::vector<std::string> packages = {};  ///< that the project's makefile installs by itself
};

/// A name by which the project's own makefile builds for a target: `build-linux-x64`.
struct BuildName {
  std::string name;
  std::string target;
};

/// The text of larder.toml, with every key commented out by a single `#`; explanations have `# `.
std::string larder_toml(const InitFacts& facts);

/// The key of [build] that has these Debian packages.
std::string packages_key(const std::vector<std::string>& packages);

/// The text of larder.mk for GNU make, which leaves the default goal of the makefile that includes it alone: a
/// build-TARGET for each target, the `others`, and what there is for caches. Names that are `taken`, since that
/// makefile has a rule for them, begin with `larder-`.
std::string larder_mk(const std::vector<std::string>& targets, const std::vector<BuildName>& others = {},
                      const std::vector<std::string>& taken = {});

/// All names that larder.mk has where none is taken.
std::vector<std::string> names_in_larder_mk(const std::vector<std::string>& targets,
                                            const std::vector<BuildName>& others);

/// The text of a makefile for a project that has none.
std::string new_makefile();

/// Whether a makefile's text has a line that includes larder.mk.
bool includes_larder_mk(const std::string& makefile);

}  // namespace larder::cli
