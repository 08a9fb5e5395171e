#include "engine/container/facts.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/durable_file.hpp"
#include "base/environment.hpp"
#include "base/random_id.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "engine/container/volumes.hpp"

namespace larder::engine {
namespace {

using nlohmann::json;

constexpr int facts_version = 2;
constexpr const char* probe_word = "larder";
constexpr int passing_podman =
    4;  ///< the first with the log driver `passthrough`, which it has for its own machine only

/// Another client, another daemon or other settings make another name; so does a daemon that was started anew.
std::string facts_path(const Client& client, const std::string& endpoint, const std::string& store_path) {
  Sha256 hash;
  hash.field(file_stamp(client.program));
  hash.field(endpoint);
  if (endpoint.starts_with("unix://")) hash.field(file_stamp(endpoint.substr(7)));
  hash.field(std::to_string(::geteuid()));
  for (const char* name : {"CONTAINERS_CONF", "CONTAINERS_STORAGE_CONF", "XDG_RUNTIME_DIR", "HOME"})
    hash.field(environment(name));
  return fmt::format("{}/engines/{}-{}.json", store_path, client.name(), hash.finish().substr(0, 16));
}

json to_json(const Facts& facts) {
  return {{"format", facts_version},
          {"endpoint", facts.endpoint},
          {"scope", facts.scope},
          {"version", facts.version},
          {"rootless", facts.rootless},
          {"remaps_users", facts.remaps_users},
          {"has_bridge", facts.has_bridge},
          {"passes_streams", facts.passes_streams},
          {"limits_processes", facts.limits_processes},
          {"init", facts.init},
          {"transactional", facts.volumes == VolumeKind::transactional},
          {"why_plain", facts.why_plain}};
}

std::optional<Facts> read_note(const std::string& path) {
  Os os;
  const auto text = read_file(os, AT_FDCWD, path, 65536);
  if (!text) return std::nullopt;
  try {
    const json data = json::parse(*text);
    if (data.at("format") != facts_version) return std::nullopt;
    Facts facts;
    facts.endpoint = data.at("endpoint");
    facts.scope = data.at("scope");
    facts.version = data.at("version");
    facts.rootless = data.at("rootless");
    facts.remaps_users = data.at("remaps_users");
    facts.has_bridge = data.at("has_bridge");
    facts.passes_streams = data.at("passes_streams");
    facts.limits_processes = data.at("limits_processes");
    facts.init = data.at("init");
    facts.volumes = data.at("transactional").get<bool>() ? VolumeKind::transactional : VolumeKind::plain;
    facts.why_plain = data.at("why_plain");
    return facts;
  } catch (const json::exception&) {
    return std::nullopt;  // it is only a note
  }
}

/// podman's own default is `catatonit`, which not every distribution installs with it.
std::string find_init() {
  for (const char* path : {"/usr/libexec/podman/catatonit", "/usr/bin/catatonit", "/usr/bin/tini-static",
                           "/usr/bin/docker-init", "/usr/bin/tini", "/usr/bin/dumb-init"})
    if (::access(path, X_OK) == 0) return path;
  return {};
}

Result<bool> has_bridge(const Client& client) {
  TRY_ASSIGN(const std::string names, ask(client, {"network", "ls", "--format", "{{.Name}}"}));
  for (const std::string& name : split(names, '\n'))
    if (name == "bridge") return true;
  return false;
}

/// A container that is never started, with a volume over a folder of the store, from which the client copies a file:
/// the engine has to mount the volume for that, and no program of the image is needed.
class Probe {
 public:
  Probe(const Client& client, const std::string& store_path, const std::string& image)
      : client_(client), store_path_(store_path), image_(image), name_("larder-probe-" + random_id()) {}
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;
  ~Probe() {
    (void)run_program(client_.command({"rm", "--force", "--volumes", name_}), answer_seconds_max);
    (void)run_program(client_.command({"volume", "rm", "--force", name_}), answer_seconds_max);
    (void)remove_tree(os_, AT_FDCWD, store_path_ + "/" + folder());
  }

  Status run() {
    TRY(make_dirs(os_, AT_FDCWD, store_path_ + "/" + folder() + "/layer"));
    TRY(replace_file(os_, AT_FDCWD, store_path_ + "/" + folder() + "/layer/word", probe_word, Durability::none));
    Spec spec;
    spec.store_path = store_path_;
    spec.root_dir = folder() + "/root";
    VolumeMount mount;
    mount.path = "/larder-probe";
    mount.lowers = {folder() + "/layer"};
    mount.name = name_;
    TRY_ASSIGN(const EngineVolume volume, transactional_volume(spec, mount));
    std::vector<std::string> create = create_idle(client_.dialect);
    create.insert(create.end(), {"--name", name_, "--mount", volume_mount(Dialect::docker, volume), "--entrypoint", "",
                                 image_, "true"});
    TRY(ask(client_, create));
    TRY_ASSIGN(const std::string tar, ask(client_, {"cp", name_ + ":/larder-probe/word", "-"}));
    if (tar.find(probe_word) != std::string::npos) return {};
    return fail(ErrorCode::environment, "the engine does not see the store");
  }

 private:
  std::string folder() const { return "engines/" + name_; }

