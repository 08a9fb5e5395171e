#include "engine/container/volumes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace larder::engine {
namespace {

using nlohmann::json;

constexpr int listing_tries_max = 10;
constexpr size_t options_bytes_max = 4000;  // mount(2) reads one page of 4096

Status check_path(const std::string& path) {
  if (fits_into_mount_options(path)) return {};
  return fail(ErrorCode::usage, "a container engine cannot be given the path " + path,
              "a comma, colon, quote or backslash in it has another meaning in mount options",
              "use another folder (LARDER_STORE names the store's), or --engine native");
}

std::string lower_option(const std::vector<std::string>& folders) {
  std::string option = "lowerdir=";
  for (auto folder = folders.rbegin(); folder != folders.rend(); ++folder)
    option += (folder == folders.rbegin() ? "" : ":") + *folder;
  return option;
}

/// docker prints a volume's labels as "a=1,b=2"; its values here hold no comma but for the store's path.
Labels split_labels(const std::string& text) {
  Labels labels;
  for (const std::string& part : split(text, ',')) {
    const size_t equals = part.find('=');
    if (equals != std::string::npos) labels[part.substr(0, equals)] = part.substr(equals + 1);
  }
  return labels;
}

KnownVolume read_volume(const json& data) {
  KnownVolume volume;
  const json names = data.contains("Name") ? data["Name"] : data.value("Names", json());
  const json& first = names.is_array() && !names.empty() ? names[0] : names;  // podman's containers have a list
  if (first.is_string()) volume.name = first;
  if (!data.contains("Labels")) return volume;
  const json& labels = data["Labels"];
  if (labels.is_string()) volume.labels = split_labels(labels);
  if (labels.is_object())
    for (const auto& [name, value] : labels.items())
      if (value.is_string()) volume.labels[name] = value;
  return volume;
}

}  // namespace

bool fits_into_mount_options(const std::string& path) { return path.find_first_of(",:\\\"\n") == std::string::npos; }

Labels labels_of(const Spec& spec) {
  Labels labels = {{"larder.store", spec.store_path},
                   {"larder.transaction", std::filesystem::path(spec.root_dir).parent_path().filename().string()}};
  if (!spec.container.store_key.empty()) labels["larder.store-key"] = spec.container.store_key;
  if (!spec.container.project.empty()) labels["larder.project"] = spec.container.project;
  if (!spec.container.target.empty()) labels["larder.target"] = spec.container.target;
  return labels;
}

Result<EngineVolume> transactional_volume(const Spec& spec, const VolumeMount& mount) {
  const auto in_store = [&](const std::string& path) { return spec.store_path + "/" + path; };
  TRY(check_path(spec.store_path));
  EngineVolume volume{mount.name, mount.path, "overlay", "overlay", "", mount.upper.empty(), labels_of(spec)};
  if (!mount.volume_class.empty()) volume.labels["larder.class"] = mount.volume_class;
  std::vector<std::string> lowers;
  // An overlay without an upper needs two folders; and one folder at least has to be there in any case.
  lowers.push_back(in_store("empty"));
  if (!mount.lowest_folder.empty()) {
    TRY(check_path(mount.lowest_folder));
    lowers.front() = mount.lowest_folder;
  }
  for (const std::string& lower : mount.lowers) lowers.push_back(in_store(lower));
  if (volume.read_only && lowers.size() == 1 && mount.lowest_folder.empty()) {
    volume.type = volume.device = "tmpfs";  // nothing at all is best shown by nothing
    volume.options = "mode=755";
    return volume;
  }
  // No `volatile`: a mount by root would leave a folder in `work` that the store's owner cannot delete.
  volume.options = lower_option(lowers) + ",userxattr,index=off,nosuid,nodev";
  if (!volume.read_only) volume.options += ",upperdir=" + in_store(mount.upper) + ",workdir=" + in_store(mount.work);
  if (volume.options.size() <= options_bytes_max) return volume;
  return fail(ErrorCode::environment, "the volume " + mount.name + " has too many layers for a mount by the engine",
              fmt::format("{} layers, with a path of {} characters each", lowers.size(), lowers.back().size()),
              "a moment later it is flattened in the background; a shorter LARDER_STORE helps, too");
}

