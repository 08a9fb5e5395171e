#include "builds/plan/limits.hpp"

#include "config/user_config.hpp"

namespace larder::builds {

Result<store::Limits> store_limits(const config::CacheLimits& project, const std::string& user_dir) {
  TRY_ASSIGN(const config::UserConfig user, config::load_user_config(user_dir));
  const config::CacheLimits said = config::with_defaults(project, user.cache);
  store::Limits limits;
  limits.retention.generations = said.keep.value_or(limits.retention.generations);
  limits.retention.seconds = said.keep_for_seconds.value_or(limits.retention.seconds);
  limits.max_bytes = said.max_bytes;
  limits.max_age_seconds = said.max_age_seconds;
  return limits;
}

}  // namespace larder::builds
