#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <memory>

#include "base/text.hpp"
#include "builds/plan/download_volume.hpp"
#include "builds/plan/remote_plan.hpp"
#include "cli/cache/cache_commands.hpp"
#include "cli/cache/volume.hpp"
#include "cli/cache/volume_offers.hpp"
#include "cli/offers.hpp"
#include "cli/output.hpp"
#include "cli/upkeep.hpp"
#include "engine/container/copy_volume.hpp"
#include "share/file.hpp"
#include "store/branch/transaction.hpp"
#include "store/care/upkeep.hpp"
#include "store/key_of_trust.hpp"

namespace larder::cli {
namespace {

using engine::Client;

struct ImportOptions {
  std::string file;
  std::string docker_volume;
  std::string podman_volume;
  std::string as;
  std::string image;
};

Result<UniqueFd> open_import(Os& os, const std::string& file) {
  if (file == "-") return UniqueFd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
  auto opened = os.open(AT_FDCWD, file, O_RDONLY);
  if (!opened && opened.error().hint.empty())
    opened.error().hint = "a file that `larder cache export VOLUME -o FILE` wrote, or `-` for standard input";
  return opened;
}

Result<int> import_file(const std::string& name) {
  Os os;
  TRY_ASSIGN(UniqueFd file, open_import(os, name));
  TRY_ASSIGN(const store::Store store, store::open_default_store(os));
  const std::string holder =
      fmt::format("larder cache import {}, process {}", name == "-" ? "" : printable(name), ::getpid());
  TRY_ASSIGN(const store::Trust trust, builds::trust_of_caller());
  TRY_ASSIGN(const auto taken, share::import_volumes(store, std::move(file), holder, trust));
  TRY(keep_up(store, {}));
  for (const share::TakenIn& one : taken)
    print(fmt::format(
        "{} {}\n", name_with_variant(one.key),
        one.changed ? "has what the file has: the next build that fits starts from it." : "has all of it already."));
  return 0;
}

Result<int> import_volume(const ImportOptions& options) {
  const bool docker = !options.docker_volume.empty();
  const std::string& volume = docker ? options.docker_volume : options.podman_volume;
  TRY_ASSIGN(store::VolumeSpec spec, builds::find_download(options.as.empty() ? volume : options.as));
  TRY_ASSIGN(const store::Trust trust, builds::trust_of_caller());
  TRY_ASSIGN(spec.key, store::key_of_trust(spec.key.name(), spec.key.variant(), trust));
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

Result<int> run_import(const ImportOptions& options) {
  const bool from_engine = !options.docker_volume.empty() || !options.podman_volume.empty();
  if (options.file.empty() && !from_engine)
    return fail(ErrorCode::usage, "nothing said about what to import", {},
                "a file that `larder cache export` wrote, or --from-docker-volume NAME");
  if (options.file.empty()) return import_volume(options);
  if (from_engine)
    return fail(ErrorCode::usage, "a file and a container engine's volume are named", {},
                "one of: FILE, --from-docker-volume NAME, --from-podman-volume NAME");
  if (!options.as.empty() || !options.image.empty())
    return fail(ErrorCode::usage, "a file is imported as what it is", {},
                "--as and --image are for the volumes of container engines");
  return import_file(options.file);
}

}  // namespace

void add_cache_import_command(const Command& cache) {
  const auto options = std::make_shared<ImportOptions>();
  const Command command = cache.add_command(
      "import", "Take over volumes that `larder cache export` wrote, or one that a container engine keeps");
  command.add_option("file", options->file, "An .oci.tar; - for standard input").offers(offer_files());
  const Option docker =
      command.add_option("--from-docker-volume", options->docker_volume, "A named volume of docker").value_name("NAME");
  command.add_option("--from-podman-volume", options->podman_volume, "A named volume of podman")
      .value_name("NAME")
      .excludes(docker);
  command.add_option("--as", options->as, "The volume it becomes (default: of the same name)")
      .value_name("VOLUME")
      .offers(offer_volumes());
  command.add_option("--image", options->image, "An image to copy with where you cannot read the engine's folders")
      .value_name("IMAGE")
      .offers(offer_image_names());
  command.set_footer(
      "What a file has is used by builds as if this machine had made it: import only what you trust.\n"
      "An engine's volume is only read. What the volume has already stays; equal names are replaced.");
  command.set_action([options] { return run_import(*options); });
}

}  // namespace larder::cli
