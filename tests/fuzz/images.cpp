#include <nlohmann/json.hpp>

#include "base/glob.hpp"
#include "base/registry_name.hpp"
#include "base/text.hpp"
#include "base/user_namespace.hpp"
#include "fuzz/fuzz.hpp"
#include "image/dpkg.hpp"
#include "image/preparation.hpp"
#include "image/reference.hpp"
#include "image/step_record.hpp"
#include "store/volume.hpp"

using namespace larder;

/// Names of images; other words of the user's and of projects'.
FUZZ_TARGET(reference) {
  static_cast<void>(parse_bytes(input));
  static_cast<void>(parse_duration(input));
  static_cast<void>(parse_id_ranges(input));
  const size_t middle = input.find('\n');
  if (middle < 100 && input.size() < 300)
    static_cast<void>(glob_matches(input.substr(0, middle), input.substr(middle)));
  const auto reference = image::parse_reference(input, "/project");
  if (!reference) return;
  fuzz::must(!reference->name.starts_with('-'));
  for (const char c : reference->name) fuzz::must(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  fuzz::must(store::VolumeKey::make(reference->volume_name()).has_value());
  static_cast<void>(image::without_tag(reference->name));
  static_cast<void>(is_loopback(registry_host(reference->name)));
}

/// The configuration of a registry's image, and the record that is made of it.
FUZZ_TARGET(oci_config) {
  static_cast<void>(image::parse_step_record(input));
  static_cast<void>(image::check_architecture(input, "image", "amd64"));
  image::StepRecord record;
  image::take_configuration(input, record);
  record.digest = record.source = "sha256:" + std::string(64, '0');
  record.machine = "amd64";
  record.step = {image::StepKind::base, {"debian:bookworm"}};
  static_cast<void>(image::to_json(record).dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

/// The list of packages in a root filesystem.
FUZZ_TARGET(dpkg) {
  const auto packages = image::installed_packages(input);
  for (const std::string& word : packages) static_cast<void>(image::parse_package(word));
  static_cast<void>(image::package_changes(packages, {"gcc:amd64=1", input}));
}
