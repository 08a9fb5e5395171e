#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "config/target.hpp"

namespace larder::config {

/// An argument list; its items may hold placeholders.
using Command = std::vector<std::string>;
using Environment = std::map<std::string, std::string>;

/// Files that macros and build scripts read without the tool's knowing (builds/run/embedded.hpp). Glob patterns.
struct Embedded {
  std::vector<std::string> sources = {};     ///< whose strings name such files, and folders of them
  std::vector<std::string> folders = {};     ///< names of folders that are read without being named
  std::vector<std::string> rebuilt = {};     ///< files that count as changed when one of the others is another
  std::vector<std::string> locks = {};       ///< files that name what the project depends on: paths, no patterns
  std::vector<std::string> git_macros = {};  ///< words: where one stands in a lock, macros ask git
  std::vector<std::string> git_words = {};   ///< words: a source in which one stands may ask git while it is compiled
  std::string script_key = {};  ///< in the tool's own file (Recipe::workspace): names a build script; or empty
  std::string macro_key = {};   ///< the same: true where the package's code runs in the compiler; or empty
  std::vector<std::string> reading_words = {};   ///< words: such code with one reads files
  std::vector<std::string> manifest_words = {};  ///< words: a build script with one reads the tool's own files
};

/// Who knows which of a tool's results hold nothing of the image that they were made on.
enum class UnitKinds {
  none,  ///< nobody: none of them is taken for such a one
  rust   ///< Larder, of cargo's (builds/run/rust_units.hpp)
};

/// What decides whether a compiled volume starts from what was made on another image. Glob patterns relative to /.
struct OtherImage {
  std::vector<std::string> compiler = {};  ///< where one of these is new, another one or gone, from nothing
  std::vector<std::string> unread = {};    ///< where something else is another one or gone, too
  UnitKinds units = UnitKinds::none;
};

/// What a tool notes when it is configured, and goes by from then on, whatever the project says later.
struct Configured {
  std::vector<std::string> by = {};  ///< the project's files that say how
  /// Words: where one of these files has one, configuring may read any of the project's files.
  std::vector<std::string> probes = {};
  std::vector<std::string> cache = {};  ///< files in the volume that hold it
  /// Beginnings of commands in these files that read the files which they name, of whatever kind: `file(READ`.
  std::vector<std::string> reads = {};
  std::vector<std::string> kept = {};  ///< files in the volume that are no leftovers of it, whatever their names
  /// Files in which a run in the source tree has noted what it has made there: no build is shown that.
  std::vector<std::string> status = {};
};

/// Files that a fetch leaves in download volumes, and whose checksums a lock of the project's has.
struct CheckedDownloads {
  std::string lock = {};      ///< the project's file that names packages with their checksums; empty: none does
  std::string files = {};     ///< glob pattern, absolute; its last part is `*` for NAME-VERSION and an ending
  std::string unpacked = {};  ///< glob pattern of the folders that are made of them, likewise; or empty
};

/// Files in which a tool keeps what the project's own programs have said to it.
struct Told {
  std::vector<std::string> files = {};  ///< glob patterns relative to the project's folder
  std::string after = {};               ///< on a line a path that they have read follows this
  std::string tells = {};  ///< a file without this word says that its program has read all that its package has
  /// Names of folders that lie beside each other, with a folder in each for each run of such a program, `NAME-HASH`.
  std::vector<std::string> units = {};
  std::string name_key = {};   ///< in the tool's own file (Recipe::workspace): says NAME
  std::string links_key = {};  ///< the same: there where what a program says goes on to those of other packages
  /// A file beside that one that says what the package's sources are: the tool does not look whether they are.
  std::string sealed = {};
};

/// What a recipe's tool does not notice by itself: then a build starts from an empty compiled volume. Glob patterns
/// relative to the project's folder.
struct BlindSpots {
  std::vector<std::string> changed = {};  ///< files that are new, other or gone
  std::vector<std::string> removed = {};  ///< files that are gone
  std::vector<std::string> commit = {};  ///< files that count as changed when git's commit or tags do: they may ask git
  /// Words: where there are some, a file of `commit` counts only if one of them follows `git` on one of its lines.
  std::vector<std::string> asks_git = {};
  /// The same: words by which such a file asks whether files differ from the commit.
  std::vector<std::string> asks_dirt = {};
  std::vector<std::string> asks_refs = {};  ///< words by which it asks for branches, their names and where they stand
  /// Files that name others, and are named, as by C's #include: a new one may be what an old one means.
  std::vector<std::string> includes = {};
  /// Files in which compilers note what they have read. Where there are some, a changed file that is in none of them,
  /// nor among a makefile's prerequisites, counts as not noticed if an unchanged one names it.
  std::vector<std::string> notes = {};
  Told told = {};  ///< what counts as noted, too
  CheckedDownloads checked = {};
  /// Makefiles and Ninja's files that the tool itself has written, or obeys and follows: they tell what it knows of.
  /// Such a tool also knows which sources include which.
  std::vector<std::string> rules = {};
  std::vector<std::string> commands = {};  ///< files of commands that such rules run
  /// Parts of the names of targets that stand for the whole build of another project, whose sources the rules do not
  /// know.
  std::vector<std::string> stamps = {};
  std::vector<std::string> scripts = {};    ///< files that are programs for an interpreter, as are those with `#!`
  std::vector<std::string> documents = {};  ///< files that mean nothing where others name them
  /// Files that the tool itself knows of wherever it opens them: its own, and those that its rules mean by their
  /// endings.
  std::vector<std::string> known = {};
  Embedded embedded = {};
  OtherImage other_image = {};
  Configured configured = {};
  bool unsaid = false;  ///< the recipe says nothing of it
};

/// What says that a project has C++ in it, before anything is configured. Glob patterns relative to the project's
/// folder.
struct CxxSigns {
  std::vector<std::string> sources = {};  ///< files of C++
  std::vector<std::string> files = {};    ///< in which the words are looked for
  std::vector<std::string> words = {};    ///< without one of them no source counts; none: all do
  std::vector<std::string> names = {};    ///< words that say so without any source
};

/// A volume that this kind of project needs: `cargo-cache-{target}` at /usr/local/cargo/registry.
struct DownloadVolume {
  std::string name;  ///< with {target}
  std::string path;
  std::vector<std::string> not_shared = {};  ///< what of it never leaves the machine; glob patterns
};

/// A program or file that the image must have for the target.
struct Need {
  std::string what;            ///< "the Rust standard library for {triple}"
  std::string program;         ///< searched in {toolchain}/bin and PATH; or
  std::string file;            ///< a path that must exist, with placeholders such as {toolchain}
  std::string package;         ///< Debian package; `target:KEY` takes the target's packages or commands entry KEY
  std::string component = {};  ///< of a Rust toolchain, which gives it where the project pins one; may be empty
};

/// What of the user's own settings of a tool its phases see: what leads to the user's network, and nothing else.
struct UserSettings {
  std::string home_variable;              ///< names the folder with the files; or
  std::string home;                       ///< the folder in the user's home
  std::vector<std::string> files;         ///< in that folder; each is read
  std::vector<std::string> tables;        ///< of them, for the fetch phase
  std::vector<std::string> build_tables;  ///< for the build, so that it finds what was fetched
  std::vector<std::string> not_followed;  ///< dotted keys that would make other results: a build tells of them
  std::vector<std::string> secrets;       ///< keys in these that the fetch phase alone sees
  /// Dotted keys of the project's that name a server, which gets the `secrets` of the same table; `*` is any name.
  std::vector<std::string> servers;
  std::vector<std::string> routes;           ///< dotted keys of the project's that lead all that is secret past another
  std::vector<std::string> route_variables;  ///< variables of larder.toml's that do so
  std::vector<std::string> left_out;         ///< keys in these that no phase sees: they name programs of the user's
  std::vector<std::string> paths;            ///< keys in these whose values are paths, which are then shown
  std::vector<std::string> credentials;      ///< files in the folder that the fetch phase sees
  std::string certificates;                  ///< the tool's dotted key for a file of certificates; may be empty
  std::string credentials_path;              ///< the folder in which it sees them
  std::vector<std::string> variables;        ///< that the fetch phase takes from the caller's; `*` stands for anything
  std::string
      variables_file;  ///< in the folder, lines of NAME=VALUE: variables that the environment has not; may be empty
};

/// The settings that a tool reads after the project's own, as a generated file in TOML: so what the project says of
/// itself goes before what Larder thinks.
struct SettingsFile {
  std::string path;                        ///< in the sandbox; empty: the recipe has no such file
  std::vector<std::string> project_files;  ///< of the project, whose keys the file does not repeat
  std::string include_key;                 ///< the key by which a file names others that it includes; may be empty
  Environment values;                      ///< by dotted keys; with placeholders
  Environment test_values;                 ///< in addition, for tests
  Environment gives_way;  ///< to keys of `values` names of variables, with blanks between: with one set, it is left out
  std::string variable_prefix;  ///< of the variables that stand for its keys; may be empty
  std::string target_key;  ///< the project's key for the triple that is built where no target is named; may be empty
  std::string output_key;  ///< the project's key for the folder of results, which Larder decides; may be empty
  UserSettings user;
};

/// A file that builds find: a toolchain file, for one. Larder writes it before the commands run, where its text is
/// another one than before.
struct BuildFile {
  std::string path;  ///< absolute, with placeholders
  std::string text;  ///< with placeholders
};

/// How the user's arguments are told apart, where a tool has a step that configures and one that builds.
struct ConfigureArguments {
  std::vector<std::string> begin_with;  ///< an argument that begins so is for the step that configures
  std::vector<std::string> but_not;     ///< one that begins so is not, whatever `begin_with` says
  std::vector<std::string> with_value;  ///< one that is just this takes the next argument with it
};

struct FetchPhase {
  Command command;
  Command per_target;                         ///< added once for each target
  std::vector<std::string> brings_back;       ///< files that it may write into the project
  std::vector<std::string> inputs;            ///< files whose change makes a new fetch necessary; glob patterns
  bool build_machine = false;                 ///< `per_target` is added for the machine that the build runs on, too
  std::vector<std::string> flags = {};        ///< of the build tool's arguments those that it takes as well
  std::vector<std::string> options = {};      ///< likewise, with a value
  std::vector<std::string> own_options = {};  ///< likewise, but from the command line alone, not from the project
  std::vector<std::string> variables = {};    ///< of the project's, those that a fetch with the user's settings takes
  Environment env = {};                       ///< in this phase only, over the project's
  Environment overrules = {};                 ///< keys of the project's settings that have these values in this phase
  std::vector<std::string> words = {};        ///< where there are some: only if one of them stands in one of the inputs
  bool in_build_tree = false;                 ///< for each target in its own compiled volume, before it is built
};

/// A script that prepares Larder's own image for the recipe, after its packages are there.
struct ImageScript {
  std::string libc;                    ///< for targets with this one only; empty: for all, and shared by them
  std::string name;                    ///< of the file: recipes/scripts/<name>
  std::string text;                    ///< for sh
  std::vector<std::string> arguments;  ///< with placeholders
  std::string package = {};            ///< the Debian package that it completes, without which it is not run
};

/// What Larder's own image for the recipe has in addition to the needs.
struct RecipeImage {
  std::vector<std::string> packages;         ///< of Debian, for all targets
  std::vector<std::string> target_packages;  ///< keys of the target's packages; one that it lacks is left out
  std::vector<ImageScript> scripts;
  std::vector<DownloadVolume> volumes;  ///< caches of tools that it has and others may lack; builds write to them
  Environment env;                      ///< for these tools
  std::string path;                     ///< goes before PATH; may be empty
};

/// Who says which of the files that a build leaves are its results.
enum class ResultSource {
  content,  ///< the files themselves: programs and libraries for the target
  cargo,    ///< cargo's messages (`--message-format=json…`) on the standard output of the last command
  cmake     ///< CMake's file API, in the build folder's .cmake/api/v1/reply
};

/// Where a tool installs what it has built, for projects that want that as their results.
struct InstallPhase {
  std::vector<Command> commands;  ///< run after the build's
  std::string folder;             ///< relative to /workspace: what lies in it afterwards are the results
  std::string strip;              ///< a folder in it whose content keeps its paths from there on; may be empty
};

/// How a profile's name (release, dev) is called by the tool and where it puts the result.
struct Profile {
  std::string tool;
  std::string dir;
};

/// What one ecosystem needs; one file of recipes/.
struct Recipe {
  std::string name;
  bool of_project = false;          ///< the project's own: what it asks for is asked by who wrote the project
  int version = 1;                  ///< a new one makes compiled volumes start anew
  std::string title;                ///< "Rust (cargo)"
  std::vector<std::string> detect;  ///< any of these files in the project's folder
  std::optional<int> rank;          ///< which of several recipes that fit is taken: the lowest; no value is 0
  std::string workspace;  ///< the file by which the tool finds a workspace above the folder it is started in; or empty
  std::vector<std::string> searched_above;  ///< files that the tool looks for in all folders above it
  std::string around_file;   ///< the file by which the tool finds, above it, what else belongs to the project; or empty
  std::string output;        ///< the folder in the project that the tool builds in; empty: the source tree itself
  std::string other_output;  ///< the folder for a project that has sources in the first; empty: none
  std::vector<std::string> variables;  ///< by which the tool would make other results; `*` stands for anything
  Environment decided;  ///< of these, those that Larder's own words decide, with what the user says instead
  BlindSpots blind;
  CxxSigns cxx;
  bool settings_in_variant = false;     ///< other settings get another compiled volume: the tool does not notice them
  bool skip_unchanged = false;          ///< the tool need not be started where nothing has changed
  std::vector<std::string> toolchains;  ///< roots searched for the needs: "{rustup}", "/usr"
  std::vector<Need> needs;
  RecipeImage image;
  std::vector<DownloadVolume> downloads;
  std::vector<std::string> rewritten;   ///< files in it that a build without changes writes again; glob patterns
  std::vector<std::string> not_shared;  ///< what of the compiled volume never leaves the machine; glob patterns
  std::string compiled_name;            ///< "cargo-target-{project}-{target}"
  Environment env;
  Environment env_other;  ///< besides, where the target's tools are not the machine's own (is_machines_own)
  SettingsFile settings;
  std::vector<BuildFile> files;
  std::optional<FetchPhase> fetch;
  Environment build_env;         ///< in the build phase only
  std::vector<Command> build;    ///< run one after another; for the user's arguments see builds/plan/user_arguments
  ConfigureArguments configure;  ///< [build.configure]
  bool build_emulator = false;   ///< builds may run the target's programs, by its emulator
  std::vector<Command> test;     ///< what `larder test` runs instead of them; empty: it cannot
  Environment test_env;          ///< then, in addition to the build phase's
  std::string folder_option;     ///< of the tool's, with the folder in which the project's files are; or empty
  std::vector<std::string> project_options;  ///< of the tool's, with a folder or file: where the project is
  /// Where there are some, the goals among the user's arguments are made one after another, as the tool does without
  /// jobs: its options that are followed by a value.
  std::vector<std::string> goals_in_turn;
  std::string output_option;   ///< of the tool's, with the folder that it builds in; or empty
  std::string target_option;   ///< of the tool's, with the triple of what it builds for; or empty
  std::string profile_option;  ///< of the tool's, with a value: names a profile as Larder's own option does; or empty
  Environment profile_flags;   ///< options of the tool's that stand for a profile of that name
  std::map<std::string, Command> args_for;  ///< [build.args_for]: what `{args_for}` stands for, see commands_for
  bool safe_to_interrupt = false;           ///< the tool leaves nothing half-written at SIGINT
  std::map<std::string, Profile> profiles;
  ResultSource results_from = ResultSource::content;
  std::string build_folder;            ///< relative to /workspace: where CMake's reply lies, see ResultSource::cmake
  std::vector<std::string> artifacts;  ///< glob patterns relative to /workspace, for what may be a result
  std::vector<std::string> artifacts_not;
  std::vector<std::string> beside;         ///< endings of files that belong to a library by the same name: ".h"
  std::string wrong_libc;                  ///< what to do about a result for another libc; empty: what any tool does
  std::vector<Command> after_build;        ///< run after the last build command: what makes the results readable
  std::optional<InstallPhase> install;     ///< with `[artifacts] install = true`; no value: the tool has none
  bool foreign_artifacts_allowed = false;  ///< helpers built for the build machine lie among them

