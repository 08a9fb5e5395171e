#include "engine/container/handed_image.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/durable_file.hpp"
#include "base/file_lock.hpp"
#include "base/parallel.hpp"
#include "base/pipe.hpp"
#include "base/sha256.hpp"
#include "engine/container/known_image.hpp"
#include "engine/container/layer_archive.hpp"

namespace larder::engine {
namespace {

using nlohmann::json;

constexpr double load_seconds_max = 3600;
constexpr size_t tag_digits = 16;
constexpr const char* digest_label = "larder.image";

/// A layer's archive, which is written twice: to learn its size and digest, and then into the archive of the image.
struct Layer {
  uint64_t size_bytes = 0;
  std::string digest;
  std::string path() const { return digest + "/layer.tar"; }
};

Result<Layer> measure(const store::Store& store, const HandedImage& image, const std::string& layer) {
  Layer measured;
  Sha256 hash;
  TarWriter archive([&](std::string_view bytes) -> Status {
    measured.size_bytes += bytes.size();
    hash.update(bytes);
    return {};
  });
  TRY(write_layer(store, layer, image.root, archive));
  measured.digest = hash.finish();
  return measured;
}

Result<std::vector<Layer>> measure_all(const store::Store& store, const HandedImage& image) {
  std::vector<Layer> layers(image.layers.size());
  TRY(in_parallel(layers.size(), worker_count(), [&](unsigned, size_t i) -> Status {
    TRY_ASSIGN(layers[i], measure(store, image, image.layers[i]));
    return {};
  }));
  return layers;
}

/// An image's configuration: the OCI image format's "config.md". It says no time, so that its digest, which is the
/// image's id, is the same everywhere.
std::string configuration(const HandedImage& image, const std::vector<Layer>& layers) {
  json ids = json::array();
  for (const Layer& layer : layers) ids.push_back("sha256:" + layer.digest);
  return json{{"architecture", image.architecture},
              {"os", "linux"},
              {"config", {{"Labels", {{digest_label, image.digest}}}}},
              {"rootfs", {{"type", "layers"}, {"diff_ids", ids}}}}
      .dump();
}

/// What lists an image in such an archive: Docker's image specification 1.2, "Combined Image JSON + Filesystem
/// Changeset Format".
std::string listing(const HandedImage& image, const std::string& configuration_path, const std::vector<Layer>& layers) {
  json paths = json::array();
  for (const Layer& layer : layers) paths.push_back(layer.path());
  return json::array({{{"Config", configuration_path}, {"RepoTags", {handed_name(image.digest)}}, {"Layers", paths}}})
      .dump();
}

Status add_text(const std::string& path, const std::string& text, TarWriter& archive) {
  TRY(archive.add({path, TarEntry::Kind::file, 0644, text.size()}));
  return archive.content(text);
}

Status write_image(const store::Store& store, const HandedImage& image, const std::vector<Layer>& layers, int output) {
  TarWriter archive([&](std::string_view bytes) { return store.os().write_all(output, bytes); });
  for (size_t i = 0; i < layers.size(); ++i) {
    TRY(archive.add({layers[i].path(), TarEntry::Kind::file, 0644, layers[i].size_bytes}));
    TarWriter layer([&](std::string_view bytes) { return archive.content(bytes); });
    TRY(write_layer(store, image.layers[i], image.root, layer));
  }
  const std::string text = configuration(image, layers);
  const std::string path = sha256_hex(text) + ".json";
  TRY(add_text(path, text, archive));
  TRY(add_text("manifest.json", listing(image, path, layers), archive));
  return archive.finish();
}

Status load(const Client& client, const store::Store& store, const HandedImage& image) {
  TRY_ASSIGN(const auto layers, measure_all(store, image));
  TRY_ASSIGN(Pipe pipe, make_pipe());
  TRY_ASSIGN(Subprocess process,
             Subprocess::start(client.command({"load", "--quiet"}), Subprocess::Output::captured, pipe.read.get()));
  pipe.read.reset();
  const Status written = write_image(store, image, layers, pipe.write.get());
  pipe.write.reset();
  TRY_ASSIGN(const Completed done, process.finish(load_seconds_max));
  if (done.exit_code != 0)
    return fail(client_error(client, done, fmt::format("{} cannot take an image of Larder's own", client.name())));
  return written;
}

/// The note that this store has given the image to the engine.
std::string note_of(const Client& client, const std::string& digest) {
  return fmt::format("engines/{}-has-{}", client.name(), digest.substr(digest.find(':') + 1, tag_digits));
}

}  // namespace

std::string handed_name(const std::string& digest) {
  return "localhost/larder:" + digest.substr(digest.find(':') + 1, tag_digits);
}

Result<std::optional<ImageFacts>> find_handed(const Client& client, const std::string& store_path,
                                              const std::string& digest) {
  return known_image(client, store_path, handed_name(digest));
}

Result<ImageFacts> hand_over(const Client& client, const store::Store& store, const HandedImage& image) {
  TRY(make_dirs(store.os(), store.dir(), "engines"));
  TRY_ASSIGN(const FileLock one_at_a_time,
             FileLock::acquire(store.os(), store.dir(), "engines/handing.lock", LockMode::exclusive));
  TRY_ASSIGN(auto found, find_handed(client, store.path(), image.digest));
  if (found) return *found;
  TRY(replace_file(store.os(), store.dir(), note_of(client, image.digest), "", Durability::none));
  TRY(load(client, store, image));
  TRY_ASSIGN(found, find_handed(client, store.path(), image.digest));
  if (found) return *found;
  return fail(ErrorCode::environment,
              fmt::format("{} has taken the image {} and does not have it", client.name(), handed_name(image.digest)),
              {}, "build again; if that does not help, `" + std::string(client.name()) + " load` is broken there");
}

bool remove_handed(const Client& client, const store::Store& store, const std::string& digest) {
  if (!store.os().unlink(store.dir(), note_of(client, digest))) return false;
  const auto done = run_program(client.command({"image", "rm", "--", handed_name(digest)}), answer_seconds_max);
  return done && done->exit_code == 0;
}

}  // namespace larder::engine
