#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/container.hpp"
#include "base/in_child.hpp"
#include "base/subprocess.hpp"
#include "base/text.hpp"
#include "base/user_name.hpp"
#include "base/user_namespace.hpp"
#include "cli/doctor/checks.hpp"
#include "cli/view/view_text.hpp"
#include "config/helpers.hpp"
#include "engine/namespaces.hpp"
#include "engine/native.hpp"
#include "image/host.hpp"

namespace larder::cli {
namespace {

constexpr double version_seconds_max = 10;

std::string read_text(const std::string& path) {
  Os os;
  return read_file(os, AT_FDCWD, path, 1 << 20).value_or("");
}

std::string sysctl_value(const std::string& path) {
  const std::string text = read_text("/proc/sys/" + path);
  return text.substr(0, text.find('\n'));
}

bool exists(const char* path) { return ::access(path, F_OK) == 0; }

std::string error_text(const Error& error) {
  return error.cause.empty() ? error.message : error.message + ": " + error.cause;
}

UserNamespaceFacts user_namespace_facts() {
  UserNamespaceFacts facts;
  if (const Status entered = in_child([] { return engine::enter_namespaces(); }); !entered)
    facts.refused = entered.error();
  facts.max_user_namespaces = sysctl_value("user/max_user_namespaces");
  facts.unprivileged_clone = sysctl_value("kernel/unprivileged_userns_clone");
  facts.apparmor_restricts = sysctl_value("kernel/apparmor_restrict_unprivileged_userns");
  facts.kernel_has_them = exists("/proc/self/ns/user");
  facts.in_container = in_container();
  facts.as_in_chroot = facts.refused && refuses_as_in_chroot();
  return facts;
}

/// "bubblewrap 0.8.0"; empty when it does not run.
std::string bubblewrap_version(const std::string& path) {
  const auto done = run_program({path, "--version"}, version_seconds_max);
  if (!done) return {};
  return clean_line(done->output.substr(0, done->output.find('\n')), {});
}

Check check_bubblewrap() {
  const std::string path = engine::find_bubblewrap();
  if (path.empty()) return {Mark::failed, "bubblewrap", "is not installed", config::install_hint({"bwrap"})};
  const std::string version = bubblewrap_version(path);
  if (version.empty()) return {Mark::failed, "bubblewrap", path + " does not run", config::reinstall_hint("bwrap")};
  return {Mark::good, "bubblewrap", version, ""};
}

SubordinateFacts subordinate_facts() {
  SubordinateFacts facts;
  facts.uid = ::geteuid();
  facts.user = user_name(::geteuid());
  facts.uid_text = read_text("/etc/subuid");
  facts.gid_text = read_text("/etc/subgid");
  facts.has_newuidmap = exists("/usr/bin/newuidmap");
  return facts;
}

/// Runs `true` in the sandbox on the machine's own root.
Status try_sandbox(const store::Store& store) {
  config::Recipe nothing;
  nothing.toolchains = {"/usr"};
  TRY_ASSIGN(const image::Image image, image::host_image(nothing, {}, {}, {}, "/"));
  engine::Spec spec;
  spec.store_path = store.path();
  spec.root_dir = "empty";
  spec.root = image.root;
  spec.links = image.links;
  spec.empty_dirs = {"/workspace"};
  spec.env = {{"PATH", image.path}};
  spec.command = {"true"};
  engine::NativeEngine engine;
  TRY_ASSIGN(const auto process, engine.start(spec));
  std::string words(4096, '\0');
  const ssize_t count = ::read(process->output(), words.data(), words.size());
  words.resize(count > 0 ? static_cast<size_t>(count) : 0);
  TRY_ASSIGN(const engine::Ending ending, process->wait());
  if (ending.started && ending.exit_code == 0) return {};
  return fail(ErrorCode::environment, "bubblewrap cannot make the sandbox",
              clean_line(words.substr(0, words.find('\n')), {}));
}

Check check_sandbox(const store::Store& store, bool in_a_container) {
  const Status tried = try_sandbox(store);
  if (tried) return {Mark::good, "sandbox", "a command runs in it", ""};
  const std::string remedy = in_a_container ? "start this container with " + container_options() : "";
  return {Mark::failed, "sandbox", error_text(tried.error()), remedy};
}

}  // namespace

Check judge_user_namespaces(const UserNamespaceFacts& facts) {
  const std::string name = "user namespaces";
  if (!facts.refused) return {Mark::good, name, "allowed", ""};
  const auto sysctl = [&](const std::string& setting, const std::string& value, const std::string& now) -> Check {
    return {
        Mark::failed, name, fmt::format("forbidden by {} = {}", setting, now),
        fmt::format("echo {} = {} | sudo tee /etc/sysctl.d/60-larder.conf && sudo sysctl --system", setting, value)};
  };
  if (!facts.kernel_has_them)
    return {Mark::failed, name, "this kernel has none", "start a kernel that was built with CONFIG_USER_NS=y"};
  if (facts.max_user_namespaces == "0") return sysctl("user.max_user_namespaces", "15000", "0");
  if (facts.unprivileged_clone == "0") return sysctl("kernel.unprivileged_userns_clone", "1", "0");
  if (facts.apparmor_restricts == "1") return sysctl("kernel.apparmor_restrict_unprivileged_userns", "0", "1");
  if (facts.as_in_chroot) return {Mark::failed, name, error_text(*facts.refused), chroot_remedy};
  if (facts.in_container)
    return {Mark::failed, name, "forbidden by the container that this runs in", "start it with " + container_options()};
  return {Mark::failed, name, error_text(*facts.refused),
          "sudo dmesg | tail   # a security module (SELinux, seccomp) forbids them and may say so there"};
}

Check judge_overlay(const OverlayFacts& facts) {
  if (!facts.refused) return {Mark::good, "overlay", "can be mounted over the store", ""};
  if (!facts.kernel_has_it) return {Mark::failed, "overlay", "the kernel has no overlayfs", "sudo modprobe overlay"};
  return {Mark::failed, "overlay", error_text(*facts.refused),
          "mkdir -p /var/tmp/larder-$USER && export LARDER_STORE=/var/tmp/larder-$USER   # or another place on ext4, "
          "xfs, btrfs"};
}

Check judge_subordinate_ids(const SubordinateFacts& facts) {
  const std::string name = "subordinate ids";
  if (facts.uid == 0) return {Mark::good, name, "root needs none", ""};
  if (!facts.has_newuidmap)
    return {Mark::warning, name, "newuidmap is missing (needed for images other than the host)",
            config::install_hint({"newuidmap"})};
  const auto uids = parse_id_ranges(facts.uid_text);
  const auto gids = parse_id_ranges(facts.gid_text);
  const auto has_range = [&](const std::vector<IdRange>& ranges) {
    return find_id_range(ranges, facts.user, static_cast<uint32_t>(facts.uid)).has_value();
  };
  if (has_range(uids) && has_range(gids)) return {Mark::good, name, "65536 or more for " + facts.user, ""};
  uint64_t start = 100000;
  for (const auto* ranges : {&uids, &gids})
    for (const IdRange& range : *ranges) start = std::max(start, range.first + range.count);
  return {Mark::warning, name, fmt::format("none for {} (needed for images other than the host)", facts.user),
          fmt::format("sudo usermod --add-subuids {0}-{1} --add-subgids {0}-{1} {2}", start,
                      start + subordinate_ids_needed - 1, shell_quote(facts.user))};
}

Section examine_sandbox(const store::Store* store) {
  Section section{"Sandbox", {}};
  const UserNamespaceFacts namespaces = user_namespace_facts();
  section.checks.push_back(judge_user_namespaces(namespaces));
  if (namespaces.refused || store == nullptr) {
    section.checks.push_back({Mark::note, "overlay",
                              namespaces.refused ? "not tried without user namespaces" : "not tried without a store",
                              ""});
  } else {
    OverlayFacts overlay;
    if (const Status probed = engine::probe_overlay(store->path()); !probed) overlay.refused = probed.error();
    overlay.kernel_has_it = read_text("/proc/filesystems").find("\toverlay\n") != std::string::npos;
    section.checks.push_back(judge_overlay(overlay));
  }
  section.checks.push_back(check_bubblewrap());
  if (!section.has_failed() && store != nullptr)
    section.checks.push_back(check_sandbox(*store, namespaces.in_container));
  section.checks.push_back(judge_subordinate_ids(subordinate_facts()));
  return section;
}

}  // namespace larder::cli
