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

// What is found out and what is made of it are apart: judge_… are pure, and tested as text.

/// What may forbid user namespaces; the values as in /proc/sys, empty where there is no such file.
struct UserNamespaceFacts {
  std::optional<Error> refused;  ///< how the attempt ended
  std::string max_user_namespaces;
  std::string unprivileged_clone;  ///< Debian's kernel.unprivileged_userns_clone
  std::string apparmor_restricts;  ///< Ubuntu's kernel.apparmor_restrict_unprivileged_userns
  bool kernel_has_them = true;
  bool in_container = false;
};
Check judge_user_namespaces(const UserNamespaceFacts& facts);

struct OverlayFacts {
  std::optional<Error> refused;
  bool kernel_has_it = true;  ///< /proc/filesystems lists it
};
Check judge_overlay(const OverlayFacts& facts);

/// `id_text` is that of /etc/subuid (subuid(5)).
struct SubordinateFacts {
  std::string user;
  uint64_t uid = 0;
  std::string uid_text;
  std::string gid_text;
  bool has_newuidmap = false;
};
Check judge_subordinate_ids(const SubordinateFacts& facts);

/// The sandbox's parts, and then all of it: runs `true` in it. The store is where overlays are tried; none: it cannot
/// be used.
Section examine_sandbox(const store::Store* store);

/// What each engine can do here; container engines are of no weight.
Section examine_engines(const Section& sandbox, const std::string& store_path);
Check judge_container_engine(const std::string& name, const Result<engine::Facts>& facts);

struct FileSystem {
  std::string type;
  bool is_network = false;
  bool is_memory = false;
};
/// From statfs(2)'s f_type.
FileSystem file_system_of(uint64_t magic);
Check judge_file_system(const FileSystem& file_system);
Check judge_free_space(uint64_t free_bytes);

Section examine_store(const std::string& path, const Result<store::Store>& store);

/// A target's needs as one line; `wanted`: it counts when something is missing.
enum class Weight { wanted, optional };
Check judge_toolchain(const std::string& target, const std::vector<image::CheckedNeed>& needs,
                      const image::AptFacts& apt, Weight weight);

/// What images are prepared with; what the one that is used takes counts when it is missing.
Section examine_images(const image::Reference& used);
Check judge_image_root(const Status& entered, Weight weight);
Check judge_image_programs(const std::string& name, const std::vector<std::string>& missing, Weight weight);

struct Toolchains {
  Section section;
  std::vector<std::string> ready;    ///< of the wanted targets, those that can be built
  std::vector<std::string> lacking;  ///< and those that cannot
};
/// Of this machine; with Weight::optional nothing that lacks is a failure.
Result<Toolchains> examine_toolchains(const config::Recipe& recipe, const config::TargetTable& targets,
                                      const config::Project& project, const std::string& folder, Weight weight);

}  // namespace larder::cli
