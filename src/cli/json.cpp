#include "cli/json.hpp"

#include <nlohmann/json.hpp>

#include "base/time.hpp"

namespace larder::cli {

using nlohmann::json;

json time_to_json(int64_t seconds_since_1970) {
  return seconds_since_1970 == 0 ? json() : json(format_utc(seconds_since_1970));
}

json key_to_json(const store::VolumeKey& key, const char* name_field) {
  return {{name_field, key.name()}, {"variant", key.variant()}, {"trust", store::to_string(key.trust())}};
}

json spec_to_json(const store::VolumeSpec& spec, const char* name_field) {
  json data = key_to_json(spec.key, name_field);
  data.update({{"class", to_string(spec.volume_class)},
               {"target", spec.target},
               {"path", spec.mount_path},
               {"project", spec.project},
               {"workspace", spec.workspace},
               {"image", spec.image},
               {"recipe", spec.recipe}});
  return data;
}

}  // namespace larder::cli
