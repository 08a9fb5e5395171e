#include "cli/cache/remote_project.hpp"

#include "builds/plan/branch.hpp"
#include "builds/plan/make_plan.hpp"
#include "cli/offers.hpp"
#include "config/tables.hpp"
#include "config/user_config.hpp"

namespace larder::cli {

void add_remote_options(const Command& command, const char* remote_option, RemoteOptions& options) {
  command.add_option(remote_option, options.remote, "The repository (default: `remote` of [cache] in config.toml)")
      .value_name("REGISTRY/REPO");
  command.add_option("-C,--project", options.folder, "The project's folder").value_name("DIR").offers(offer_folders());
}

Result<RemoteProject> find_remote_project(const RemoteOptions& options, const std::string& remote_option) {
  std::string remote = options.remote;
  if (remote.empty()) {
    TRY_ASSIGN(const config::UserConfig user, config::load_user_config(config::user_config_dir()));
    remote = user.remote;
  }
  if (remote.empty())
    return fail(ErrorCode::usage, "no registry is known", {},
                remote_option + " REGISTRY/REPO, or `remote = \"REGISTRY/REPO\"` in the table [cache] of config.toml");
  TRY_ASSIGN(share::Registry registry, share::Registry::open(remote));
  TRY_ASSIGN(builds::Workspace workspace,
             builds::workspace_of(builds::find_project_folder(options.folder), options.folder));
  const builds::Branch branch = builds::branch_of(workspace.folder);
  share::Line line{workspace.project, branch.name, branch.default_branch};
  return RemoteProject{std::move(workspace), std::move(line), std::move(registry)};
}

}  // namespace larder::cli
