#include "store/branch/generation.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <nlohmann/json.hpp>

#include "base/closing_line.hpp"
#include "base/durable_file.hpp"
#include "base/random_id.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "store/era.hpp"

namespace larder::store {
namespace {

using nlohmann::json;

constexpr size_t record_bytes_max = 1 << 20;
constexpr size_t source_bytes_max = size_t{1} << 30;
constexpr std::array outcome_names = {"success",   "failed",      "interrupted", "cleaned",
                                      "flattened", "rolled-back", "forked",      "repaired"};

Error damaged(const std::string& id, const std::string& cause) {
  return Error{ErrorCode::damage, "generation " + id + " is damaged", cause,
               "`larder cache clean` removes the volume; the next build makes it anew", 0};
}

Outcome outcome_from(const std::string& name) {
  for (size_t i = 0; i < outcome_names.size(); ++i)
    if (name == outcome_names[i]) return static_cast<Outcome>(i);
  throw json::other_error::create(501, "no such outcome: " + name, nullptr);
}

VolumeClass class_from(const std::string& name) {
  if (const auto found = volume_class_of(name)) return *found;
  throw json::other_error::create(501, "no such class: " + name, nullptr);
}

VolumeKey key_from(const json& data) {
  auto key = VolumeKey::parse(data.at("volume"), data.at("variant"), data.at("trust"));
  if (key) return std::move(*key);
  throw json::other_error::create(501, key.error().message, nullptr);
}

Generation from_json(const json& data) {
  Generation generation;
  generation.id = data.at("id");
  generation.parent = data.at("parent");
  generation.layers = data.at("layers").get<std::vector<std::string>>();
  VolumeSpec& spec = generation.spec;
  spec.key = key_from(data);
  spec.volume_class = class_from(data.at("class"));
  spec.target = data.at("target");
  spec.mount_path = data.at("mount_path");
  spec.project = data.at("project");
  spec.workspace = data.at("workspace");
  spec.image = data.at("image");
  spec.recipe = data.at("recipe");
  generation.outcome = outcome_from(data.at("outcome"));
  generation.created_seconds = data.at("created");
  generation.era = data.at("era");
  generation.same_content_as = data.at("same_content_as");
  generation.build = data.at("build");
  generation.seconds = data.at("seconds");
  generation.rebuild_seconds = data.at("rebuild_seconds");
  generation.last_success = data.at("last_success");
  generation.source = {data.value("source", ""), data.value("source_content", "")};
  if (const auto hides = data.find("source_hides"); hides != data.end()) {
    generation.source.hides.emplace();
    for (const json& path : *hides) {
      const auto bytes = from_hex(path.get<std::string>());
      if (!bytes) throw json::type_error::create(302, "a path is not in hexadecimal", &path);
      generation.source.hides->push_back(*bytes);
    }
  }
  return generation;
}

json to_json(const Generation& generation) {
  const VolumeSpec& spec = generation.spec;
  json data = {{"id", generation.id},
               {"parent", generation.parent},
               {"layers", generation.layers},
               {"volume", spec.key.name()},
               {"variant", spec.key.variant()},
               {"trust", to_string(spec.key.trust())},
               {"class", to_string(spec.volume_class)},
               {"target", spec.target},
               {"mount_path", spec.mount_path},
               {"project", spec.project},
               {"workspace", spec.workspace},
               {"image", spec.image},
               {"recipe", spec.recipe},
               {"outcome", to_string(generation.outcome)},
               {"created", generation.created_seconds},
               {"era", generation.era},
               {"same_content_as", generation.same_content_as},
               {"build", generation.build},
               {"seconds", generation.seconds},
               {"rebuild_seconds", generation.rebuild_seconds},
               {"last_success", generation.last_success},
               {"source", generation.source.record},
               {"source_content", generation.source.content}};
  if (generation.source.hides) {
    json& hides = data["source_hides"] = json::array();
    for (const std::string& path : *generation.source.hides) hides.push_back(to_hex(path));
  }
  return data;
}

Status check_ids(const Generation& generation, const std::string& id) {
  if (generation.id != id) return fail(damaged(id, "it says that it is " + generation.id));
  if (!generation.source.record.empty() && !check_name(generation.source.record, "source record"))
    return fail(damaged(id, "it names a source record that cannot be"));
  for (const std::string& layer : generation.layers)
    if (!check_name(layer, "layer")) return fail(damaged(id, "it names a layer that cannot be"));
  return {};
}

}  // namespace

const char* to_string(Outcome outcome) { return outcome_names[static_cast<size_t>(outcome)]; }

Result<Generation> new_generation(const Store& store, VolumeSpec spec, Outcome outcome) {
  Generation generation;
  generation.id = random_id();
  generation.spec = std::move(spec);
  generation.outcome = outcome;
  generation.created_seconds = std::time(nullptr);
  TRY_ASSIGN(generation.era, era(store));
  return generation;
}

void continue_from(Generation& next, const Generation* parent) {
  if (parent != nullptr) {
    next.parent = parent->id;
    next.rebuild_seconds = std::max(next.rebuild_seconds, parent->rebuild_seconds);
    if (next.last_success.empty()) next.last_success = parent->last_success;
  }
  next.rebuild_seconds = std::max(next.rebuild_seconds, next.seconds);
  if (next.outcome == Outcome::success) next.last_success = next.id;
}

void take_content(Generation& next, const Generation& from) {
  next.layers = from.layers;
  next.same_content_as = from.id;
  next.rebuild_seconds = from.rebuild_seconds;
  next.source = from.source;
  next.last_success = from.last_success == from.id ? next.id : from.last_success;
}

Status write_generation(const Store& store, const Generation& generation, Durability durability) {
  // Paths in it may be any bytes; those that are not UTF-8 are only shown, so a replacement does no harm.
  const std::string text = to_json(generation).dump(1, ' ', false, json::error_handler_t::replace) + "\n";
  return replace_file(store.os(), store.dir(), "generations/" + generation.id, text + closing_line(text), durability);
}

Result<std::string> write_source(const Store& store, const std::string& text) {
  const std::string name = sha256_hex(text);
  TRY_ASSIGN(const auto there, store.os().stat(store.dir(), "sources/" + name));
  if (!there) TRY(replace_file(store.os(), store.dir(), "sources/" + name, text, Durability::none));
  return name;
}

Result<std::string> read_source(const Store& store, const std::string& record) {
  TRY(check_name(record, "source record"));
  auto text = read_file(store.os(), store.dir(), "sources/" + record, source_bytes_max);
  if (!text && text.error().sys_errno == ENOENT)
    return fail(ErrorCode::damage, "the source record " + record + " is missing");
  if (text && sha256_hex(*text) != record)
    return fail(ErrorCode::damage, "the source record " + record + " is damaged", "its content is not what it was");
  return text;
}

Result<Generation> parse_generation(const std::string& text, const std::string& id) {
  const auto record = without_closing_line(text);
  if (!record) return fail(damaged(id, "its last line is missing, or is not the checksum of what it says"));
  try {
    Generation generation = from_json(json::parse(*record));
    TRY(check_ids(generation, id));
    return generation;
  } catch (const json::exception& error) {
    return fail(damaged(id, error.what()));
  }
}

Result<Generation> read_generation(const Store& store, const std::string& id) {
  TRY(check_name(id, "generation"));
  Result<std::string> text = read_file(store.os(), store.dir(), "generations/" + id, record_bytes_max);
  if (!text) {
    if (text.error().sys_errno == ENOENT) return fail(damaged(id, "its file is missing"));
    if (text.error().code == ErrorCode::damage) return fail(damaged(id, text.error().message));
    return fail(text.error());
  }
  return parse_generation(*text, id);
}

}  // namespace larder::store
