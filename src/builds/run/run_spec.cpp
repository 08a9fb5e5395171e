#include "builds/run/run_spec.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "base/environment.hpp"
#include "base/subprocess.hpp"
#include "base/text.hpp"
#include "builds/output/container_output.hpp"
#include "builds/plan/git_passwords.hpp"
#include "builds/plan/git_replacements.hpp"
#include "builds/plan/named_servers.hpp"
#include "builds/plan/target_plan.hpp"
#include "builds/plan/tool_files.hpp"
#include "builds/run/ssh_settings.hpp"
#include "image/catalog.hpp"
#include "source/bring_back.hpp"
#include "store/branch/ref.hpp"
#include "store/layer/merged_tree.hpp"

namespace larder::builds {
namespace {

constexpr const char* agent_socket = "/run/ssh-agent";
constexpr const char* certificates_path = "/run/larder/certificates.pem";

/// $0 files, each by its path and its text, and then a command. The shell's $(…) drops newlines at the end, so an x
/// stands behind them.
constexpr const char* writing_script = R"sh(n=$0
while [ "$n" -gt 0 ]; do
  if [ "$(cat "$1" 2>/dev/null; echo x)" != "${2}x" ]; then
    mkdir -p "${1%/*}" && printf %s "$2" >"$1" || exit 125
  fi
  shift 2; n=$((n - 1))
done
exec "$@")sh";

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

void show_once(const Bind& bind, engine::Spec& spec) {
  if (std::find(spec.extra.begin(), spec.extra.end(), bind) == spec.extra.end()) spec.extra.push_back(bind);
}

/// A value may hold a password, and may be the path of a file.
void pass_variable(const std::string& name, engine::Spec& spec) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return;
  spec.env[name] = value;
  spec.secret_env.insert(name);
}

