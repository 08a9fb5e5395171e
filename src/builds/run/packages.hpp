#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/os.hpp"
#include "builds/plan/plan.hpp"
#include "source/entry.hpp"

namespace larder::builds {

/// A package of the project's, as the tool's own file in its folder says (Recipe::workspace: Cargo.toml).
struct Package {
  std::string folder;             ///< relative to the project's; empty: that itself
  std::string name;               ///< empty where the file names none
  std::set<std::string> scripts;  ///< the program that the tool runs before it compiles the package, and its sources
  std::string script_text;        ///< of all of these
  std::set<std::string> needs;    ///< names of the packages that it is built with
  std::set<std::string> script_needs;  ///< of those that its script is built with
  bool tells_others = false;           ///< what its script says goes to the scripts of those that need it
  bool is_macro = false;               ///< its code runs in the compiler
};

/// All packages of the project, but for those that are sealed.
std::vector<Package> packages_of(Os& os, const Plan& plan, const source::Entries& entries);

/// The folder of the nearest package around the path; no value where none is.
std::optional<std::string> package_folder(const Plan& plan, const source::Entries& entries, const std::string& path);

/// The names of packages whose sources the tool takes to be what a checksum beside them says (`[content.told]` sealed),
/// and in which one of the paths lies.
std::set<std::string, std::less<>> sealed_packages(Os& os, const Plan& plan, const source::Entries& entries,
                                                   const std::vector<std::string>& paths);

/// The sources that the tool begins with, where its own files name them: `path = "app/main.rs"`.
std::set<std::string> roots_of_tool(Os& os, const Plan& plan, const source::Entries& entries);

/// Whether the text lists folders, or walks through trees of them.
bool lists_folders(std::string_view text);

/// Whether a script of the package speaks of the file, by a string that ends its path, or that is a folder around it
/// where the script lists folders; or has a word that means the tool's own files (`[content.embedded]` manifest_words).
bool script_speaks_of(const Plan& plan, const Package& package, const std::string& path);

}  // namespace larder::builds
