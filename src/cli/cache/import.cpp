#include <fmt/format.h>
#include <unistd.h>

#include <memory>

#include "builds/plan/download_volume.hpp"
#include "cli/cache/cache_commands.hpp"
#include "cli/output.hpp"
#include "engine/container/copy_volume.hpp"
#include "store/branch/transaction.hpp"
#include "store/care/upkeep.hpp"

namespace larder::cli {
namespace {

using engine::Client;

struct ImportOptions {
  std::string docker_volume;
  std::string podman_volume;
  std::string as;
  std::string image;
};

Result<int> run_import(const ImportOptions& options) {
  const bool docker = !options.docker_volume.empty();
  const std::string& volume = docker ? options.docker_volume : options.podman_volume;
  if (volume.empty())
    return fail(ErrorCode::usage, "nothing said about what to import", {}, "--from-docker-volume NAME");
  TRY_ASSIGN(const store::VolumeSpec spec, builds::find_download(options.as.empty() ? volume : options.as));
  TRY_ASSIGN(const Client client, engine::find_client(docker ? engine::Dialect::docker : engine::Dialect::podman));
  Os os;
  TRY_ASSIGN(const store::Store store, store::open_default_store(os));
  bool changed = false;
  {
    TRY_ASSIGN(store::Transaction transaction,
               store::Transaction::begin(store, {{spec, store::Access::write}},
                                         fmt::format("larder cache import, process {}", ::getpid())));
    TRY(engine::copy_volume(client, volume, options.image,
                            store.path() + "/" + transaction.forks().front().dir + "/upper"));
    TRY_ASSIGN(const auto sealed, transaction.seal(store::Outcome::success));
    changed = sealed.front().changed;
  }
  TRY(store::upkeep(store));
  print(changed
            ? fmt::format("{} has what {}'s volume {} has. That volume is still there: `{} volume rm {}` removes it.\n",
                          spec.key.name(), client.name(), volume, client.name(), volume)
            : fmt::format("{}'s volume {} has nothing new for {}.\n", client.name(), volume, spec.key.name()));
  return 0;
}

}  // namespace

void add_cache_import_command(const Command& cache) {
  const auto options = std::make_shared<ImportOptions>();
  const Command command = cache.add_command("import", "Take over a volume that a container engine keeps");
  const Option docker =
      command.add_option("--from-docker-volume", options->docker_volume, "A named volume of docker").value_name("NAME");
  command.add_option("--from-podman-volume", options->podman_volume, "A named volume of podman")
      .value_name("NAME")
      .excludes(docker);
  command.add_option("--as", options->as, "The volume it becomes (default: of the same name)").value_name("VOLUME");
  command.add_option("--image", options->image, "An image to copy with where you cannot read the engine's folders")
      .value_name("IMAGE");
  command.set_footer("The engine's volume is only read. What the volume has already stays; equal names are replaced.");
  command.set_action([options] { return run_import(*options); });
}

}  // namespace larder::cli
