#include "image/host.hpp"

#include <fmt/format.h>
#include <gnu/libc-version.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "base/sha256.hpp"
#include "base/subprocess.hpp"
#include "base/text.hpp"
#include "config/tables.hpp"

namespace larder::image {
namespace {

namespace fs = std::filesystem;

/// Where a toolchain from outside the system folders appears in the sandbox.
constexpr const char* toolchain_mount = "/toolchain";

constexpr double version_seconds_max = 10;

constexpr std::array system_folders = {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt"};

/// Of /etc only this: the rest may hold the machine's secrets, such as shadow and keys, which root could read.
constexpr std::array etc_entries = {
    "alternatives", "ca-certificates", "debian_version", "group",      "hosts",         "host.conf",      "ld.so.cache",
    "ld.so.conf",   "ld.so.conf.d",    "localtime",      "mime.types", "nsswitch.conf", "os-release",     "passwd",
    "pki",          "protocols",       "resolv.conf",    "services",   "ssl/certs",     "ssl/openssl.cnf"};

void add_system_folders(Image& image) {
  for (const char* folder : system_folders) {
    std::error_code ignored;
    if (fs::is_symlink(folder, ignored))
      image.links.push_back({fs::read_symlink(folder, ignored).string(), folder});
    else if (fs::is_directory(folder, ignored))
      image.root.push_back({folder, folder});
  }
  for (const char* entry : etc_entries) {
    const std::string path = std::string("/etc/") + entry;
    if (::access(path.c_str(), R_OK) == 0) image.root.push_back({path, path});
  }
}

std::string find_program(const std::string& name, const std::string& toolchain) {
  for (const std::string& folder : {toolchain + "/bin", std::string("/usr/local/bin"), std::string("/usr/bin")})
    if (::access((folder + "/" + name).c_str(), X_OK) == 0) return folder + "/" + name;
  return {};
}

/// `target:KEY` asks the target which package or command brings it.
void resolve_package(const std::string& package, const config::Target& target, const config::Target& machine,
                     CheckedNeed& need) {
  constexpr std::string_view prefix = "target:";
  if (package.compare(0, prefix.size(), prefix) != 0) {
    need.package = package;
    return;
  }
  const std::string key = package.substr(prefix.size());
  need.package = target.package(key, machine);
  if (const auto found = target.commands.find(key); found != target.commands.end()) need.command = found->second;
}

/// Whether the project or the user has named the program, in place of the one that the table of targets has.
bool is_chosen(const config::Need& need, const config::Target& target, const std::string& program) {
  const auto table = config::load_targets("");
  if (!table) return false;
  const auto usual = table->find(target.name);
  return usual &&
         ((need.program == "{cc}" && program != usual->cc) || (need.program == "{cxx}" && program != usual->cxx));
}

Result<std::vector<CheckedNeed>> check_in(const std::string& toolchain, const config::Recipe& recipe,
                                          const config::Target& target, const config::Target& machine,
                                          config::Placeholders placeholders) {
  placeholders["toolchain"] = toolchain;
  std::vector<CheckedNeed> checked;
  for (const config::Need& need : recipe.needs) {
    CheckedNeed result;
    TRY_ASSIGN(result.what, config::expand(need.what, placeholders));
    TRY_ASSIGN(const std::string program, config::expand(need.program, placeholders));
    TRY_ASSIGN(const std::string file, config::expand(need.file, placeholders));
    TRY_ASSIGN(const std::string package, config::expand(need.package, placeholders));
    if (need.file.empty()) {
      if (!program.empty()) result.found = find_program(program, toolchain);
    } else if (::access(file.c_str(), R_OK) == 0) {
      result.found = file;
    }
    result.is_file = !need.file.empty();
    resolve_package(package, target, machine, result);
    if (result.found.empty() && is_chosen(need, target, program)) {
      result.what += fmt::format(" (`{}`)", printable(program));
      result.package.clear();
      result.command =
          fmt::format("install `{}`, or name another in [target.{}] of larder.toml", printable(program), target.name);
    }
    checked.push_back(std::move(result));
  }
  return checked;
}

long count_missing(const std::vector<CheckedNeed>& needs) {
  return std::count_if(needs.begin(), needs.end(), [](const CheckedNeed& need) { return need.found.empty(); });
}

struct Choice {
  std::string toolchain;
  std::vector<CheckedNeed> needs;
};

/// "rustc 1.85.0 (4d91de4e4 2025-02-17)" is the version 1.85.0; empty where there is no such compiler.
std::string rustc_version(const std::string& toolchain) {
  const std::string program = toolchain + "/bin/rustc";
  if (::access(program.c_str(), X_OK) != 0) return {};
  const auto said = run_program({program, "--version"}, version_seconds_max);
  const auto words = split(said && said->exit_code == 0 ? said->output : "", ' ');
  return words.size() > 1 ? words[1] : "";
}

/// A toolchain that is pinned is the only one that may be taken, and another one only where it is the same version.
Result<std::vector<std::string>> pinned_toolchains(const RustPin& pin) {
  const std::string debian = "; or `[build] rust = \"debian\"` in larder.toml builds with Debian's Rust all the same";
  if (const std::string root = installed_toolchain(pin.name); !root.empty()) {
    const auto missing = missing_components(root, pin);
    if (missing.empty()) return std::vector<std::string>{root};
    return fail(
        ErrorCode::environment,
        fmt::format("Rust {} is installed here without {}", printable(pin.name), printable(join_words(missing))),
        fmt::format("{} asks for that", pin.said_by),
        fmt::format("rustup component add --toolchain {} {}", shell_quote(printable(pin.name)),
                    printable(join(missing, " "))));
  }
  const bool only_a_version = pin.components.empty();
  if (only_a_version && is_pinned_version(pin.name, rustc_version("/usr"))) return std::vector<std::string>{"/usr"};
  return fail(ErrorCode::environment, fmt::format("Rust {} is not installed here", printable(pin.name)),
              fmt::format("{} pins it", pin.said_by),
              fmt::format("rustup toolchain install {}{}", shell_quote(printable(pin.name)), debian));
}

/// What rustup adds to a toolchain of its own is no package of Debian's.
void take_rustup_commands(const std::string& toolchain, const std::string& triple, std::vector<CheckedNeed>& needs) {
  for (CheckedNeed& need : needs) {
    if (!need.found.empty() || need.package.empty() || !need.is_file) continue;
    need.package.clear();
    need.command = fmt::format("rustup target add --toolchain {} {}", fs::path(toolchain).filename().string(), triple);
  }
}

/// The first toolchain root with everything, else the last one of those that lack least.
Result<Choice> choose(const config::Recipe& recipe, const config::Target& target, const config::Target& machine,
                      const config::Placeholders& placeholders, const std::string& folder, const RustChoice& rust) {
  config::Placeholders values = placeholders;
  const bool asks_rustup = contains(recipe.toolchains, "{rustup}") && !rust.ignore_pins;
  std::optional<RustPin> pin = rust.pin;
  if (asks_rustup && !pin) {
    TRY_ASSIGN(pin, rust_pin(folder));
  }
  values["rustup"] = asks_rustup ? default_toolchain() : "";
  Choice choice;
  TRY_ASSIGN(auto toolchains, config::expand_present(recipe.toolchains, values));
  if (pin) {
    TRY_ASSIGN(toolchains, pinned_toolchains(*pin));
  }
  if (toolchains.empty()) toolchains.emplace_back("/usr");
  for (const std::string& toolchain : toolchains) {
    TRY_ASSIGN(auto needs, check_in(toolchain, recipe, target, machine, values));
    if (pin && toolchain != "/usr") take_rustup_commands(toolchain, target.triple, needs);
    if (choice.toolchain.empty() || count_missing(needs) <= count_missing(choice.needs))
      choice = {toolchain, std::move(needs)};
    if (count_missing(choice.needs) == 0) break;
  }
  return choice;
}

tl::unexpected<Error> missing(const config::Target& target, const config::Target& machine,
                              const std::vector<CheckedNeed>& needs) {
  const std::string command = install_command(needs, apt_facts(machine));
  return fail(ErrorCode::environment, "this machine cannot build for " + target.name,
              "missing: " + join_words(missing_of(needs)), command.empty() ? "see `larder doctor`" : command);
}

/// Two files with equal size and mtime (ns) in the same place are the same toolchain; hashing gigabytes of compiler
/// at each start is not an option.
void hash_identity(Sha256& hash, const std::string& path) {
  struct stat status {};
  hash.field(path);
  if (::stat(path.c_str(), &status) != 0) return;
  hash.field(fmt::format("{} {}.{:09}", status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec));
}

std::string digest_of(const Choice& choice) {
  Sha256 hash;
  hash.field("host");
  hash.field(choice.toolchain);
  for (const CheckedNeed& need : choice.needs) hash_identity(hash, need.found);
  hash_identity(hash, "/etc/os-release");
  hash.field(::gnu_get_libc_version());  // larder is linked with the host's own
  return "sha256:" + hash.finish();
}

}  // namespace

Image machine_root() {
  Image image;
  image.name = "host";
  image.toolchain = "/usr";
  image.path = usual_path;
  add_system_folders(image);
  return image;
}

Result<Image> host_image(const config::Recipe& recipe, const config::Target& target, const config::Target& machine,
                         const config::Placeholders& placeholders, const std::string& folder, const RustChoice& rust) {
  TRY_ASSIGN(const Choice choice, choose(recipe, target, machine, placeholders, folder, rust));
  if (count_missing(choice.needs) > 0) return missing(target, machine, choice.needs);
  Image image{"host", digest_of(choice), {}, {}, choice.toolchain, "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"};
  add_system_folders(image);
  if (choice.toolchain != "/usr") {
    image.root.push_back({choice.toolchain, toolchain_mount});
    image.toolchain = toolchain_mount;
    image.path = std::string(toolchain_mount) + "/bin:" + image.path;
  }
  return image;
}

Result<std::vector<CheckedNeed>> check_needs(const config::Recipe& recipe, const config::Target& target,
                                             const config::Target& machine, const config::Placeholders& placeholders,
                                             const std::string& folder) {
  TRY_ASSIGN(Choice choice, choose(recipe, target, machine, placeholders, folder, {}));
  return std::move(choice.needs);
}

}  // namespace larder::image
