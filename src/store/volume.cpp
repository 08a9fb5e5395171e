#include "store/volume.hpp"

#include <algorithm>
#include <array>

namespace larder::store {
namespace {

constexpr std::array class_names = {"download", "compiled", "image"};

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

}  // namespace

Result<VolumeKey> VolumeKey::make(std::string name, std::string variant, Trust trust) {
  TRY(check_name(name, "volume"));
  TRY(check_name(variant, "variant"));
  return VolumeKey(std::move(name), std::move(variant), trust);
}

Result<VolumeKey> VolumeKey::parse(std::string name, std::string variant, const std::string& trust) {
  for (const Trust known : {Trust::trusted, Trust::untrusted})
    if (trust == to_string(known)) return make(std::move(name), std::move(variant), known);
  return fail(ErrorCode::usage, "not a trust domain that this larder knows", {}, "use the larder that made it");
}

const char* to_string(Trust trust) { return trust == Trust::trusted ? "trusted" : "untrusted"; }

const char* to_string(VolumeClass volume_class) { return class_names.at(static_cast<size_t>(volume_class)); }

std::optional<VolumeClass> volume_class_of(const std::string& word) {
  for (size_t i = 0; i < class_names.size(); ++i)
    if (word == class_names.at(i)) return static_cast<VolumeClass>(i);
  return std::nullopt;
}

std::string place_of(const VolumeSpec& spec) {
  return std::string(to_string(spec.key.trust())) + '\n' + spec.recipe + '\n' + spec.mount_path;
}

Status check_name(const std::string& name, const std::string& what) {
  const bool sound = !name.empty() && name.size() <= 128 && name.front() != '.' && name.front() != '-' &&
                     std::all_of(name.begin(), name.end(), is_plain);
  if (sound) return {};
  return fail(ErrorCode::usage, "not a valid name for a " + what,
              "it has " + std::to_string(name.size()) + " characters, or others than letters, digits, `.`, `_`, `-`",
              "`larder cache list` shows the names there are");
}

}  // namespace larder::store