EngineVolume plain_volume(const Spec& spec, const VolumeMount& mount) {
  EngineVolume volume{mount.name, mount.path, "", "", "", mount.upper.empty(), labels_of(spec)};
  volume.labels.erase("larder.transaction");
  if (!mount.volume_class.empty()) volume.labels["larder.class"] = mount.volume_class;
  return volume;
}

std::string mount_field(const std::string& text) {
  if (text.find_first_of(",\"") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

std::string volume_mount(Dialect dialect, const EngineVolume& volume) {
  std::string text = "type=volume," + mount_field("source=" + volume.name) + "," + mount_field("target=" + volume.path);
  if (volume.read_only) text += dialect == Dialect::docker ? ",readonly" : ",ro";
  if (dialect == Dialect::podman) return text;
  text += ",volume-driver=local,volume-nocopy";
  for (const auto& [name, value] : volume.labels) text += "," + mount_field("volume-label=" + name + "=" + value);
  if (volume.type.empty()) return text;
  for (const std::string& option : {"type=" + volume.type, "device=" + volume.device, "o=" + volume.options})
    text += "," + mount_field("volume-opt=" + option);
  return text;
}

std::vector<std::string> create_arguments(const EngineVolume& volume) {
  std::vector<std::string> arguments = {"volume", "create", "--driver", "local"};
  for (const auto& [name, value] : volume.labels) {
    arguments.emplace_back("--label");
    arguments.push_back(name + "=" + value);
  }
  if (!volume.type.empty())
    for (const std::string& option : {"type=" + volume.type, "device=" + volume.device, "o=" + volume.options}) {
      arguments.emplace_back("--opt");
      arguments.push_back(option);
    }
  arguments.push_back(volume.name);
  return arguments;
}

namespace {

Result<std::vector<KnownVolume>> list_once(const Client& client, const std::vector<std::string>& filters) {
  std::vector<std::string> arguments = {"volume", "ls", "--format",
                                        client.dialect == Dialect::docker ? "{{json .}}" : "json"};
  for (const std::string& filter : filters) {
    arguments.emplace_back("--filter");
    arguments.push_back(filter);
  }
  TRY_ASSIGN(const Completed done, run_program(client.command(arguments), answer_seconds_max));
  if (done.exit_code != 0)
    return fail(client_error(client, done, fmt::format("cannot list the volumes of {}", client.name())));
  return parse_listing(done.output);
}

}  // namespace

Result<std::vector<KnownVolume>> list_volumes(const Client& client, const std::vector<std::string>& names) {
  std::vector<std::string> filters;
  for (const std::string& name : names) filters.push_back("name=" + name);
  for (int i = 1;; ++i) {
    auto known = list_once(client, filters);
    // podman fails at a volume that somebody removes while it makes its list.
    const bool vanished = !known && known.error().cause.find("no such volume") != std::string::npos;
    if (!vanished || i == listing_tries_max) return known;
  }
}

const KnownVolume* find_volume(const std::vector<KnownVolume>& known, const std::string& name) {
  const auto found =
      std::find_if(known.begin(), known.end(), [&](const KnownVolume& volume) { return volume.name == name; });
  return found == known.end() ? nullptr : &*found;
}

Error foreign_volume(const Client& client, const std::string& name) {
  return {ErrorCode::environment, fmt::format("{} has a volume {} that is not Larder's", client.name(), name),
          "it has none of Larder's labels, and is left as it is",
          fmt::format("take over what is in it: `larder cache import --from-{0}-volume {1}`; then `{0} volume rm {1}` "
                      "frees the name",
                      client.name(), name),
          0};
}

Result<std::vector<KnownVolume>> parse_listing(const std::string& text) {
  std::vector<KnownVolume> volumes;
  const json whole = json::parse(text, nullptr, false);
  if (whole.is_array()) {
    for (const json& one : whole) volumes.push_back(read_volume(one));
    return volumes;
  }
  for (const std::string& line : split(text, '\n')) {
    if (line.empty()) continue;
    const json one = json::parse(line, nullptr, false);
    if (!one.is_object()) return fail(ErrorCode::environment, "the engine's list of volumes cannot be read", line);
    volumes.push_back(read_volume(one));
  }
  return volumes;
}

}  // namespace larder::engine
