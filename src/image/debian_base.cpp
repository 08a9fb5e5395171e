#include "image/debian_base.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "base/registry_name.hpp"
#include "base/subprocess.hpp"
#include "base/text.hpp"
#include "config/helpers.hpp"
#include "config/tables.hpp"
#include "config/user_config.hpp"

namespace larder::image {
namespace {

/// What installs mmdebstrap, and the keyring that it verifies packages by.
std::string packages_hint() {
  const std::string keyring = "the package debian-archive-keyring";
  if (!find_in_path("mmdebstrap").empty()) return "install " + keyring;
  const std::string program = config::install_hint({"mmdebstrap", "newuidmap"});
  return debian_keyring().empty() ? program + ", and " + keyring : program;
}

Result<Reference> registry_image(const Reference& reference) {
  TRY_ASSIGN(const config::UserConfig user, config::load_user_config(config::user_config_dir()));
  return parse_reference(fmt::format("{}:{}", user.debian_image, reference.name), "");
}

std::string missing_for_registry() {
  for (const char* program : {"skopeo", "umoci"})
    if (find_in_path(program).empty()) return program;
  return {};
}

Error cannot_be_prepared(const Reference& reference, std::string cause, std::string hint) {
  return {ErrorCode::environment, fmt::format("the image {} cannot be prepared", reference.text), std::move(cause),
          std::move(hint), 0};
}

constexpr const char* host_hint = "this machine's own tools: `--image host`";

Result<DebianBase> as_pinned(const Reference& reference, const StepRecord& pinned) {
  if (!pinned.source.empty()) {
    TRY_ASSIGN(Reference registry, registry_image(reference));
    if (missing_for_registry().empty()) return DebianBase{std::move(registry), "larder.lock pins it there"};
    return fail(cannot_be_prepared(reference,
                                   fmt::format("larder.lock pins it as {} has it, and there is no program {}",
                                               registry.text, missing_for_registry()),
                                   config::install_hint({"skopeo", "umoci", "newuidmap"})));
  }
  const std::string why = why_not_of_packages();
  if (why.empty()) return DebianBase{reference, {}};
  return fail(cannot_be_prepared(
      reference, "larder.lock pins it as mmdebstrap makes it of Debian's packages, and " + why,
      fmt::format("{}; or `larder image update` pins what a registry has in its place, for everybody; or build with {}",
                  packages_hint(), host_hint)));
}

}  // namespace

std::string debian_keyring(const std::string& folder) {
  for (const char* name : {"debian-archive-keyring.gpg", "debian-archive-keyring.pgp"})
    if (const std::string path = folder + "/" + name; ::access(path.c_str(), R_OK) == 0) return path;
  return {};
}

std::string why_not_of_packages() {
  if (find_in_path("mmdebstrap").empty()) return "there is no program mmdebstrap";
  if (debian_keyring().empty()) return "there is no /usr/share/keyrings/debian-archive-keyring.gpg";
  return {};
}

Result<DebianBase> choose_debian_base(const Reference& reference, const StepRecord* pinned) {
  if (pinned != nullptr) return as_pinned(reference, *pinned);
  const std::string why = why_not_of_packages();
  if (why.empty()) return DebianBase{reference, {}};
  TRY_ASSIGN(Reference registry, registry_image(reference));
  const std::string missing = missing_for_registry();
  if (missing.empty()) return DebianBase{std::move(registry), why};
  return fail(
      cannot_be_prepared(reference,
                         fmt::format("{} to make it of packages, and there is no program {} to take {} in its place",
                                     why, missing, registry.text),
                         fmt::format("{}; or {}; or build with {}", packages_hint(),
                                     config::install_hint({"skopeo", "umoci", "newuidmap"}), host_hint)));
}

std::string registry_hint(const DebianBase& base, const StepRecord* pinned) {
  const std::string registry = fmt::format(
      "{} has to be reached (`skopeo login {}` where it wants one), or another that `debian_image = \"…\"` in "
      "~/.config/larder/config.toml names",
      base.registry.name, registry_host(base.registry.name));
  return fmt::format("{}; or {}", registry,
                     pinned != nullptr ? "`larder image update` pins another base" : packages_hint());
}

}  // namespace larder::image
