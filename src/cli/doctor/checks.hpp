#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/doctor/diagnosis.hpp"
#include "config/project.hpp"
#include "config/tables.hpp"
#include "engine/container/facts.hpp"
#include "image/needs.hpp"
#include "image/reference.hpp"
#include "store/store.hpp"

namespace larder::cli {

// Finding facts and judging them are apart: the functions judge_… are pure, and their texts are tested.

/// What may forbid user namespaces. The values are as in /proc/sys, and empty where there is no such file.
struct UserNamespaceFacts {
  std::optional<Error> refused;  ///< why the attempt to make one failed; no value: it worked
  std::string max_user_namespaces;
  std::string unprivileged_clone;  ///< Debian's kernel.unprivileged_userns_clone
  std::string apparmor_restricts;  ///< Ubuntu's kernel.apparmor_restrict_unprivileged_userns
  bool kernel_has_them = true;
  bool in_container = false;
  bool as_in_chroot = false;  ///< nothing but a chroot or a security module can be why
};
Check judge_user_namespaces(const UserNamespaceFacts& facts);

/// What may forbid overlay mounts over the store.
struct OverlayFacts {
  std::optional<Error> refused;
  bool kernel_has_it = true;  ///< /proc/filesystems lists it
};
Check judge_overlay(const OverlayFacts& facts);

/// What decides whether a user has subordinate ids. `uid_text` is the content of /etc/subuid (see subuid(5)),
/// `gid_text` that of /etc/subgid.
struct SubordinateFacts {
  std::string user;
  uint64_t uid = 0;
  std::string uid_text;
  std::string gid_text;
  bool has_newuidmap = false;
};
Check judge_subordinate_ids(const SubordinateFacts& facts);

/// Checks the sandbox's parts, and then all of it by running `true` in it. Overlays are tried in the store; without a
/// store that can be used they are not tried.
Section examine_sandbox(const store::Store* store);

/// Checks what each engine can do here. What container engines lack is informational.
Section examine_engines(const Section& sandbox, const std::string& store_path);
Check judge_container_engine(const std::string& name, const Result<engine::Facts>& facts);

/// A file system as the store sees it.
struct FileSystem {
  std::string type;
  bool is_network = false;
  bool is_memory = false;
};
/// The file system that statfs(2) names by this f_type.
FileSystem file_system_of(uint64_t magic);
Check judge_file_system(const FileSystem& file_system);
Check judge_free_space(uint64_t free_bytes);

/// Checks that the store at `path` can be used, on a fitting file system with free space.
Section examine_store(const std::string& path, const Result<store::Store>& store);

/// Whether a check counts: what a wanted thing lacks is a failure, what an optional one lacks is informational.
enum class Weight { wanted, optional };

/// Judges a target's needs, as one line.
Check judge_toolchain(const std::string& target, const std::vector<image::CheckedNeed>& needs,
                      const image::AptFacts& apt, Weight weight);

/// Checks the programs that prepare images. A program that is missing is a failure where the used image needs it.
Section examine_images(const image::Reference& used);
Check judge_image_root(const Status& entered, Weight weight);
Check judge_image_programs(const std::string& name, const std::vector<std::string>& missing, Weight weight);

/// The toolchains of a recipe on this machine.
struct Toolchains {
  Section section;
  std::vector<std::string> ready;    ///< the wanted targets that can be built
  std::vector<std::string> lacking;  ///< the wanted targets that cannot be built
};
/// Checks this machine's toolchains for a recipe's targets. With Weight::optional nothing that is missing is a failure.
Result<Toolchains> examine_toolchains(const config::Recipe& recipe, const config::TargetTable& targets,
                                      const config::Project& project, const std::string& folder, Weight weight);

}  // namespace larder::cli
