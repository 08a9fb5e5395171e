#include "base/environment.hpp"

#include <cstdlib>

namespace larder {

std::string environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

bool is_ci() {
  const std::string ci = environment("CI");
  return !ci.empty() && ci != "false";
}

}  // namespace larder
