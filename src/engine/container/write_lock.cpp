#include "engine/container/write_lock.hpp"

#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.hpp"
#include "base/time.hpp"
#include "engine/container/owner.hpp"

namespace larder::engine {
namespace {

using nlohmann::json;

constexpr long lock_pause_nanoseconds = 100'000'000;
/// A run makes its container some seconds after it has the right.
constexpr double idle_seconds_max = 600;

std::string lock_name(const std::string& volume) { return "larder-lock-" + volume; }

bool is_taken(const Completed& done) { return done.errors.find("already in use") != std::string::npos; }

/// The id of the container; none where somebody has the name.
Result<std::optional<std::string>> try_lock(const Client& client, const std::string& volume, const Labels& labels,
                                            const std::string& image) {
  std::vector<std::string> arguments = create_idle(client.dialect);
  arguments.insert(arguments.end(), {"--pull", "never", "--name", lock_name(volume)});
  for (const auto& [name, value] : labels) arguments.insert(arguments.end(), {"--label", name + "=" + value});
  arguments.insert(arguments.end(), {"--entrypoint", "", image, "true"});
  TRY_ASSIGN(const Completed done, run_program(client.command(arguments), answer_seconds_max));
  if (done.exit_code == 0) return std::optional(trim(done.output));
  if (is_taken(done)) return std::optional<std::string>();
  return fail(client_error(client, done, fmt::format("cannot lock the volume {} in {}", volume, client.name())));
}

/// Seconds since 1970; 0 where the text is no time.
double seconds_of(const std::string& rfc3339) {
  tm parts{};
  return ::strptime(rfc3339.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr ? 0
                                                                             : static_cast<double>(::timegm(&parts));
}

/// Whether the holder, of whose store nothing is known here, has had the right for long and no container.
bool is_abandoned(const Client& client, const LockHolder& holder) {
  if (client.dialect != Dialect::docker) return false;  // podman does not tell its time
  const auto now = ask(client, {"info", "--format", "{{.SystemTime}}"});
  const auto transaction = holder.labels.find("larder.transaction");
  if (!now || transaction == holder.labels.end()) return false;
  if (seconds_of(*now) - seconds_of(holder.created) < idle_seconds_max) return false;
  const auto containers = ask(client, {"ps", "--quiet", "--filter", "label=larder.transaction=" + transaction->second});
  return containers && trim(*containers).empty();  // locks do not run
}

/// The holder, where it goes on; a right that is left over is taken away from it, by its id: the name may be another's
/// by then.
std::optional<LockHolder> living_holder(const Client& client, const std::string& volume) {
  const auto text = ask(client, {"container", "inspect", lock_name(volume)});
  const auto holder = text ? parse_lock(*text) : Result<LockHolder>(fail(text.error()));
  if (!holder) return std::nullopt;  // it has gone meanwhile
  if (!is_over(holder->labels) && !is_abandoned(client, *holder)) return *holder;
  unlock_volumes(client, {holder->id});
  return std::nullopt;
}

Error in_use(const Client& client, const std::string& volume, const LockHolder& holder) {
  std::string cause = fmt::format("{} keeps it itself, where two builds cannot write at once", client.name());
  const auto store = holder.labels.find("larder.store");
  if (store != holder.labels.end()) cause += "; it is a build with the store " + store->second;
  return Error{ErrorCode::environment, fmt::format("the volume {} is in use by another build", volume), cause,
               fmt::format("build again when that has ended; what a lost machine has left, `{} rm {}` removes",
                           client.name(), lock_name(volume)),
               0};
}

Result<std::string> lock_volume(const Client& client, const std::string& volume, const Labels& labels,
                                const std::string& image, double wait_seconds) {
  const double start = steady_seconds();
  while (true) {
    TRY_ASSIGN(auto id, try_lock(client, volume, labels, image));
    if (id) return std::move(*id);
    const auto holder = living_holder(client, volume);
    if (!holder) continue;  // whoever has gone meanwhile is waited for no longer
    if (steady_seconds() - start >= wait_seconds) return fail(in_use(client, volume, *holder));
    const timespec pause{0, lock_pause_nanoseconds};
    ::nanosleep(&pause, nullptr);
  }
}

}  // namespace

Result<LockHolder> parse_lock(const std::string& text) {
  try {
    const json data = json::parse(text).at(0);
    LockHolder holder{data.at("Id"), {}, data.at("Created")};
    for (const auto& [name, value] : data.at("Config").at("Labels").items()) holder.labels[name] = value;
    return holder;
  } catch (const json::exception& error) {
    return fail(ErrorCode::environment, "the engine's description of a container cannot be read", error.what());
  }
}

Result<std::vector<std::string>> lock_volumes(const Client& client, const std::vector<std::string>& volumes,
                                              const Labels& labels, const std::string& image, double wait_seconds) {
  std::vector<std::string> ids;
  for (const std::string& volume : volumes) {
    auto id = lock_volume(client, volume, labels, image, wait_seconds);
    if (!id) unlock_volumes(client, ids);
    if (!id) return fail(id.error());
    ids.push_back(std::move(*id));
  }
  return ids;
}

void unlock_volumes(const Client& client, const std::vector<std::string>& ids) {
  if (ids.empty()) return;
  std::vector<std::string> arguments = {"rm", "--force", "--volumes"};  // those that the image names
  arguments.insert(arguments.end(), ids.begin(), ids.end());
  (void)run_program(client.command(arguments), answer_seconds_max);  // whoever wants the right finds it left over
}

}  // namespace larder::engine