  /// The commands, `build` or `test`, for a target. An item `{args_for}` has become these lists of `args_for`, in this
  /// order: "other" if the target's tools are not the machine's own (is_machines_own), "cross" if the machine cannot
  /// run the target's binaries by itself, "emulated" if an emulator does, and that of the target's libc. Still to be
  /// expanded.
  std::vector<Command> commands_for(const std::vector<Command>& commands, const Target& target, const Target& machine,
                                    bool emulated = false) const;

  /// What tool and folders call the profile; one that the recipe does not list is called as it is.
  Profile profile(const std::string& name) const;

  /// Whether the tool is told the profile, so that it builds otherwise for another one.
  bool has_profiles() const;
};

/// Whether one of the recipe's files lies in the folder.
bool is_for(const Recipe& recipe, const std::string& folder);

/// A recipe, and the names of others whose files lie in the folder, too.
struct ChosenRecipe {
  Recipe recipe;
  std::vector<std::string> also_fit;
};

/// The recipes that there are, in the order in which they are tried: by rank, those of equal rank as they are given.
class RecipeTable {
 public:
  explicit RecipeTable(std::vector<Recipe> recipes);
  const std::vector<Recipe>& all() const { return recipes_; }
  Result<Recipe> find(const std::string& name) const;
  /// The first recipe one of whose files lies in the folder; an error that says what was looked for.
  Result<Recipe> detect(const std::string& folder) const;
  /// The recipe that `detect` gives, and which others would fit.
  Result<ChosenRecipe> choose(const std::string& folder) const;

 private:
  std::string project_above(const std::string& folder) const;

  std::vector<Recipe> recipes_;
};

}  // namespace larder::config
