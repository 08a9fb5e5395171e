#pragma once

#include <string>
#include <vector>

#include "config/project.hpp"

namespace larder::cli {

/// What the files that `larder init` writes are made from.
struct InitFacts {
  std::string project;  ///< the name that volumes would get by themselves
  config::Recipe recipe;
  std::vector<std::string> targets;  ///< each gets a build-TARGET in larder.mk
  config::Project set;               ///< its name, recipe and targets are written as set, where they are not empty
};

/// larder.toml with every key commented out by a single `#`; explanations have `# `.
std::string larder_toml(const InitFacts& facts);

/// larder.mk for GNU make; it leaves the default goal of the makefile that includes it alone.
std::string larder_mk(const std::vector<std::string>& targets);

/// For a project without a makefile of its own.
std::string new_makefile();

/// Whether a makefile's text has a line that includes larder.mk.
bool includes_larder_mk(const std::string& makefile);

}  // namespace larder::cli
