#include "engine/container/client.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/environment.hpp"
#include "base/os.hpp"
#include "base/text.hpp"
#include "config/helpers.hpp"

namespace larder::engine {
namespace {

using nlohmann::json;

constexpr size_t words_bytes_max = 600;

constexpr std::array prefixes = {"docker: ", "Error: ", "Error response from daemon: ", "error: "};

/// Without the client's own name and other words before what it says; `found` is set where there were any.
std::string without_prefixes(std::string line, bool& found) {
  for (const std::string_view prefix : prefixes)
    if (line.starts_with(prefix)) {
      line.erase(0, prefix.size());
      found = true;
    }
  while (!line.empty() && (line.back() == '\r' || line.back() == '.' || line.back() == ' ')) line.pop_back();
  return line;
}

/// The first line that is marked as an error, else the first that says something.
std::string plain_words(const std::string& words) {
  std::string first;
  for (const std::string& line : split(words, '\n')) {
    bool marked = false;
    const std::string plain = without_prefixes(line, marked);
    const bool remark = plain.starts_with("time=") || plain.starts_with("WARN") || plain.starts_with("See '");
    if (plain.empty() || remark) continue;
    if (marked) return plain.substr(0, words_bytes_max);
    if (first.empty()) first = plain.substr(0, words_bytes_max);
  }
  return first;
}

/// What one phrase of an engine means.
struct Meaning {
  const char* phrase;
  const char* message;  ///< empty: what was attempted
  const char* hint;
};

constexpr const char* files_hint =
    "a build needs the project at the same path where the daemon runs: share its folder with the daemon (Docker "
    "Desktop: "
    "Settings, Resources, File sharing), build there, or take --engine native";

constexpr const char* processor_message = "the image is for another processor, and nothing here emulates that";
constexpr const char* processor_hint = "sudo apt install qemu-user-static, or take an image for this machine";

constexpr const char* daemon_silent = "the docker daemon does not answer";
constexpr const char* default_daemon = "unix:///var/run/docker.sock";

constexpr std::array meanings = {
    Meaning{"permission denied while trying to connect", "this user may not use the docker daemon",
            "`sudo usermod -aG docker $USER` and a new login allow it (as good as root); podman needs no rights"},
    Meaning{"dial unix", daemon_silent,
            "start it (`sudo systemctl start docker`), or take another engine: --engine native, --engine podman"},
    Meaning{"Cannot connect to the Docker daemon", daemon_silent,
            "start it (`sudo systemctl start docker`), or take another engine: --engine native, --engine podman"},
    Meaning{"error during connect", daemon_silent,
            "`docker version` tells more; DOCKER_HOST and `docker context ls` say which daemon is asked"},
    Meaning{"bind source path does not exist", "the engine does not see this machine's files", files_hint},
    Meaning{"statfs /", "the engine does not see this machine's files", files_hint},
    Meaning{"no matching manifest for", "the image is not there for this machine's platform",
            "take an image that is, or pull the other platform's yourself (`docker pull --platform`) and have "
            "`qemu-user-static` installed"},
    Meaning{"no space left on device", "the engine's disk is full",
            "`docker system df` and `docker system prune` (or podman's) make room; Larder's caches are not there"},
    Meaning{"x509:", "", "the registry's certificate is not trusted by the engine"},
    Meaning{"pull access denied", "", "is the name right? a private registry wants {login}"},
    Meaning{"unauthorized", "", "log in with {login}"},
    Meaning{"is denied", "", "log in with {login}"},
    Meaning{"manifest unknown", "", "the registry has no such tag or digest"},
    Meaning{"name unknown", "", "the registry has no image of that name"},
    Meaning{"invalid reference format", "", "an image is called NAME, NAME:TAG or NAME@sha256:DIGEST"},
    Meaning{"i/o timeout", "", "the registry does not answer; is the network up?"},
    Meaning{"no such host", "", "the registry's name is unknown here; is the network up?"},
    Meaning{"connection refused", "", "nobody listens there; is the registry up?"},
    Meaning{"exec format error", processor_message, processor_hint},
    Meaning{"Exec format error", processor_message, processor_hint},
};

/// The hint with the command that logs in where it says `{login}`.
std::string with_login(std::string hint, const Client& client, const std::string& registry) {
  constexpr std::string_view place = "{login}";
  if (const size_t at = hint.find(place); at != std::string::npos)
    hint.replace(at, place.size(), fmt::format("`{} login{}{}`", client.name(), registry.empty() ? "" : " ", registry));
  return hint;
}

/// What to do where DOCKER_HOST names a daemon that is not this machine's own; empty: it does not.
std::string other_daemon_hint(const Client& client) {
  const std::string host = environment("DOCKER_HOST");
  if (client.dialect != Dialect::docker || host.empty() || host == default_daemon) return {};
  return fmt::format("DOCKER_HOST asks the daemon at {}: start that one, or unset DOCKER_HOST for this machine's own",
                     printable(host));
}

/// The context in use where the environment does not name one.
std::string current_context() {
  if (const std::string name = environment("DOCKER_CONTEXT"); !name.empty()) return name;
  std::string folder = environment("DOCKER_CONFIG");
  if (folder.empty()) folder = environment("HOME") + "/.docker";
  Os os;
  const auto text = read_file(os, AT_FDCWD, folder + "/config.json", 1 << 20);
  if (!text) return {};
  const json config = json::parse(*text, nullptr, false);
  if (!config.is_object() || !config.contains("currentContext") || !config["currentContext"].is_string()) return {};
  return config["currentContext"];
}

}  // namespace

std::optional<Dialect> dialect_of(config::EngineKind kind) {
  switch (kind) {
    case config::EngineKind::docker:
      return Dialect::docker;
    case config::EngineKind::podman:
      return Dialect::podman;
    case config::EngineKind::native:
      break;
  }
  return std::nullopt;
}

std::vector<std::string> Client::command(const std::vector<std::string>& arguments) const {
  std::vector<std::string> all = {program};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

Result<Client> find_client(Dialect dialect) {
  Client client{dialect, ""};
  client.program = find_in_path(client.name());
  if (client.program.empty())
    return fail(ErrorCode::environment, fmt::format("there is no {} here", client.name()), "it is not in PATH",
                config::install_hint({client.name()}));
  std::error_code ignored;  // podman-docker installs a script that calls podman
  if (dialect == Dialect::docker && std::filesystem::file_size(client.program, ignored) < 65536 && !ignored) {
    Os os;
    const auto text = read_file(os, AT_FDCWD, client.program, 65536);
    if (text && text->find("exec /usr/bin/podman") != std::string::npos) client.dialect = Dialect::podman;
  }
  return client;
}

Result<std::string> ask(const Client& client, const std::vector<std::string>& arguments) {
  TRY_ASSIGN(Completed done, run_program(client.command(arguments), answer_seconds_max));
  if (done.exit_code == 0) return std::move(done.output);
  return fail(client_error(client, done, fmt::format("`{} {}` failed", client.name(), arguments.front())));
}

Error client_error(const Client& client, const Completed& done, const std::string& what, const std::string& registry) {
  return explain(client, done.errors.empty() ? done.output : done.errors, what, registry);
}

Error explain(const Client& client, const std::string& words, const std::string& what, const std::string& registry) {
  Error error{ErrorCode::environment, what, plain_words(words), {}, 0};
  for (const Meaning& meaning : meanings) {
    if (words.find(meaning.phrase) == std::string::npos) continue;
    if (*meaning.message != '\0') error.message = meaning.message;
    error.hint = with_login(meaning.hint, client, registry);
    const std::string other = other_daemon_hint(client);
    if (!other.empty() && meaning.message == std::string_view(daemon_silent)) error.hint = other;
    return error;
  }
  error.hint = fmt::format("`{} info` and `larder doctor` tell more", client.name());
  return error;
}

std::vector<std::string> create_idle(Dialect dialect) {
  std::vector<std::string> arguments = {"create", "--network", "none"};
  if (dialect == Dialect::docker) arguments.insert(arguments.end(), {"--platform", ""});
  return arguments;
}

Result<std::string> endpoint_of(const Client& client) {
  if (client.dialect == Dialect::podman) return environment("CONTAINER_HOST");
  if (const std::string host = environment("DOCKER_HOST"); !host.empty()) return host;
  const std::string context = current_context();
  if (context.empty() || context == "default") return std::string(default_daemon);
  TRY_ASSIGN(std::string host, ask(client, {"context", "inspect", "--format", "{{.Endpoints.docker.Host}}", context}));
  while (!host.empty() && host.back() == '\n') host.pop_back();
  return host;
}

}  // namespace larder::engine