/// The certificates that SSL_CERT_FILE names, else, where an image has others, this machine's own; empty: none.
std::string certificates_of(const TargetPlan& target) {
  if (const std::string named = environment("SSL_CERT_FILE"); !named.empty()) return named;
  if (target.image.name == "host") return {};
  for (const char* path :
       {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem"})
    if (::access(path, R_OK) == 0) return path;
  return {};
}

/// The recipe's tool may have a setting of its own for them, where neither the project nor the user gives it.
void tell_tool_of_certificates(const Plan& plan, engine::Spec& spec) {
  const config::SettingsFile& settings = plan.recipe.settings;
  const std::string& key = settings.user.certificates;
  std::vector<std::string> texts = plan.settings.project;
  for (const auto* more : {&plan.settings.above, &plan.settings.user})
    texts.insert(texts.end(), more->begin(), more->end());
  if (key.empty() || !config::keys_there(texts, {key}).empty()) return;
  for (const auto& [name, path] : config::overruling({{key, certificates_path}}, {}, settings.variable_prefix))
    if (environment(name).empty()) spec.env.emplace(name, path);
}

/// A company's certificates, for example: what speaks with this machine's network has to know them. OpenSSL with cargo,
/// git, curl and Python are told by a variable each.
void show_certificates(const Plan& plan, const TargetPlan& target, engine::Spec& spec) {
  const std::string bundle = certificates_of(target);
  if (!bundle.starts_with('/') || ::access(bundle.c_str(), R_OK) != 0) return;
  spec.extra.push_back({bundle, certificates_path});
  for (const char* name : {"SSL_CERT_FILE", "GIT_SSL_CAINFO", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"})
    spec.env.emplace(name, certificates_path);
  tell_tool_of_certificates(plan, spec);
}

/// What a phase with the network takes of the machine's way to it.
void pass_network(const Plan& plan, const TargetPlan& target, engine::Spec& spec) {
  for (const char* name :
       {"http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"})
    if (spec.env.count(name) == 0) pass_variable(name, spec);
  show_certificates(plan, target, spec);
}

void show_credentials(const Plan& plan, engine::Spec& spec) {
  const config::UserSettings& user = plan.recipe.settings.user;
  const std::string folder = user_settings_folder(user);
  if (folder.empty() || plan.kept_back.all) return;
  if (!plan.kept_back.empty()) {
    for (const auto& [name, text] : read_credentials(user))
      spec.files.push_back({user.credentials_path + "/" + name, config::without_secrets(user, text, plan.kept_back)});
    return;
  }
  for (const std::string& name : user.credentials)
    if (const std::string file = folder + "/" + name; ::access(file.c_str(), R_OK) == 0)
      spec.extra.push_back({file, user.credentials_path + "/" + name});
}

/// What of the user's own settings leads to registries: variables, tokens, and whom git and curl are.
void pass_user_settings(const Plan& plan, engine::Spec& spec) {
  const config::UserSettings& user = plan.recipe.settings.user;
  for (const std::string& name : config::matching_variables(user.variables)) {
    if (spec.env.count(name) > 0 || is_kept_back(plan, name)) continue;
    pass_variable(name, spec);
    if (const std::string path = spec.env[name]; path.starts_with('/') && ::access(path.c_str(), R_OK) == 0)
      show_once({path, path}, spec);
  }
  for (const auto& [name, value] : users_variables(user)) {
    if (spec.env.count(name) > 0 || !config::fits_one(user.variables, name) || is_kept_back(plan, name)) continue;
    spec.env[name] = value;
    spec.secret_env.insert(name);
  }
  show_credentials(plan, spec);
}

void show_netrc(engine::Spec& spec) {
  if (const std::string file = environment("HOME") + "/.netrc"; ::access(file.c_str(), R_OK) == 0)
    spec.extra.push_back({file, std::string(home_folder) + "/.netrc"});
}

/// Whether the recipe's fetch runs nothing of the project's, so that it may see what is secret.
bool takes_user_settings(const Plan& plan) { return !plan.recipe.settings.user.home.empty(); }

/// By the command's options, since ssh goes by no HOME.
void show_ssh_settings(engine::Spec& spec) {
  const std::string own = environment("HOME") + "/.ssh";
  const std::string shown = std::string(home_folder) + "/.ssh";
  std::string command = "ssh";
  if (const std::string text = ssh_settings(own); !text.empty()) {
    spec.files.push_back({shown + "/config", text});
    command += " -F " + shown + "/config";
  }
  if (::access((own + "/known_hosts").c_str(), R_OK) == 0) {
    spec.extra.push_back({own + "/known_hosts", shown + "/known_hosts"});
    command += " -o UserKnownHostsFile=" + shown + "/known_hosts";
  }
  if (command != "ssh") spec.env.emplace("GIT_SSH_COMMAND", command);
}

/// What a fetch has of the caller's: what the project named for it, and the user's own way to the network.
void pass_secrets(const Plan& plan, Phase phase, engine::Spec& spec) {
  const config::Project& project = plan.project;
  for (const std::string& name : project.pass_env) pass_variable(name, spec);
  std::erase_if(spec.env, [&](const auto& variable) { return is_kept_back(plan, variable.first); });
  if (phase == Phase::fetch && takes_user_settings(plan)) pass_user_settings(plan, spec);
  if (phase == Phase::fetch && plan.users_keys && takes_user_settings(plan)) show_netrc(spec);
  if (!project.ssh_agent || environment("SSH_AUTH_SOCK").empty()) return;
  spec.extra.push_back({environment("SSH_AUTH_SOCK"), agent_socket});
  spec.env["SSH_AUTH_SOCK"] = agent_socket;
  show_ssh_settings(spec);
}

/// OpenSSH looks its caller up in the list of users, which an image of packages does not have him in.
Status show_caller(const store::Store& store, const store::Fork& fork, engine::Spec& spec) {
  TRY_ASSIGN(std::string users, image::read_from_image(store, image::rootfs_layers(fork.base), "etc/passwd"));
  for (const std::string& line : split(users, '\n'))
    if (const auto fields = split(line, ':'); fields.size() > 2 && fields[2] == std::to_string(::getuid())) return {};
  users += fmt::format("larder:x:{}:{}::{}:/bin/sh\n", ::getuid(), ::getgid(), home_folder);
  spec.files.push_back({"/etc/passwd", users});
  return {};
}

void show_settings(const Plan& plan, const config::ToolSettings& settings, engine::Spec& spec) {
  if (!settings.text.empty()) spec.files.push_back({plan.recipe.settings.path, settings.text});
  for (const std::string& path : settings.shown) show_once({path, path}, spec);
}

/// Elsewhere the recipe's files are shown; in the workspace, where the tool may keep them, the command writes them.
bool is_written(const config::BuildFile& file) { return file.path.starts_with(std::string(workspace_path) + "/"); }

void show_files(const TargetPlan& target, engine::Spec& spec) {
  for (const config::BuildFile& file : target.files)
    if (!is_written(file)) spec.files.push_back({file.path, file.text});
}

/// The files in which the user's git keeps passwords; gives what git has to be told of them.
std::string show_git_passwords(engine::Spec& spec) {
  std::string text;
  for (const GitPasswords& one : git_passwords()) {
    const std::string path = fmt::format("/run/larder/git-passwords-{}", spec.extra.size());
    spec.extra.push_back({one.path, path});
    text += asking(one, path);
  }
  return text;
}

/// What git is not to take for a new file of the user's: the folder that the tool builds in, where that is Larder's
/// choice and not the tool's. As git looks for the user's own (gitignore(5)), whose home builds do not see.
void show_git_excludes(const Plan& plan, engine::Spec& spec) {
  const std::string& top = plan.workspace.git_top;
  if (top.empty() || plan.recipe.other_output.empty()) return;
  const std::string inside = plan.workspace.folder.substr(top.size());
  spec.files.push_back({std::string(home_folder) + "/.config/git/ignore", inside + "/" + plan.recipe.output + "/\n"});
}

/// git and what reads its settings: root may build a checkout of another user's, which git would take for a trap; and
/// the user's `url.*.insteadOf` lead a fetch to mirrors.
void show_git_settings(const Plan& plan, bool fetch, engine::Spec& spec) {
  std::string text;
  struct stat status {};
  const bool others = ::geteuid() == 0 && ::stat(plan.workspace.folder.c_str(), &status) == 0 && status.st_uid != 0;
  if (others) text += "[safe]\n\tdirectory = *\n";
  if (fetch) text += git_replacements() + show_git_passwords(spec);
  if (!text.empty()) spec.files.push_back({"/etc/gitconfig", text});
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
  spec.image = target.image.engine_id;
  spec.platform = plan.engine.platform;
  spec.project = plan.workspace.project;
  spec.target = target.target.name;
  spec.network = plan.project.fetch_network;
  spec.cpus = plan.project.cpus;
  spec.memory = bytes;
  return spec;
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

/// Programs of the target's start by themselves, with what the emulator's command tells it of libraries: -L and -E.
void start_foreign(const TargetPlan& target, engine::Spec& spec) {
  const std::string inside = "/usr/bin/" + target.emulator;
  std::string emulator = find_in_path(target.emulator);
  for (const Bind& bind : spec.extra)
    if (bind.path == inside) emulator = bind.source;
  if (target.emulator.empty() || emulator.empty()) return;
  spec.foreign = {target.target.processor, emulator};
  const auto words = split(target.target.emulator, ' ');
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] == "-L") spec.env.emplace("QEMU_LD_PREFIX", words[i + 1]);
    if (words[i] == "-E") spec.env.emplace("QEMU_SET_ENV", words[i + 1]);
  }
}

Status make_folder(const std::string& path) {
  Os os;
  const Status made = os.mkdir(AT_FDCWD, path);
  if (made || made.error().sys_errno != EEXIST) return made;
  TRY_ASSIGN(const auto found, os.stat(AT_FDCWD, path));
  if (!found || S_ISDIR(found->st_mode)) return {};
  return fail(ErrorCode::usage, path + " is not a folder",
              S_ISLNK(found->st_mode) ? "it is a symbolic link" : "it is something else",
              "remove it: what compiles is kept in the store, and finished binaries need a folder of that name");
}

/// The project's real folder. What the user's own command must not write through by accident is read-only; a fetch
/// sees an empty folder in place of the results.
Status show_project_itself(const Plan& plan, Phase phase, engine::Spec& spec) {
  spec.workspace = plan.workspace.folder;
  TRY(make_output_folders(plan));
  const std::string output = plan.workspace.place + "/" + plan.recipe.output;
  if (phase == Phase::fetch && !plan.recipe.output.empty()) spec.empty_dirs.push_back(output);
  if (phase != Phase::hand) return {};
  Os os;
  TRY_ASSIGN(const auto entries, os.list(AT_FDCWD, plan.workspace.folder));
  for (const DirEntry& entry : entries)
    if (entry.type != DT_LNK && source::is_protected(entry.name))
      spec.extra.push_back({plan.workspace.folder + "/" + entry.name, plan.workspace.place + "/" + entry.name});
  return {};
}

/// The store stays hidden where it lies in what is shown around the project.
void show_around(const Workspace& workspace, const store::Store& store, engine::Spec& spec) {
  spec.around = workspace.around;
  if (!workspace.around.empty()) spec.env.emplace("GIT_DISCOVERY_ACROSS_FILESYSTEM", "1");  // the project is a mount
  for (const Bind& shown : workspace.around)
    if (source::is_below(store.path(), shown.source) && !source::is_below(store.path(), workspace.folder))
      spec.empty_dirs.push_back(shown.path + store.path().substr(shown.source.size()));
}

/// Of a compiled volume the part that lies in the folder of results: all that is shown where the project's own folder
/// is the workspace.
Status narrow_to_output(const Plan& plan, const store::Store& store, engine::VolumeMount& mount) {
  mount.path += "/" + plan.recipe.output;
  std::vector<std::string> lowers;
  for (const std::string& lower : mount.lowers) {
    const std::string part = lower + "/" + plan.recipe.output;
    TRY_ASSIGN(const auto there, store.os().stat(store.dir(), part));
    if (there && S_ISDIR(there->st_mode)) lowers.push_back(part);
  }
  mount.lowers = std::move(lowers);
  return {};
}

Status show_volume(const Plan& plan, const store::Fork& fork, const VolumeHome& home, const TargetView* view,
                   engine::Spec& spec) {
  engine::VolumeMount mount = mount_of(fork, home);
  if (fork.request.spec.volume_class == store::VolumeClass::compiled) {
    if (view != nullptr) {
      view->complete(spec, mount);
    } else {
      if (plan.recipe.output.empty()) return {};  // what was built lies in the source tree, which is the user's here
      TRY(narrow_to_output(plan, home.store, mount));
    }
  }
  spec.volumes.push_back(std::move(mount));
  return {};
}

}  // namespace

Status renew_folders(const store::Store& store, engine::Spec& spec) {
  spec.root_dir += "-again";
  TRY(store.os().mkdir(store.dir(), spec.root_dir, 0700));
  for (engine::VolumeMount& mount : spec.volumes) {
    if (mount.work.empty()) continue;
    mount.work += "-again";
    TRY(store.os().mkdir(store.dir(), mount.work, 0700));
  }
  return {};
}

Status make_target_folder(const Plan& plan) { return make_folder(plan.workspace.folder + "/target"); }

Status make_output_folders(const Plan& plan) {
  if (plan.recipe.output.empty()) return {};
  TRY(make_target_folder(plan));
  return make_folder(plan.workspace.folder + "/" + plan.recipe.output);
}

Result<engine::Spec> make_spec(const Plan& plan, const TargetPlan& target, const VolumeHome& home,
                               const store::Transaction& transaction, Phase phase, const TargetView* view) {
  engine::Spec spec;
  spec.store_path = home.store.path();
  spec.root_dir = transaction.root_dir();
  spec.root = target.image.root;
  spec.links = target.image.links;
  spec.empty_dirs = {home_folder};
  const bool fetches = phase == Phase::fetch || phase == Phase::tree_fetch;
  if (fetches) spec.env = target.fetch_env;
  if (!fetches || plan.offline) spec.env.insert(target.build_env.begin(), target.build_env.end());
  const bool network = (fetches || plan.project.network) && !plan.offline;
  spec.network = network ? engine::Network::on : engine::Network::off;
  spec.namespaces = plan.project.user_namespaces ? engine::Namespaces::own : engine::Namespaces::none;
  spec.lease_fd = transaction.lease_fd();
  spec.container = container_spec(plan, target);
  spec.extra = plan.project.mounts;
  TRY(show_emulator(target, home.store, transaction, spec));
  if (!fetches) start_foreign(target, spec);
  show_around(plan.workspace, home.store, spec);
  spec.place = plan.workspace.place;
  spec.start = plan.workspace.start_place();
  spec.extra.insert(spec.extra.end(), plan.workspace.git_binds.begin(), plan.workspace.git_binds.end());
  for (const auto& [name, value] : plan.passed) spec.secret_env.insert(name);
  if (network) pass_network(plan, target, spec);
  if (fetches && network) pass_secrets(plan, phase, spec);
  show_settings(plan, phase == Phase::fetch ? target.fetch_settings : target.build_settings, spec);
  show_files(target, spec);
  show_git_excludes(plan, spec);
  show_git_settings(plan, phase == Phase::fetch && network && plan.users_keys && takes_user_settings(plan), spec);
  if (view == nullptr) TRY(show_project_itself(plan, phase, spec));
  if (home.plain) TRY(make_output(plan, home.store, transaction, spec));
  for (const store::Fork& fork : transaction.forks()) {
    if (target.image.volume && fork.request.spec.key == target.image.volume->key) {
      if (!plan.engine.traits().is_container_engine) TRY(show_image(fork, spec));
      if (spec.env.count("SSH_AUTH_SOCK") > 0) TRY(show_caller(home.store, fork, spec));
    } else if (fork.request.spec.volume_class != store::VolumeClass::image) {  // that is the emulator's
      TRY(show_volume(plan, fork, home, view, spec));
    }
  }
  return spec;
}

Result<engine::Spec> make_image_spec(const Plan& plan, const TargetPlan& target, const store::Store& store,
                                     const store::Transaction& transaction, const config::Command& command) {
  TRY_ASSIGN(engine::Spec spec, make_spec(plan, target, store, transaction, Phase::hand, nullptr));
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

bool lacks_program(const store::Store& store, const engine::Spec& spec) {
  const std::string& program = spec.command.front();
  const auto path = spec.env.find("PATH");
  if (!spec.container.image.empty() || program.find('/') != std::string::npos || path == spec.env.end()) return false;
  std::optional<store::MergedTree> image;
  if (spec.image_root) {
    auto tree = store::MergedTree::open(store, spec.image_root->lowers);
    if (!tree) return false;
    image.emplace(std::move(*tree));
  }
  const auto is_there = [&](const std::string& folder) {
    const std::string file = folder + "/" + program;
    if (!image) return ::access(file.c_str(), X_OK) == 0;
    const auto found = image->find(file.substr(1));
    return !found || found->has_value();  // what cannot be known may be there
  };
  const auto folders = split(path->second, ':');
  return std::none_of(folders.begin(), folders.end(), is_there);
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

config::Command with_files(const std::vector<config::BuildFile>& files, const config::Command& command) {
  config::Command whole = {"sh", "-c", writing_script, ""};
  size_t written = 0;
  for (const config::BuildFile& file : files) {
    if (!is_written(file)) continue;
    whole.insert(whole.end(), {file.path, file.text});
    ++written;
  }
  if (written == 0) return command;
  whole[3] = std::to_string(written);
  whole.insert(whole.end(), command.begin(), command.end());
  return whole;
}

}  // namespace larder::builds
