#pragma once

#include <string>
#include <vector>

#include "config/project.hpp"

namespace larder::cli {

/// The facts of which `larder init` makes the files that it writes.
struct InitFacts {
  std::string project;  ///< the name that volumes would get by themselves
  config::Recipe recipe;
  std::vector<std::string> targets;  ///< each gets a build-TARGET in larder.mk
  config::Project set;               ///< name, recipe and targets are written as set, where they are not empty
};

/// The text of larder.toml, with every key commented out by a single `#`; explanations have `# `.
std::string larder_toml(const InitFacts& facts);

/// The text of larder.mk for GNU make, which leaves the default goal of the makefile that includes it alone.
std::string larder_mk(const std::vector<std::string>& targets);

/// The text of a makefile for a project that has none.
std::string new_makefile();

/// Whether a makefile's text has a line that includes larder.mk.
bool includes_larder_mk(const std::string& makefile);

}  // namespace larder::cli
