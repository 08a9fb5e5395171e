#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/os.hpp"
#include "builds/plan/plan.hpp"
#include "source/entry.hpp"

namespace larder::builds {

/// Whether one of the words follows `git` on a line of the text.
bool asks_git(std::string_view text, const std::vector<std::string>& words);

/// What of the project may ask git, and whose answers the recipe's tool does not follow: files that match `[content]
/// commit`, but for commands that are run each time, and scripts that such files name.
class GitsAskers {
 public:
  /// Reads them.
  GitsAskers(Os& os, const Plan& plan, const source::Entries& entries);

  /// The path of the first that asks by one of the words; empty: none. One that cannot be read may ask anything.
  std::string first(const std::vector<std::string>& words) const;

 private:
  struct Asker {
    std::string path;
    std::optional<std::string> commands;  ///< no value where it cannot be read
  };
  std::vector<Asker> all_;
};

/// The path of the first of these that asks by one of the words; empty: none.
std::string file_that_asks_git(Os& os, const Plan& plan, const source::Entries& entries,
                               const std::vector<std::string>& words);

/// Build scripts whose names the tool's own files say: `build = "tools/b.rs"` of a Cargo.toml ([content.embedded]).
std::set<std::string> scripts_of_tool(Os& os, const Plan& plan, const source::Entries& entries);

/// The project's sources that may ask git while they are compiled, or when a build script runs, beside those that
/// `[content] commit` means: by the words of `[content.embedded]`. Sorted paths.
std::set<std::string> sources_that_ask_git(Os& os, const Plan& plan, const source::Entries& entries);

/// Whether a macro that the project depends on asks git, as its locks say (`[content.embedded]` in the recipe).
bool macros_ask_git(Os& os, const Plan& plan);

}  // namespace larder::builds
