#pragma once

#include <string>
#include <vector>

#include "base/os.hpp"
#include "builds/plan/plan.hpp"
#include "builds/run/named_files.hpp"
#include "source/entry.hpp"

namespace larder::builds {

/// A script of the project that its build may run.
struct Script {
  std::string path;  ///< in the project
  std::string text;
};

/// The project's scripts that `named` names, and those that these name, with their endings or, as imports do, without:
/// files that match `[content] scripts` of the recipe, and programs that begin with `#!`.
std::vector<Script> named_scripts(Os& os, const Plan& plan, const source::Entries& entries, const NamedFiles& named);

}  // namespace larder::builds
