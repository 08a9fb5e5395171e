#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/subprocess.hpp"
#include "config/engines.hpp"

namespace larder::engine {

enum class Dialect { docker, podman };

/// The dialect of an engine's client program; no value where the engine has no such program.
std::optional<Dialect> dialect_of(config::EngineKind kind);

/// The client program of a container engine. It is asked rather than the engine itself, so that contexts, DOCKER_HOST,
/// credentials and proxies are as the user has set them.
struct Client {
  Dialect dialect = Dialect::docker;
  std::string program;  ///< absolute

  const char* name() const { return dialect == Dialect::docker ? "docker" : "podman"; }
  std::vector<std::string> command(const std::vector<std::string>& arguments) const;
};

/// The first program of that name in PATH; ErrorCode::environment where there is none. A `docker` that is podman's
/// stand-in speaks podman's dialect.
Result<Client> find_client(Dialect dialect);

/// Runs the client with these arguments and gives what it prints. Where it fails, the error says why in the client's
/// own words and what to do about it.
Result<std::string> ask(const Client& client, const std::vector<std::string>& arguments);

/// The error that `done` is, after an attempt at `what` ("read the image debian"). `registry` is the host of the one
/// that was asked, where it is not the client's own.
Error client_error(const Client& client, const Completed& done, const std::string& what,
                   const std::string& registry = {});

/// What the daemon's or the client's words mean to a user: message and hint. Pure.
Error explain(const Client& client, const std::string& words, const std::string& what,
              const std::string& registry = {});

/// The first arguments for a new container that is never started, whatever processor its image is for: an empty
/// `--platform` goes before docker's variable DOCKER_DEFAULT_PLATFORM, with which docker would refuse other images.
std::vector<std::string> create_idle(Dialect dialect);

/// Where the daemon listens: "unix:///var/run/docker.sock", "tcp://…", "ssh://…"; empty for podman without a daemon.
Result<std::string> endpoint_of(const Client& client);

/// The longest that a client that is only asked may take, in seconds.
constexpr double answer_seconds_max = 120;

}  // namespace larder::engine
