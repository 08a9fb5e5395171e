#include "builds/run/run_spec.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/environment.hpp"
#include "base/subprocess.hpp"
#include "base/text.hpp"
#include "builds/output/container_output.hpp"
#include "image/catalog.hpp"
#include "store/branch/ref.hpp"
#include "store/layer/merged_tree.hpp"

namespace larder::builds {
namespace {

constexpr const char* agent_socket = "/run/ssh-agent";

/// The engine's own compiled volumes have their variant in the name: there is nothing else to tell them apart.
engine::VolumeMount mount_of(const store::Fork& fork, const VolumeHome& home) {
  const store::VolumeKey& key = fork.request.spec.key;
  const bool compiled = fork.request.spec.volume_class == store::VolumeClass::compiled;
  engine::VolumeMount mount;
  mount.path = fork.request.spec.mount_path;
  mount.name = compiled && home.plain ? key.name() + "-" + key.variant() : key.name();
  mount.volume_class = store::to_string(fork.request.spec.volume_class);
  mount.lowers = store::layer_roots(fork.base.layers);
  if (fork.writable()) {
    mount.upper = fork.dir + "/upper";
    mount.work = fork.dir + "/work";
  }
  return mount;
}

/// What the project named for the fetch phase, and nothing else of the caller's.
void pass_secrets(const config::Project& project, engine::Spec& spec) {
  for (const std::string& name : project.pass_env)
    if (std::getenv(name.c_str()) != nullptr) {
      spec.env[name] = environment(name);
      spec.secret_env.insert(name);
    }
  if (!project.ssh_agent || environment("SSH_AUTH_SOCK").empty()) return;
  spec.extra.push_back({environment("SSH_AUTH_SOCK"), agent_socket});
  spec.env["SSH_AUTH_SOCK"] = agent_socket;
  const std::string known_hosts = environment("HOME") + "/.ssh/known_hosts";
  if (::access(known_hosts.c_str(), R_OK) == 0)
    spec.extra.push_back({known_hosts, std::string(home_folder) + "/.ssh/known_hosts"});
}

/// What a network needs is the machine's own, since it differs from one to the next.
Status show_image(const store::Fork& fork, engine::Spec& spec) {
  if (fork.base.empty())
    return fail(ErrorCode::environment, "the image of this build has gone away", "somebody has removed it",
                "build again: it is then prepared anew");
  spec.image_root = {image::rootfs_layers(fork.base), {}, {}};
  for (const char* path : {"/etc/hosts", "/etc/resolv.conf"})
    if (::access(path, R_OK) == 0) spec.extra.push_back({path, path});
  return {};
}

engine::ContainerSpec container_spec(const Plan& plan, const TargetPlan& target) {
  const std::string& memory = plan.project.memory;
  const std::string bytes = memory.empty() ? "" : std::to_string(parse_bytes(memory).value_or(0));
  engine::ContainerSpec spec;
  spec.image = plan.engine.image_id;
  spec.platform = plan.engine.platform;
  spec.project = plan.workspace.project;
  spec.target = target.target.name;
  spec.network = plan.project.fetch_network;
  spec.cpus = plan.project.cpus;
  spec.memory = bytes;
  return spec;
}

/// The mount point in the project's own folder; finished binaries go there too.
Status make_target_folder(const Plan& plan) {
  Os os;
  const std::string path = plan.workspace.folder + "/target";
  const Status made = os.mkdir(AT_FDCWD, path);
  if (made || made.error().sys_errno != EEXIST) return made;
  TRY_ASSIGN(const auto found, os.stat(AT_FDCWD, path));
  if (!found || S_ISDIR(found->st_mode)) return {};
  return fail(ErrorCode::usage, path + " is not a folder",
              S_ISLNK(found->st_mode) ? "it is a symbolic link" : "it is something else",
              "remove it: what compiles is kept in the store, and finished binaries need a folder of that name");
}

/// An emulator comes from the machine, or from an image of its own.
Status show_emulator(const TargetPlan& target, const store::Store& store, const store::Transaction& transaction,
                     engine::Spec& spec) {
  if (target.emulator.empty()) return {};
  const std::string inside = "/usr/bin/" + target.emulator;
  if (!target.emulator_volume) {
    const std::string own = find_in_path(target.emulator);
    const bool shown = target.image.name == "host" && own == inside;
    if (!shown) spec.extra.push_back({own, inside});
    return {};
  }
  for (const store::Fork& fork : transaction.forks()) {
    if (!(fork.request.spec.key == target.emulator_volume->key)) continue;
    for (const std::string& rootfs : image::rootfs_layers(fork.base)) {
      const std::string file = store.path() + "/" + rootfs + inside;
      if (::access(file.c_str(), X_OK) == 0) spec.extra.push_back({file, inside});
    }
  }
  return {};
}

}  // namespace

Result<engine::Spec> make_spec(const Plan& plan, const TargetPlan& target, const VolumeHome& home,
                               const store::Transaction& transaction, Phase phase) {
  engine::Spec spec;
  spec.store_path = home.store.path();
  spec.root_dir = transaction.root_dir();
  spec.root = target.image.root;
  spec.links = target.image.links;
  spec.empty_dirs = {home_folder};
  spec.env = phase == Phase::build || plan.offline ? target.build_env : target.env;
  const bool network = (phase == Phase::fetch || plan.project.network) && !plan.offline;
  spec.network = network ? engine::Network::on : engine::Network::off;
  spec.lease_fd = transaction.lease_fd();
  spec.container = container_spec(plan, target);
  spec.extra = plan.project.mounts;
  TRY(show_emulator(target, home.store, transaction, spec));
  if (!plan.workspace.git_dir.empty()) spec.extra.push_back({plan.workspace.git_dir, plan.workspace.git_dir});
  if (phase == Phase::fetch) pass_secrets(plan.project, spec);
  const bool overlay = plan.recipe.workspace == config::WorkspaceMode::overlay && phase == Phase::build;
  if (!overlay) {
    spec.workspace = plan.workspace.folder;
    TRY(make_target_folder(plan));
    // What a fetch leaves there (cargo's notes on the compiler) is no result; the user's folder stays as it is.
    if (phase == Phase::fetch) spec.empty_dirs.emplace_back("/workspace/target");
  }
  if (home.plain) TRY(make_output(plan, transaction, spec));
  for (const store::Fork& fork : transaction.forks()) {
    if (target.image.volume && fork.request.spec.key == target.image.volume->key) {
      TRY(show_image(fork, spec));
      continue;
    }
    if (fork.request.spec.volume_class == store::VolumeClass::image) continue;  // the emulator's
    spec.volumes.push_back(mount_of(fork, home));
    if (overlay && fork.request.spec.mount_path == "/workspace")
      spec.volumes.back().lowest_folder = plan.workspace.folder;
  }
  return spec;
}

Result<engine::Spec> make_image_spec(const Plan& plan, const TargetPlan& target, const store::Store& store,
                                     const store::Transaction& transaction, const config::Command& command) {
  TRY_ASSIGN(engine::Spec spec, make_spec(plan, target, store, transaction, Phase::build));
  spec.workspace = plan.workspace.folder;
  spec.identity = Identity::root;
  spec.network = engine::Network::on;
  spec.env = target.image.env;
  spec.env["HOME"] = "/root";
  spec.env["LANG"] = "C.UTF-8";
  spec.env["PATH"] = target.image.path;
  spec.command = command;
  return spec;
}

config::Command chain(const std::vector<config::Command>& commands) {
  if (commands.size() == 1) return commands.front();
  std::vector<std::string> parts;
  for (const config::Command& command : commands) {
    std::vector<std::string> words;
    for (const std::string& word : command) words.push_back(shell_quote(word));
    parts.push_back(join(words, " "));
  }
  return {"sh", "-c", join(parts, " && ")};
}

std::vector<store::ForkRequest> input_requests(const Plan& plan, const TargetPlan& target, store::Access access) {
  std::vector<store::ForkRequest> requests;
  for (const auto& volume : {target.image.volume, target.emulator_volume})
    if (volume) requests.push_back({*volume, store::Access::read});
  for (size_t i = 0; i < target.downloads.size(); ++i) {
    const bool fetched = i < plan.recipe.downloads.size();  // builds write to the others, and each to its own alone
    store::ForkRequest request{target.downloads[i], fetched ? access : store::Access::write};
    for (const store::VolumeKey& key : plan.siblings[i])
      if (key != request.spec.key) request.siblings.push_back(key);
    if (fetched && access == store::Access::write)
      for (const TargetPlan& other : plan.targets)
        if (other.target.name != target.target.name) request.also.push_back(other.downloads[i]);
    requests.push_back(std::move(request));
  }
  return requests;
}

Result<store::ForkRequest> compiled_request(const store::Store& store, const Plan& plan, const TargetPlan& target) {
  store::ForkRequest request{target.compiled, store::Access::write, {}, {}, plan.recipe.rewritten};
  if (target.adopt.empty()) return request;
  TRY_ASSIGN(const auto own, store::current_generation(store, target.compiled.key));
  if (own) return request;
  TRY_ASSIGN(const auto keys, store::list_volumes(store));
  for (const store::VolumeKey& key : keys) {
    if (key.name() != target.compiled.key.name() || key.trust() != target.compiled.key.trust()) continue;
    TRY_ASSIGN(const auto other, store::current_generation(store, key));
    if (other && other->spec.image == target.compiled.image && other->spec.recipe == target.compiled.recipe)
      request.siblings.push_back(key);
  }
  return request;
}

}  // namespace larder::builds
