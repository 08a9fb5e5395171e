#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.hpp"
#include "cli/cache/commands.hpp"
#include "cli/output.hpp"
#include "config/tables.hpp"
#include "engine/container/image.hpp"
#include "store/branch/ref.hpp"
#include "store/branch/transaction.hpp"
#include "store/care/upkeep.hpp"

namespace larder::cli {
namespace {

using engine::Client;
using nlohmann::json;

constexpr double copy_seconds_max = 24.0 * 3600;

struct ImportOptions {
  std::string docker_volume;
  std::string podman_volume;
  std::string as;
  std::string image;
};

/// The download volume that a recipe calls so for one of the targets.
Result<store::VolumeSpec> find_spec(const std::string& name) {
  const std::string user_dir = config::user_config_dir();
  TRY_ASSIGN(const config::TargetTable targets, config::load_targets(user_dir));
  TRY_ASSIGN(const config::RecipeTable recipes, config::load_recipes(user_dir));
  std::vector<std::string> known;
  for (const config::Recipe& recipe : recipes.all())
    for (const config::DownloadVolume& volume : recipe.downloads)
      for (const config::Target& target : targets.all()) {
        TRY_ASSIGN(const std::string expanded, config::expand(volume.name, config::target_placeholders(target)));
        known.push_back(expanded);
        if (expanded != name) continue;
        store::VolumeSpec spec;
        TRY_ASSIGN(spec.key, store::VolumeKey::make(name));
        spec.target = target.name;
        spec.mount_path = volume.path;
        spec.recipe = fmt::format("{} {}", recipe.name, recipe.version);
        return spec;
      }
  const std::string near = nearest_word(name, known);
  return fail(ErrorCode::usage, fmt::format("no recipe has a download volume '{}'", name),
              "only downloads can be taken over: what is compiled belongs to one image and folder",
              near.empty() ? "`--as NAME` names one" : fmt::format("did you mean `--as {}`?", near));
}

/// Where the engine keeps the volume on this machine.
Result<std::string> find_mountpoint(const Client& client, const std::string& volume) {
  TRY_ASSIGN(const Completed done,
             run_program(client.command({"volume", "inspect", volume}), engine::answer_seconds_max));
  if (done.exit_code != 0)
    return fail(
        engine::client_error(client, done, fmt::format("cannot find the volume {} of {}", volume, client.name())));
  const json data = json::parse(done.output, nullptr, false);
  const json::json_pointer place("/0/Mountpoint");
  if (data.is_array() && data.contains(place) && data.at(place).is_string()) return data.at(place).get<std::string>();
  return fail(ErrorCode::environment, fmt::format("cannot find the volume {} of {}", volume, client.name()));
}

Status run_copy(const std::vector<std::string>& command) {
  TRY_ASSIGN(const Completed done, run_program(command, copy_seconds_max));
  if (done.exit_code == 0) return {};
  return fail(ErrorCode::environment, "the volume could not be copied", done.errors.substr(0, done.errors.find('\n')),
              "nothing has changed");
}

/// By a container, for a user who may not read the engine's folders. It runs as root inside, to read everything, and
/// gives the copy to the caller.
Status copy_by_container(const Client& client, const std::string& volume, const std::string& image,
                         const std::string& to) {
  if (image.empty())
    return fail(ErrorCode::usage, fmt::format("this user cannot read {}'s volumes", client.name()), {},
                "name an image that has `sh`, `chown` and GNU `cp`, and a container does it: --image debian:12");
  const std::string script = fmt::format("cp -a /from/. /to/ && chown -hR {}:{} /to", ::geteuid(), ::getegid());
  return run_copy(
      client.command({"run", "--rm", "--network", "none", "--user", "0:0", "--mount",
                      "type=volume,source=" + volume + ",target=/from,readonly", "--mount",
                      "type=bind,source=" + to + ",target=/to", "--entrypoint", "", image, "sh", "-c", script}));
}

Status copy_volume(const Client& client, const std::string& volume, const std::string& image, const std::string& to) {
  TRY_ASSIGN(const std::string from, find_mountpoint(client, volume));
  if (::access(from.c_str(), R_OK | X_OK) != 0) return copy_by_container(client, volume, image, to);
  // Modes, links and times to the nanosecond; all of it becomes the caller's.
  return run_copy({"/bin/cp", "-a", "--no-preserve=ownership", "--", from + "/.", to});
}

Result<int> run_import(const ImportOptions& options) {
  const bool docker = !options.docker_volume.empty();
  const std::string& volume = docker ? options.docker_volume : options.podman_volume;
  if (volume.empty())
    return fail(ErrorCode::usage, "nothing said about what to import", {}, "--from-docker-volume NAME");
  TRY_ASSIGN(const store::VolumeSpec spec, find_spec(options.as.empty() ? volume : options.as));
  TRY_ASSIGN(const Client client, engine::find_client(docker ? engine::Dialect::docker : engine::Dialect::podman));
  Os os;
  TRY_ASSIGN(const store::Store store, store::open_default_store(os));
  bool changed = false;
  {
    TRY_ASSIGN(store::Transaction transaction,
               store::Transaction::begin(store, {{spec, store::Access::write}},
                                         fmt::format("larder cache import, process {}", ::getpid())));
    TRY(copy_volume(client, volume, options.image, store.path() + "/" + transaction.forks().front().dir + "/upper"));
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