  Os os_;
  const Client& client_;
  const std::string store_path_;
  const std::string image_;
  const std::string name_;
};

/// What it comes to, after all who pass it on.
std::string last_clause(const Error& error) {
  const std::string& words = error.cause.empty() ? error.message : error.cause;
  const size_t colon = words.rfind(": ");
  return colon == std::string::npos ? words : words.substr(colon + 2);
}

void judge_volumes(const Client& client, const std::string& store_path, const std::string& image, Facts& facts) {
  facts.volumes = VolumeKind::plain;
  if (!is_local(facts.endpoint)) {
    facts.why_plain = "the daemon is not on this machine (" + facts.endpoint + ")";
    return;
  }
  // podman without a daemon is a program of this machine and user, and sees what they see.
  if (image.empty() || client.dialect == Dialect::podman) {
    facts.volumes = VolumeKind::transactional;
    return;
  }
  const Status probed = Probe(client, store_path, image).run();
  if (probed)
    facts.volumes = VolumeKind::transactional;
  else
    facts.why_plain = "the engine cannot mount layers of the store: " + last_clause(probed.error());
}

}  // namespace

namespace {

std::string host_name(const json& info) {
  const json::json_pointer name("/host/hostname");
  return info.contains(name) && info.at(name).is_string() ? info.at(name).get<std::string>() : "";
}

}  // namespace

bool is_local(const std::string& endpoint) { return endpoint.empty() || endpoint.starts_with("unix://"); }

Result<Facts> parse_info(Dialect dialect, const std::string& text) {
  const json info = json::parse(text, nullptr, false);
  if (!info.is_object()) return fail(ErrorCode::environment, "the engine's description of itself cannot be read");
  Facts facts;
  if (dialect == Dialect::podman) {
    const json::json_pointer rootless("/host/security/rootless");
    const json::json_pointer version("/version/Version");
    const json::json_pointer remote("/host/serviceIsRemote");
    facts.rootless = info.contains(rootless) && info.at(rootless) == true;
    const json::json_pointer root("/store/graphRoot");
    if (info.contains(remote) && info.at(remote) == true) facts.endpoint = "remote";
    if (info.contains(root) && info.at(root).is_string()) facts.scope = info.at(root);
    if (!facts.endpoint.empty()) facts.scope = host_name(info) + ":" + facts.scope;
    if (info.contains(version) && info.at(version).is_string()) facts.version = info.at(version);
    facts.passes_streams = facts.endpoint.empty() && std::atoi(facts.version.c_str()) >= passing_podman;
    return facts;
  }
  if (info.contains("ServerErrors") && info["ServerErrors"].is_array() && !info["ServerErrors"].empty())
    return fail(
        explain({dialect, ""}, info["ServerErrors"][0].get<std::string>(), "the docker daemon does not answer"));
  facts.version = info.value("ServerVersion", "");
  if (const std::string id = info.value("ID", ""); !id.empty()) facts.scope = "docker " + id;
  facts.limits_processes = info.value("PidsLimit", json()) == true;
  if (!info.contains("SecurityOptions") || !info["SecurityOptions"].is_array()) return facts;
  for (const json& option : info["SecurityOptions"]) {
    const std::string name = option.is_string() ? option.get<std::string>() : "";
    facts.rootless = facts.rootless || name.starts_with("name=rootless");
    facts.remaps_users = facts.remaps_users || name.starts_with("name=userns");
  }
  return facts;
}

Result<Facts> find_facts(const Client& client, const std::string& store_path, const std::string& image) {
  const bool docker = client.dialect == Dialect::docker;
  TRY_ASSIGN(const std::string text, ask(client, {"info", "--format", docker ? "{{json .}}" : "json"}));
  TRY_ASSIGN(Facts facts, parse_info(client.dialect, text));
  TRY_ASSIGN(const std::string endpoint, endpoint_of(client));
  if (facts.endpoint.empty()) facts.endpoint = endpoint;
  if (facts.scope.empty()) facts.scope = endpoint;
  if (docker) {
    TRY_ASSIGN(facts.has_bridge, has_bridge(client));
  } else {
    facts.init = find_init();
  }
  judge_volumes(client, store_path, image, facts);
  return facts;
}

std::string file_stamp(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return path;
  return fmt::format("{} {} {} {}.{}", path, status.st_ino, status.st_size, status.st_ctim.tv_sec,
                     status.st_ctim.tv_nsec);
}

std::optional<Facts> noted_facts(const Client& client, const std::string& store_path) {
  const auto endpoint = endpoint_of(client);
  return endpoint ? read_note(facts_path(client, *endpoint, store_path)) : std::nullopt;
}

Result<Facts> known_facts(const Client& client, const std::string& store_path, const std::string& image) {
  TRY_ASSIGN(const std::string endpoint, endpoint_of(client));
  const std::string path = facts_path(client, endpoint, store_path);
  if (const auto noted = read_note(path)) return *noted;
  TRY_ASSIGN(Facts facts, find_facts(client, store_path, image));
  Os os;
  TRY(make_dirs(os, AT_FDCWD, store_path + "/engines"));
  TRY(replace_file(os, AT_FDCWD, path, to_json(facts).dump(), Durability::none));
  return facts;
}

void forget_facts(const Client& client, const std::string& store_path) {
  const auto endpoint = endpoint_of(client);
  if (endpoint) (void)::unlink(facts_path(client, *endpoint, store_path).c_str());
}

}  // namespace larder::engine
