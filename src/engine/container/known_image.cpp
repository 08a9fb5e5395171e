#include "engine/container/known_image.hpp"

#include <fcntl.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/durable_file.hpp"
#include "base/sha256.hpp"
#include "engine/container/facts.hpp"

namespace larder::engine {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int image_note_version = 1;
constexpr size_t list_bytes_max = 64 << 20;

/// podman's list of images; empty where it is not found.
std::string find_list(const std::string& storage) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(storage, ignored)) {
    const fs::path list = entry.path() / "images.json";
    if (entry.path().filename().string().ends_with("-images") && fs::exists(list, ignored)) return list;
  }
  return {};
}

/// What decides which image a name means.
std::string stamp_of(const std::string& list) {
  std::string stamp = file_stamp(list);
  const auto add = [&](const std::string& path) { stamp += "; " + file_stamp(path); };
  for (const char* name : {"CONTAINERS_STORAGE_CONF", "CONTAINERS_REGISTRIES_CONF"})
    if (const char* path = std::getenv(name)) add(path);
  const char* home = std::getenv("HOME");
  for (const std::string& folder : {std::string(home == nullptr ? "" : home) + "/.config", std::string("/etc")})
    for (const char* name : {"storage.conf", "registries.conf", "registries.conf.d"})
      add(folder + "/containers/" + name);
  return stamp;
}

std::string note_name(const Facts& facts, const std::string& reference) {
  Sha256 hash;
  hash.field(facts.scope);
  hash.field(reference);
  return "image-" + hash.finish().substr(0, 16) + ".json";
}

std::optional<ImageFacts> read_note(const std::string& path, const std::string& stamp) {
  Os os;
  const auto text = read_file(os, AT_FDCWD, path, 65536);
  if (!text) return std::nullopt;
  try {
    const json data = json::parse(*text);
    if (data.at("format") != image_note_version || data.at("stamp") != stamp) return std::nullopt;
    return ImageFacts{data.at("id"), data.at("architecture"), data.at("system"), data.at("env")};
  } catch (const json::exception&) {
    return std::nullopt;  // it is only a note
  }
}

/// Whether the image is in this list. One of another storage, which podman may read as well, is in another list.
bool is_listed(const std::string& list, const ImageFacts& image) {
  Os os;
  const auto text = read_file(os, AT_FDCWD, list, list_bytes_max);
  return text && text->find(image.id.substr(image.id.find(':') + 1)) != std::string::npos;
}

void write_note(const std::string& path, const std::string& stamp, const ImageFacts& image) {
  const json data = {{"format", image_note_version},       {"stamp", stamp},         {"id", image.id},
                     {"architecture", image.architecture}, {"system", image.system}, {"env", image.env}};
  Os os;
  (void)replace_file(os, AT_FDCWD, path, data.dump(), Durability::none);  // without it the engine is asked again
}

}  // namespace

Result<std::optional<ImageFacts>> known_image(const Client& client, const std::string& store_path,
                                              const std::string& reference) {
  const auto facts = client.dialect == Dialect::podman ? noted_facts(client, store_path) : std::nullopt;
  const std::string list = facts && facts->endpoint.empty() ? find_list(facts->scope) : "";
  if (list.empty()) return find_image(client, reference, Pull::never);
  const std::string path = store_path + "/engines/" + note_name(*facts, reference);
  const std::string stamp = stamp_of(list);
  if (auto noted = read_note(path, stamp)) return noted;
  TRY_ASSIGN(auto image, find_image(client, reference, Pull::never));
  if (image && is_listed(list, *image)) write_note(path, stamp, *image);
  return image;
}

}  // namespace larder::engine
