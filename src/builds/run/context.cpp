#include "builds/run/context.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace larder::builds {

std::string log_path(const BuildContext& context, const std::string& name) {
  const char* kind = context.options.private_volumes ? "-private" : "";
  return fmt::format("{}/logs/{}-{}{}.log", context.home.store.path(), context.plan.workspace.project, name, kind);
}

std::string holder(const Plan& plan, const std::string& what) {
  return fmt::format("larder build {} in {}, process {}", what, plan.workspace.folder, ::getpid());
}

}  // namespace larder::builds
