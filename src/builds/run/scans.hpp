#pragma once

#include <string>
#include <vector>

#include "builds/run/make_rules.hpp"
#include "source/entry.hpp"

namespace larder::builds {

/// A rule whose command is given folders of the project, or patterns of its files, and may read all that they have:
/// `scan.py src >tests.h`, `cat src/*.def`, `make -C lib`.
struct Scan {
  std::vector<std::string> folders;   ///< relative to the project's
  std::vector<std::string> patterns;  ///< of paths
  NamedFiles prerequisites;           ///< what make compares with what the rule makes
};

/// Those of the rules. Compilers are none, which note what they read; nor is what only makes, moves or removes files.
std::vector<Scan> find_scans(const MakeRules& rules, const source::Entries& entries);

/// Whether one of them may read the path without make's knowing.
bool is_scanned(const std::vector<Scan>& scans, const std::string& path);

}  // namespace larder::builds
