#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/os.hpp"
#include "builds/plan/plan.hpp"
#include "builds/run/make_rules.hpp"
#include "builds/run/noted_files.hpp"
#include "builds/run/scans.hpp"
#include "builds/run/scripts.hpp"
#include "builds/run/volume_reader.hpp"
#include "source/entry.hpp"
#include "source/record.hpp"

namespace larder::builds {

/// Knows what takes part in a build without its tool's knowing, so that the tool would call up to date what was made of
/// another content: by what makefiles, scripts, sources and compilers' notes name. References must outlive it.
class Unnoticed {
 public:
  Unnoticed(Os& os, const Plan& plan, const source::Entries& entries) : os_(os), plan_(plan), entries_(entries) {}

  /// Begins with what another volume holds, and which files its builds have opened (sorted paths).
  void look_into(VolumeReader volume, std::vector<std::string> opened = {});

  /// Of the project's files that are other ones now, gives in words the first of this kind: a file that builds have
  /// opened, or a header, that is in no makefile's prerequisites and no compiler's notes, a file that a rule's script
  /// reads. Empty: none.
  Result<std::string> change(const source::Difference& difference);

  /// The same for one file around the project, whose path goes from the folder that is shown: what no compiler has
  /// noted under its name. Its time alone says nothing to a tool that does not look at it.
  Result<std::string> change_around(const std::string& path);

  /// Whether a makefile, a rule, a script that rules run, or a compiler's note names the file, by whatever path.
  Result<bool> names(const std::string& path);

  /// What asks git, whose answer is another now, by one of the recipe's words, and is not asked anew each time: a
  /// file's path, or words for a command. Empty: nothing.
  Result<std::string> asks_git();

 private:
  struct Rules {
    MakeRules all;
    NamedFiles named;
    NamedFiles prerequisites;
    NamedFiles pattern_sources;
    NamedFiles included;
    NamedFiles folders;  ///< words of commands, with the values of variables
    NamedFiles spoken;   ///< words of all that `commands` has
    std::vector<Scan> scans;
    std::string commands;
    std::vector<std::string> built_apart;      ///< folders of the project that a rule builds as projects of their own
    std::vector<Script> scripts;               ///< and sources of programs that rules run, with their strings
    std::vector<NamedFiles> named_by_scripts;  ///< as `scripts` has them
  };

  /// Where each file that is included by name is so.
  using Includers = std::map<std::string, std::string, std::less<>>;

  /// The names that each source includes.
  using Inclusions = std::map<std::string, std::set<std::string, std::less<>>>;

  bool tool_has_rules() const { return !plan_.recipe.blind.rules.empty(); }
  Result<std::string> look_at(const std::string& path, bool has_gone);
  std::optional<std::pair<std::string, std::string>> way_to(const std::string& path) const;
  std::string unlisted_reader(const std::string& path, bool is_source);
  std::vector<std::string> units_with(const std::string& path);
  Inclusions find_inclusions() const;
  Result<std::string> look_at_new(const std::string& path);
  bool was_opened(const std::string& path) const;
  std::string included_change(const source::Difference& difference) const;
  Includers find_includers(const std::set<std::string>& left_out) const;
  Status take_rules();
  Status take_notes();
  Result<bool> is_noted(const std::string& path);
  void add_texts(MakeRules& rules) const;
  MakeRules project_rules() const;
  std::string script_for(const std::string& path, bool is_source) const;
  std::string includer_of(const std::string& path);

  Os& os_;
  const Plan& plan_;
  const source::Entries& entries_;
  VolumeReader volume_;
  std::vector<std::string> opened_;
  std::optional<NotedFiles> notes_;  ///< of the volume
  std::optional<Rules> rules_;       ///< of the volume, where the tool has some there; else of the project
  std::optional<Includers> includers_;
  std::optional<Inclusions> inclusions_;
};

}  // namespace larder::builds
