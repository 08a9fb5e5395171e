#pragma once

#include <poll.h>

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/mount_spec.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "base/user_namespace.hpp"

namespace larder::engine {

/// A volume as the engine mounts it: layers and, where the build may write, an upper over them. Paths are relative
/// to the store's directory.
struct VolumeMount {
  std::string path;                 ///< in the sandbox
  std::vector<std::string> lowers;  ///< lowest first
  std::string upper;                ///< empty: read-only
  std::string work;
  std::string lowest_folder = {};  ///< absolute, outside the store; lies below all layers; may be empty
  std::string name = {};           ///< for users of a container engine's own commands
  std::string volume_class = {};   ///< "download" or "compiled"; for the same users
};

/// The capabilities that root keeps in a build: they let it read and write the files of a checkout whose owner is
/// another, as it does outside, and nothing else.
inline constexpr std::array file_capabilities = {"CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID"};

/// The descriptor at which a container's command finds the jobserver, for reading and writing.
constexpr int jobserver_fd = 3;

/// The path in a container from which files reach the caller, where the engine keeps the volumes itself.
constexpr const char* output_path = "/run/larder-output";

/// What a run in a container needs beyond `Spec`'s other fields; the native engine does not read it.
struct ContainerSpec {
  std::string image;     ///< id, as the engine knows it
  std::string platform;  ///< "linux/arm64" where the image is not for this machine, else empty
  std::string project;   ///< for labels, as the target
  std::string target;
  std::string network;    ///< which one Network::on means; empty: the engine's choice
  std::string cpus;       ///< "1.5"; empty: no limit
  std::string memory;     ///< "4g"; empty: no limit
  std::string jobserver;  ///< a named pipe with its tokens; empty: the command gets none
  std::string output;     ///< a folder in the workspace, shown at output_path; empty: none
  std::string store_key;  ///< of the store, for a label; see container/owner
};

/// A root filesystem from the store. Paths are relative to the store's directory. The command may change it; where
/// there is no `upper`, its changes go to memory and are thrown away.
struct ImageRoot {
  std::vector<std::string> lowers;  ///< lowest first
  std::string upper;                ///< keeps the changes
  std::string work;
};

/// A file that is made for one run.
struct GeneratedFile {
  std::string path;  ///< absolute, in the sandbox
  std::string text;  ///< may be secret
};

/// The programs of another machine, and what runs them.
struct ForeignPrograms {
  std::string machine;   ///< as uname -m says it: "aarch64"
  std::string emulator;  ///< absolute, outside of the sandbox: a static qemu-user
};

/// A folder in the sandbox of whose files is noted which ones programs open.
struct Watched {
  std::string path;                  ///< absolute, in the sandbox
  std::vector<std::string> folders;  ///< relative to it, those whose files count; "": itself
  int file = -1;                     ///< takes the paths once the sandbox has ended; see opened_files.hpp
};

enum class Network { off, on };

/// Whether the command may make user namespaces and mounts of its own.
enum class Namespaces { none, own };

enum class Stdio {
  captured,   ///< output and errors go to one pipe, input is empty
  inherited,  ///< the caller's own
  terminal    ///< a new pseudo-terminal, whose master side `Process::output` is; for people
};

/// All that one run in a sandbox needs; plain data.
struct Spec {
  std::string store_path;
  std::string root_dir;    ///< relative to the store: an empty directory to put the sandbox's root together on
  std::vector<Bind> root;  ///< read-only; an earlier path may hold a later one
  std::vector<Link> links;
  std::optional<ImageRoot> image_root;   ///< in place of `root` and `links`
  Identity identity = Identity::caller;  ///< who the command is
  std::vector<VolumeMount> volumes;
  std::vector<Bind> around = {};        ///< read-only, shown below all that follows; an earlier may hold a later one
  std::string place = "/workspace";     ///< where the project is in the sandbox
  std::string start = "/workspace";     ///< the command's working directory
  std::string workspace;                ///< absolute, shown at `place`; empty when a volume is mounted there
  std::vector<std::string> empty_dirs;  ///< private, writable and gone afterwards
  bool keeps_tmp = false;               ///< /tmp is the root's own in place of an empty one; for the native engine
  std::vector<GeneratedFile> files;     ///< read-only, shown before `extra`
  std::vector<Bind> extra;              ///< read-only, shown after and thus in all of the above
  Network network = Network::off;
  std::optional<ForeignPrograms> foreign = {};  ///< start by themselves, where the kernel can; the native engine alone
  std::optional<Watched> watched = {};          ///< for the native engine: what containers open, no one can see
  Namespaces namespaces = Namespaces::none;     ///< for the native engine; containers have their engine's rules
  std::map<std::string, std::string> env;       ///< complete: nothing else is passed
  std::set<std::string> secret_env;             ///< names of those whose values nobody else may see
  std::vector<std::string> command;
  Stdio stdio = Stdio::captured;
  int lease_fd = -1;            ///< held outside of the sandbox until its last process has ended
  std::vector<int> shared_fds;  ///< the command inherits these under the same numbers
  ContainerSpec container;
};

/// The exit codes of a command that is not there, and of one that cannot be started; as shells and env(1) have them.
constexpr int program_not_found = 127;
constexpr int program_not_started = 126;

/// What an engine's refusal says where the sandbox's own words went elsewhere.
constexpr const char* sandbox_not_started = "the sandbox could not be started";

struct Ending {
  bool started = true;                        ///< false: the sandbox itself failed; its words are in the output
  int exit_code = 0;                          ///< of the command; 128 + n for signal n
  std::vector<std::string> last_errors = {};  ///< lines of standard error, where they went by way of this process
  bool began = true;                          ///< false: the engine has not started the command's first process
  std::optional<Error> outside = {};          ///< what has ended the command, where it was nothing of its own
};

/// A run in progress. Its destructor kills what still runs and waits for it.
class Process {
 public:
  virtual ~Process() = default;
  /// The descriptor to read the output from (Stdio::captured), or the terminal's master side; -1 when inherited.
  virtual int output() const = 0;
  /// A descriptor that becomes readable (end of file) when the sandbox has ended; for poll(2).
  virtual int end_fd() const = 0;
  /// What else to wait for, where the caller's streams reach the command by way of this process (Stdio::inherited).
  virtual std::vector<pollfd> stream_events() const { return {}; }
  /// Carries what has come from stream to stream; does not wait for more.
  virtual void copy_streams() {}
  /// The output of a command that has ended and of which nothing at all has come, as the engine has noted it. Not to
  /// be asked for after `wait`.
  virtual std::string unseen_output() { return {}; }
  /// Asks the command and its children to stop, as Ctrl-C does.
  virtual void interrupt() = 0;
  /// Ends every process in the sandbox at once.
  virtual void kill() = 0;
  /// Waits for the end: no process is left when it returns, and nothing more is written.
  virtual Result<Ending> wait() = 0;
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual Result<std::unique_ptr<Process>> start(const Spec& spec) = 0;
  /// Why the command did not run, where the ending is the engine's and not the command's own; `last_lines` are of its
  /// output.
  virtual std::optional<Error> refusal(const Ending& ending, const std::vector<std::string>& last_lines) const;
};

}  // namespace larder::engine
