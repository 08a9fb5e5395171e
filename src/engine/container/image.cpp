#include "engine/container/image.hpp"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/environment.hpp"

namespace larder::engine {
namespace {

using nlohmann::json;

constexpr double pull_seconds_max = 24.0 * 3600;

constexpr std::array architectures = {std::pair("x86_64", "amd64"), std::pair("aarch64", "arm64"),
                                      std::pair("armv7l", "arm"),   std::pair("i686", "386"),
                                      std::pair("i386", "386"),     std::pair("loongarch64", "loong64")};

bool is_missing(const std::string& words) {
  for (const char* phrase : {"o such image", "image not known", "o such object"})
    if (words.find(phrase) != std::string::npos) return true;
  return false;
}

Result<std::optional<ImageFacts>> inspect(const Client& client, const std::string& reference) {
  TRY_ASSIGN(const Completed done,
             run_program(client.command({"image", "inspect", "--", reference}), answer_seconds_max));
  if (done.exit_code != 0 && is_missing(done.errors)) return std::optional<ImageFacts>();
  if (done.exit_code != 0) return fail(client_error(client, done, "cannot find the image " + reference));
  TRY_ASSIGN(ImageFacts facts, parse_image(done.output));
  return std::optional(std::move(facts));
}

/// The host in an image's name; empty where it names none.
std::string registry_of(const std::string& reference) {
  const size_t slash = reference.find('/');
  const std::string first = reference.substr(0, slash);
  const bool is_host = first.find_first_of(".:") != std::string::npos || first == "localhost";
  return slash != std::string::npos && is_host ? first : "";
}

Status pull_image(const Client& client, const std::string& reference) {
  TRY_ASSIGN(Subprocess process,
             Subprocess::start(client.command({"pull", "--", reference}), Subprocess::Output::shown));
  TRY_ASSIGN(const Completed done, process.finish(pull_seconds_max));
  if (done.exit_code == 0) return {};
  Error error = client_error(client, done, fmt::format("{} cannot pull the image {}", client.name(), reference),
                             registry_of(reference));
  const std::string platform = environment("DOCKER_DEFAULT_PLATFORM");
  if (client.dialect == Dialect::docker && !platform.empty() &&
      done.errors.find("no matching manifest") != std::string::npos) {
    error.message = fmt::format("the image {} is not there for {}", reference, platform);
    error.hint = "DOCKER_DEFAULT_PLATFORM asks for that platform; without it docker takes this machine's";
  }
  return fail(std::move(error));
}

}  // namespace

Result<std::optional<ImageFacts>> find_image(const Client& client, const std::string& reference, Pull pull) {
  if (pull != Pull::always) {
    TRY_ASSIGN(auto found, inspect(client, reference));
    if (found || pull == Pull::never) return found;
  }
  TRY(pull_image(client, reference));
  return inspect(client, reference);
}

Result<ImageFacts> parse_image(const std::string& text) {
  try {
    const json data = json::parse(text).at(0);
    ImageFacts facts{data.at("Id"), data.at("Architecture"), data.at("Os"), {}};
    if (!facts.id.starts_with("sha256:")) facts.id = "sha256:" + facts.id;  // podman
    const json& config = data.at("Config");
    if (!config.contains("Env") || !config["Env"].is_array()) return facts;
    for (const json& entry : config["Env"]) {
      const std::string variable = entry;
      const size_t equals = variable.find('=');
      if (equals != std::string::npos) facts.env[variable.substr(0, equals)] = variable.substr(equals + 1);
    }
    return facts;
  } catch (const json::exception& error) {
    return fail(ErrorCode::environment, "the engine's description of the image cannot be read", error.what());
  }
}

std::string go_architecture(const std::string& machine) {
  for (const auto& [kernel, go] : architectures)
    if (machine == kernel) return go;
  return machine;
}

}  // namespace larder::engine
