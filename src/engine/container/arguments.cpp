#include "engine/container/arguments.hpp"

#include <fmt/format.h>
#include <fnmatch.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "engine/owner.hpp"
#include "engine/process_limit.hpp"

namespace larder::engine {
namespace {

constexpr const char* jobserver_path = "/run/larder-jobs";

/// Nobody types this: a client that detaches ends with 0 while its container goes on. docker cannot be told "none".
constexpr const char* no_detach_keys = "ctrl-_,ctrl-^,ctrl-_,ctrl-],ctrl-_,ctrl-^,ctrl-_,ctrl-]";

std::string bind_mount(const Bind& bind, Writes writes) {
  return "type=bind," + mount_field("source=" + bind.source) + "," + mount_field("target=" + bind.path) +
         (writes == Writes::no ? ",readonly" : "");
}

/// Variables that the client program itself obeys, or a program that it starts.
constexpr std::array clients_own = {"PATH",        "HOME",         "USER",          "TMPDIR",   "LANG",
                                    "LC_*",        "LD_*",         "XDG_*",         "DOCKER_*", "BUILDKIT_*",
                                    "CONTAINER_*", "CONTAINERS_*", "PODMAN_*",      "_*",       "STORAGE_*",
                                    "SSH_*",       "DBUS_*",       "NOTIFY_SOCKET", "LISTEN_*"};

/// A secret, whose value other users may not read among the client's arguments.
bool is_handed_over(const Spec& spec, const std::string& name) {
  if (spec.secret_env.count(name) == 0) return false;
  const char* own = std::getenv(name.c_str());
  const bool same = own != nullptr && spec.env.at(name) == own;
  return same || std::none_of(clients_own.begin(), clients_own.end(),
                              [&](const char* pattern) { return ::fnmatch(pattern, name.c_str(), 0) == 0; });
}

class Arguments {
 public:
  Arguments(Dialect dialect, const Facts& facts, const Caller& caller, const Spec& spec)
      : dialect_(dialect), facts_(facts), caller_(caller), spec_(spec) {}

  std::vector<std::string> make(const std::vector<EngineVolume>& volumes) {
    add({"run", "--pull", "never", "--name", container_name(spec_), "--hostname", "larder"});
    if (docker()) add({"--rm"});  // podman 4.3 may remove the exit code too, before its own client has it
    add_labels();
    add_stdio();
    add_init();
    add_user();
    add({"--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--no-healthcheck"});
    if (caller_.uid == 0 && !facts_.rootless && needs_rights_over_files(spec_))
      for (const char* capability : file_capabilities) add({"--cap-add", capability});
    if (caller_.selinux) add({"--security-opt", "label=disable"});
    if (const std::string name = network(); !name.empty()) add({"--network", name});
    add_limits();
    add_environment();
    add_mounts(volumes);
    add({"--workdir", spec_.start, "--entrypoint", "", spec_.container.image});
    add_command();
    return std::move(arguments_);
  }

 private:
  void add(std::initializer_list<std::string> items) { arguments_.insert(arguments_.end(), items); }
  bool docker() const { return dialect_ == Dialect::docker; }

  void add_labels() {
    Labels labels = labels_of(spec_);
    labels["larder.pid"] = std::to_string(::getpid());
    for (const auto& [name, value] : labels) add({"--label", name + "=" + value});
  }

  /// The attached client of podman may lose what a command writes that ends at once: conmon, which has its output, may
  /// see its end before it sees the client. So the container gets the client's own streams; where it cannot, what it
  /// writes is noted, to be asked for.
  void add_stdio() {
    if (gets_clients_streams(dialect_, facts_, spec_.stdio)) return add({"--log-driver", "passthrough"});
    if (!docker()) add({"--log-driver", "k8s-file"});
    if (spec_.stdio == Stdio::captured) return;
    add({"--interactive", "--detach-keys", docker() ? no_detach_keys : ""});
    if (spec_.stdio == Stdio::terminal) add({"--tty"});
  }

