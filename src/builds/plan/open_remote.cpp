#include "builds/plan/open_remote.hpp"

#include "builds/plan/branch.hpp"

namespace larder::builds {

Result<share::Remote> open_remote(const RemotePlan& plan, const Workspace& workspace) {
  TRY_ASSIGN(share::Registry registry, share::Registry::open(plan.repository));
  Branch branch = branch_of(workspace.folder);
  share::Line line{workspace.project, std::move(branch.name), std::move(branch.default_branch),
                   std::move(branch.commit)};
  share::Remote remote{std::move(registry), std::move(line), {}};
  if (plan.apart) remote.trust = store::Trust::untrusted;
  remote.is_projects = plan.is_projects;
  remote.signing.public_keys = plan.public_keys;
  remote.signing.max_age_seconds = plan.max_age_seconds;
  return remote;
}

}  // namespace larder::builds
