#include "cli/cache/remote_project.hpp"

#include "builds/plan/make_plan.hpp"
#include "builds/plan/open_remote.hpp"
#include "cli/consent.hpp"
#include "cli/offers.hpp"

namespace larder::cli {

void add_remote_options(const Command& command, const char* remote_option, RemoteOptions& options) {
  command.add_option(remote_option, options.remote, "The repository (default: `remote` of [cache] in config.toml)")
      .value_name("REGISTRY/REPO");
  command.add_option("-C,--project", options.folder, "The project's folder").value_name("DIR").offers(offer_folders());
}

void add_key_options(const Command& command, RemoteOptions& options) {
  const Option file =
      command.add_option("--key", options.key.file, "Sign with the private key in this file").value_name("FILE");
  command.add_option("--key-fd", options.key.descriptor, "Sign with the private key that this open file gives")
      .value_name("N")
      .excludes(file);
}

Result<RemoteProject> find_remote_project(const RemoteOptions& options, const std::string& remote_option) {
  TRY_ASSIGN(builds::RemoteProject found,
             builds::remote_project_of(builds::find_project_folder(options.folder), options.folder));
  tell_consent(found.consent, false);
  if (!options.remote.empty()) found.remote.repository = options.remote;
  if (found.remote.repository.empty())
    return fail(ErrorCode::usage, "no registry is known", {},
                remote_option + " REGISTRY/REPO, or `remote = \"REGISTRY/REPO\"` in the table [cache] of config.toml");
  TRY_ASSIGN(share::Remote remote, builds::open_remote(found.remote, found.workspace));
  return RemoteProject{std::move(found.workspace), std::move(found.remote), std::move(remote)};
}

Status check_trusted(const RemoteProject& project, const std::string& refusal) {
  if (project.plan.distrust.empty()) return {};
  return fail(ErrorCode::usage, refusal, project.plan.distrust,
              "LARDER_TRUST=trusted, where the code is that of who may write to the branch");
}

Result<RemoteProject> find_remote_to_push(Os& os, const RemoteOptions& options, const std::string& remote_option) {
  TRY_ASSIGN(RemoteProject project, find_remote_project(options, remote_option));
  TRY(check_trusted(project, "what is built here is not pushed"));
  TRY_ASSIGN(project.remote.signing.key, share::find_signing_key(os, options.key, project.plan.key_file));
  return project;
}

}  // namespace larder::cli