  /// A first process that ends at signals and passes them on: the kernel shields a pid namespace's first one from
  /// signals for which it has no handler, which cargo has not. The variable has tini signal the whole group.
  void add_init() {
    if (docker() || !facts_.init.empty()) add({"--init", "--env", "TINI_KILL_PROCESS_GROUP=1"});
    if (!docker() && !facts_.init.empty()) add({"--init-path", facts_.init});
  }

  /// The caller's own ids, so that the workspace's files stay the caller's. A rootless docker daemon shows the caller
  /// as the container's root.
  void add_user() {
    const bool is_root_inside = docker() && facts_.rootless;
    add({"--user", is_root_inside ? "0:0" : fmt::format("{}:{}", caller_.uid, caller_.gid)});
    if (docker() && facts_.remaps_users) add({"--userns", "host"});
    if (!docker() && facts_.rootless) add({"--userns", "keep-id"});
  }

  /// Empty: the engine's own default. A docker daemon without bridge has no other network than the machine's.
  std::string network() const {
    if (spec_.network == Network::off) return "none";
    if (!spec_.container.network.empty()) return spec_.container.network;
    return docker() && !facts_.has_bridge ? "host" : "";
  }

  void add_limits() {
    const ContainerSpec& wanted = spec_.container;
    if (!wanted.platform.empty()) add({"--platform", wanted.platform});
    if (!wanted.cpus.empty()) add({"--cpus", wanted.cpus});
    if (!wanted.memory.empty()) add({"--memory", wanted.memory});
    if (facts_.limits_processes) add({"--pids-limit", std::to_string(process_number_max)});
  }

  void add_environment() {
    for (const auto& [name, value] : spec_.env) add({"--env", is_handed_over(spec_, name) ? name : name + "=" + value});
  }

  void add_mounts(const std::vector<EngineVolume>& volumes) {
    for (const Bind& bind : spec_.around) add({"--mount", bind_mount(bind, Writes::no)});
    if (!spec_.workspace.empty()) add({"--mount", bind_mount({spec_.workspace, spec_.place}, Writes::yes)});
    add({"--tmpfs", "/tmp:exec,mode=1777"});
    for (const std::string& dir : spec_.empty_dirs) add({"--tmpfs", dir + ":exec,mode=1777"});
    for (const EngineVolume& volume : volumes) add({"--mount", volume_mount(dialect_, volume)});
    for (const Bind& bind : spec_.extra) add({"--mount", bind_mount(bind, Writes::no)});
    if (!spec_.container.output.empty())
      add({"--mount", bind_mount({spec_.container.output, output_path}, Writes::yes)});
    if (!spec_.container.jobserver.empty())
      add({"--mount", bind_mount({spec_.container.jobserver, jobserver_path}, Writes::yes)});
  }

  /// A named pipe must be opened inside; make 4.3 knows a jobserver by its descriptors only.
  void add_command() {
    if (!spec_.container.jobserver.empty())
      add({"sh", "-c", fmt::format("exec {}<>{} && exec \"$@\"", jobserver_fd, jobserver_path), "sh"});
    arguments_.insert(arguments_.end(), spec_.command.begin(), spec_.command.end());
  }

  Dialect dialect_;
  const Facts& facts_;
  const Caller& caller_;
  const Spec& spec_;
  std::vector<std::string> arguments_;
};

}  // namespace

Caller this_caller() { return {::geteuid(), ::getegid(), ::access("/sys/fs/selinux/enforce", F_OK) == 0}; }

bool gets_clients_streams(Dialect dialect, const Facts& facts, Stdio stdio) {
  return dialect == Dialect::podman && facts.passes_streams && stdio != Stdio::terminal;
}

std::map<std::string, std::string> handed_over(const Spec& spec) {
  std::map<std::string, std::string> variables;
  for (const auto& [name, value] : spec.env)
    if (is_handed_over(spec, name)) variables[name] = value;
  return variables;
}

std::string container_name(const Spec& spec) { return "larder-" + labels_of(spec).at("larder.transaction"); }

std::vector<std::string> run_arguments(Dialect dialect, const Facts& facts, const Caller& caller, const Spec& spec,
                                       const std::vector<EngineVolume>& volumes) {
  return Arguments(dialect, facts, caller, spec).make(volumes);
}

}  // namespace larder::engine
