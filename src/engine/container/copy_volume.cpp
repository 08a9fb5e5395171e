#include "engine/container/copy_volume.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <vector>

namespace larder::engine {
namespace {

using nlohmann::json;

constexpr double copy_seconds_max = 24.0 * 3600;

/// Where the engine keeps the volume on this machine.
Result<std::string> find_mountpoint(const Client& client, const std::string& volume) {
  TRY_ASSIGN(const Completed done, run_program(client.command({"volume", "inspect", volume}), answer_seconds_max));
  if (done.exit_code != 0)
    return fail(client_error(client, done, fmt::format("cannot find the volume {} of {}", volume, client.name())));
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

}  // namespace

Status copy_volume(const Client& client, const std::string& volume, const std::string& image, const std::string& to) {
  TRY_ASSIGN(const std::string from, find_mountpoint(client, volume));
  if (::access(from.c_str(), R_OK | X_OK) != 0) return copy_by_container(client, volume, image, to);
  // Modes, links and times to the nanosecond; all of it becomes the caller's.
  return run_copy({"/bin/cp", "-a", "--no-preserve=ownership", "--", from + "/.", to});
}

}  // namespace larder::engine
