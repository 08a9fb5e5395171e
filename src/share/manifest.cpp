#include "share/manifest.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/field.hpp"
#include "base/text.hpp"

namespace larder::share {
namespace {

using nlohmann::json;

constexpr const char* generation_type = "application/vnd.larder.generation.v1";
constexpr const char* config_type = "application/vnd.larder.generation.v1+json";
constexpr const char* index_type = "application/vnd.larder.index.v1+zstd";
constexpr const char* source_type = "application/vnd.larder.source.v1+zstd";
constexpr const char* pack_type = "application/vnd.larder.pack.v1+zstd";
constexpr const char* tag_key = "org.opencontainers.image.ref.name";
constexpr const char* volume_key = "larder.volume";
constexpr const char* target_key = "larder.target";
constexpr const char* statement_key = "larder.statement";
constexpr const char* signer_key = "larder.signer";
constexpr const char* signature_key = "larder.signature";
constexpr const char* digest_prefix = "sha256:";
constexpr unsigned format = 1;
constexpr size_t word_bytes_max = 512;

json descriptor(const char* type, const Blob& blob) {
  return {{"mediaType", type}, {"digest", digest_prefix + blob.digest}, {"size", blob.bytes}};
}

Error malformed(const std::string& what, const std::string& cause) {
  return Error{ErrorCode::damage, what + " is malformed", printable(cause),
               "get it once more; nothing has changed here", 0};
}

/// What is said with an exception of the JSON library becomes its error.
template <typename Read>
auto read_json(const std::string& what, const std::string& text, Read read) -> decltype(read(json())) {
  if (text.size() > manifest_bytes_max) return fail(malformed(what, "it is too large"));
  try {
    return read(json::parse(text));
  } catch (const json::exception& error) {
    return fail(malformed(what, error.what()));
  }
}

/// A whole number from 0 on. The JSON library would take any number for one, also what is out of range.
Result<uint64_t> read_count(const json& data, const char* key) {
  const json& number = data.at(key);
  if (!number.is_number_unsigned()) return fail(malformed("a manifest", std::string(key) + " is no whole number"));
  return number.get<uint64_t>();
}

Result<Blob> read_blob(const json& data) {
  TRY_ASSIGN(const uint64_t size, read_count(data, "size"));
  Blob blob{data.at("digest").get<std::string>(), size};
  const std::string prefix = digest_prefix;
  if (!blob.digest.starts_with(prefix) || !is_digest(blob.digest.substr(prefix.size())) ||
      blob.bytes > content_bytes_max)
    return fail(malformed("a manifest", "it names a blob that cannot be"));
  blob.digest.erase(0, prefix.size());
  return blob;
}

/// A word that is shown and compared, never joined to a path.
bool is_word(const std::string& text) {
  return text.size() <= word_bytes_max &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

Status check(const Description& description) {
  const auto refuse = [](const std::string& cause) { return fail(malformed("a shared volume's description", cause)); };
  TRY(store::check_name(description.volume, "volume"));
  TRY(store::check_name(description.variant, "variant"));
  TRY(store::check_name(description.target, "target"));
  if (!description.project.empty()) TRY(store::check_name(description.project, "project"));
  if (description.volume_class == store::VolumeClass::image || description.volume.starts_with("image-"))
    return refuse("images are not shared in this form");
  if (!description.mount_path.starts_with('/') || !is_path_inside(description.mount_path.substr(1)))
    return refuse("its path is none");
  for (const std::string* word : {&description.mount_path, &description.image, &description.recipe})
    if (!is_word(*word)) return refuse("it has a word that cannot be");
  if (!description.source_content.empty() && !is_digest(description.source_content))
    return refuse("its source is none");
  return {};
}

Result<Description> read_description(const json& data) {
  TRY_ASSIGN(const uint64_t said_format, read_count(data, "format"));
  if (said_format != format)
    return fail(ErrorCode::usage, "a shared volume of another format", "this Larder knows format 1", "use a newer one");
  Description made;
  made.volume = data.at("volume");
  const auto volume_class = store::volume_class_of(data.at("class").get<std::string>());
  if (!volume_class) return fail(malformed("a shared volume's description", "there is no such class"));
  made.volume_class = *volume_class;
  made.target = data.at("target");
  made.variant = data.at("variant");
  made.mount_path = data.at("mount_path");
  made.project = data.at("project");
  made.image = data.at("image");
  made.recipe = data.at("recipe");
  made.success = data.at("success");
  if (data.contains("trust")) made.trust = store::Trust::untrusted;  // whatever it says
  if (!data.at("newest").is_number_integer())
    return fail(malformed("a shared volume's description", "its time is no whole number"));
  made.newest = data.at("newest");
  made.seconds = data.at("seconds");
  made.source_content = data.at("source_content");
  TRY_ASSIGN(made.files, read_count(data, "files"));
  TRY_ASSIGN(made.bytes, read_count(data, "bytes"));
  TRY(check(made));
  return made;
}

Result<Manifest> read_manifest(const json& data) {
  if (data.value("artifactType", "") != generation_type)
    return fail(ErrorCode::usage, "this is no volume of Larder's",
                "its artifactType is '" + printable(data.value("artifactType", "")) + "'");
  Manifest manifest;
  TRY_ASSIGN(manifest.config, read_blob(data.at("config")));
  bool has_index = false;
  for (const json& layer : data.at("layers")) {
    const std::string type = layer.at("mediaType");
    TRY_ASSIGN(Blob blob, read_blob(layer));
    if (type == index_type && !has_index) {
      manifest.index = std::move(blob);
      has_index = true;
    } else if (type == source_type && !manifest.source) {
      manifest.source = std::move(blob);
    } else if (type == pack_type && manifest.packs.size() < packs_max) {
      manifest.packs.push_back(std::move(blob));
    } else {
      return fail(malformed("a manifest", "it has a layer that does not belong there: " + type));
    }
  }
  if (!has_index) return fail(malformed("a manifest", "it has no index"));
  const json annotations = data.value("annotations", json::object());
  manifest.volume = annotations.value(volume_key, "");
  manifest.target = annotations.value(target_key, "");
  manifest.statement = annotations.value(statement_key, "");
  manifest.signer = annotations.value(signer_key, "");
  manifest.signature = annotations.value(signature_key, "");
  return manifest;
}

}  // namespace

std::string format_description(const Description& description) {
  json data = {{"format", format},
               {"volume", description.volume},
               {"class", store::to_string(description.volume_class)},
               {"target", description.target},
               {"variant", description.variant},
               {"mount_path", description.mount_path},
               {"project", description.project},
               {"image", description.image},
               {"recipe", description.recipe},
               {"success", description.success},
               {"newest", description.newest},
               {"seconds", description.seconds},
               {"source_content", description.source_content},
               {"files", description.files},
               {"bytes", description.bytes}};
  if (description.trust == store::Trust::untrusted) data["trust"] = store::to_string(description.trust);
  return data.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<Description> parse_description(const std::string& text) {
  return read_json("a shared volume's description", text, read_description);
}

std::string format_manifest(const Manifest& manifest) {
  json layers = json::array({descriptor(index_type, manifest.index)});
  if (manifest.source) layers.push_back(descriptor(source_type, *manifest.source));
  for (const Blob& pack : manifest.packs) layers.push_back(descriptor(pack_type, pack));
  json annotations = {{volume_key, manifest.volume}, {target_key, manifest.target}};
  for (const auto& [key, value] :
       {std::pair(statement_key, &manifest.statement), std::pair(signer_key, &manifest.signer),
        std::pair(signature_key, &manifest.signature)})
    if (!value->empty()) annotations[key] = *value;
  const json data = {{"schemaVersion", 2},
                     {"mediaType", manifest_type},
                     {"artifactType", generation_type},
                     {"config", descriptor(config_type, manifest.config)},
                     {"layers", std::move(layers)},
                     {"annotations", std::move(annotations)}};
  return data.dump();
}

Result<Manifest> parse_manifest(const std::string& text) { return read_json("a manifest", text, read_manifest); }

std::string format_layout_index(const std::vector<Tagged>& manifests) {
  json list = json::array();
  for (const Tagged& one : manifests) {
    list.push_back(descriptor(manifest_type, one.manifest));
    list.back()["artifactType"] = generation_type;
    list.back()["annotations"] = {{tag_key, one.tag}};
  }
  return json({{"schemaVersion", 2}, {"manifests", std::move(list)}}).dump();
}

Result<std::vector<Tagged>> parse_layout_index(const std::string& text) {
  const auto read = [](const json& data) -> Result<std::vector<Tagged>> {
    std::vector<Tagged> manifests;
    for (const json& one : data.at("manifests")) {
      TRY_ASSIGN(Blob blob, read_blob(one));
      manifests.push_back({std::move(blob), one.value("annotations", json::object()).value(tag_key, "")});
    }
    return manifests;
  };
  return read_json("the layout's index.json", text, read);
}

}  // namespace larder::share
