#include "engine/container/ending.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace larder::engine {
namespace {

using nlohmann::json;

/// What docker has noted since it was started; the daemon's clock says until when.
Result<std::string> docker_events(const Client& client, const std::string& container) {
  TRY_ASSIGN(const std::string now, ask(client, {"info", "--format", "{{.SystemTime}}"}));
  return ask(client, {"events", "--since", "1", "--until", trim(now), "--filter", "container=" + container, "--format",
                      "{{json .}}"});
}

/// podman's `stop` and `kill` are events only, and not where these are switched off.
void add_podman_events(const Client& client, const std::string& container, ContainerEnd& end) {
  const auto text = ask(client, {"events", "--stream=false", "--filter", "container=" + container, "--format", "json"});
  if (!text) return;
  const ContainerEnd noted = parse_events(*text);
  end.stopped = noted.stopped;
  end.signalled = noted.signalled;
}

std::string text_at(const json& data, const char* pointer) {
  const json::json_pointer at(pointer);
  return data.contains(at) && data.at(at).is_string() ? data.at(at).get<std::string>() : "";
}

constexpr const char* nothing_kept = "nothing of what the build did is kept";

}  // namespace

ContainerEnd ask_end(const Client& client, const std::string& container) {
  if (client.dialect == Dialect::docker) {
    const auto events = docker_events(client, container);
    ContainerEnd end = events ? parse_events(*events) : ContainerEnd();
    end.engine_answers = events.has_value();
    return end;
  }
  const auto state = ask(client, {"container", "inspect", container});
  ContainerEnd end = state ? parse_state(*state) : ContainerEnd();
  add_podman_events(client, container, end);
  return end;
}

ContainerEnd parse_events(const std::string& text) {
  ContainerEnd end;
  for (const std::string& line : split(text, '\n')) {
    const json event = json::parse(line, nullptr, false);
    if (!event.is_object()) continue;
    const std::string action = text_at(event, "/Action") + text_at(event, "/Status");  // docker's and podman's word
    end.began = end.began || action == "start";
    end.out_of_memory = end.out_of_memory || action == "oom";
    end.stopped = end.stopped || action == "stop";
    end.signalled = end.signalled || action == "kill";
  }
  return end;
}

ContainerEnd parse_state(const std::string& text) {
  const json data = json::parse(text, nullptr, false);
  const json::json_pointer out_of_memory("/0/State/OOMKilled");
  ContainerEnd end;
  const std::string start = text_at(data, "/0/State/StartedAt");
  end.began = !start.empty() && !start.starts_with("0001-");  // Go's time that was never set
  end.out_of_memory = data.contains(out_of_memory) && data.at(out_of_memory) == true;
  return end;
}

std::optional<Error> explain_end(const Client& client, const ContainerEnd& end, int exit_code) {
  const std::string name = client.name();
  if (!end.engine_answers)
    return Error{ErrorCode::environment, fmt::format("{} has ended during the build", name), "it answers no more",
                 fmt::format("{}; build again when the daemon runs", nothing_kept), 0};
  if (exit_code <= 128) return std::nullopt;
  if (end.out_of_memory)
    return Error{ErrorCode::build_failed, "the build has run out of memory",
                 fmt::format("{} says so; {}", name, nothing_kept),
                 "give the container more (`--memory`, `memory` in larder.toml) or let fewer jobs run at once", 0};
  if (!end.stopped && !end.signalled) return std::nullopt;
  const std::string how = end.stopped ? fmt::format("`{} stop`", name) : fmt::format("`{0} kill`, `{0} rm`", name);
  return Error{ErrorCode::build_failed,
               fmt::format("the container was stopped from outside: signal {}", exit_code - 128),
               fmt::format("somebody has told {} so ({}); {}", name, how, nothing_kept), "build again", 0};
}

}  // namespace larder::engine
