#include "source/kept_layer.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/random_id.hpp"
#include "base/sha256.hpp"
#include "source/codec.hpp"

namespace larder::source {
namespace {

constexpr std::string_view corrections_line = "larder-corrections-1\n";
constexpr size_t spec_bytes_max = size_t{1} << 30;

std::string layer_folder(const std::string& key) { return "corrections/" + key; }

void write_correction(Writer& writer, const Correction& one) {
  writer.text(one.path);
  writer.number(static_cast<uint8_t>(one.what));
  writer.number(static_cast<uint8_t>(one.kind));
  writer.number(one.mode);
  writer.number(one.time);
  writer.bytes(one.content.data(), one.content.size());
}

}  // namespace

std::string LayerSpec::encode() const {
  Writer writer(corrections_line);
  writer.text(base);
  writer.number(static_cast<uint64_t>(corrections.size()));
  for (const Correction& one : corrections) write_correction(writer, one);
  return writer.finish();
}

std::optional<LayerSpec> LayerSpec::decode(const std::string& text) {
  auto reader = Reader::open(text, corrections_line);
  if (!reader) return std::nullopt;
  LayerSpec spec;
  spec.base = reader->text();
  const auto count = reader->number<uint64_t>();
  for (uint64_t i = 0; i < count && !reader->failed(); ++i) {
    Correction one;
    one.path = reader->text();
    one.what = static_cast<Correction::What>(reader->number<uint8_t>());
    one.kind = static_cast<Kind>(reader->number<uint8_t>());
    one.mode = reader->number<uint16_t>();
    one.time = reader->number<int64_t>();
    reader->bytes(one.content.data(), one.content.size());
    spec.corrections.push_back(std::move(one));
  }
  if (reader->failed()) return std::nullopt;
  return spec;
}

std::string layer_key(const std::string& folder, const LayerSpec& spec) {
  Sha256 hash;
  hash.field(folder);
  hash.update(spec.encode());
  return hash.finish().substr(0, 32);
}

Result<std::optional<CorrectionsLayer>> hold_layer(const store::Store& store, const std::string& key, LayerSpec* spec) {
  Os& os = store.os();
  TRY_ASSIGN(const auto there, os.stat(store.dir(), layer_folder(key) + "/spec"));
  if (!there) return std::optional<CorrectionsLayer>();
  auto lock = FileLock::acquire(os, store.dir(), layer_folder(key) + "/lock", LockMode::shared);
  if (!lock && lock.error().sys_errno == ENOENT) return std::optional<CorrectionsLayer>();
  if (!lock) return fail(lock.error());
  const auto text = read_file(os, store.dir(), layer_folder(key) + "/spec", spec_bytes_max);
  if (!text && text.error().sys_errno == ENOENT) return std::optional<CorrectionsLayer>();
  if (!text) return fail(text.error());
  auto read = LayerSpec::decode(*text);
  if (!read) return std::optional<CorrectionsLayer>();
  CorrectionsLayer layer;
  if (!read->base.empty()) {
    TRY_ASSIGN(auto below, hold_layer(store, read->base));
    if (!below) return below;
    layer = std::move(*below);
  }
  TRY(os.futimens(lock->fd(), {{0, UTIME_NOW}, {0, UTIME_NOW}}));  // when it was used last
  layer.trees.push_back(layer_folder(key) + "/tree");
  layer.locks.push_back(std::move(*lock));
  if (spec != nullptr) *spec = std::move(*read);
  return std::optional(std::move(layer));
}

Status put_layer(const store::Store& store, const std::string& made, const std::string& key) {
  Os& os = store.os();
  const std::string place = layer_folder(key);
  const auto move = [&] { return os.rename(store.dir(), made, store.dir(), place); };
  Status moved = move();
  const auto taken = [](const Status& status) {
    return !status && (status.error().sys_errno == EEXIST || status.error().sys_errno == ENOTEMPTY);
  };
  if (!taken(moved)) return moved;
  TRY_ASSIGN(const auto theirs, hold_layer(store, key));
  if (theirs) return os.rename(store.dir(), made, store.dir(), "trash/" + random_id());
  // What is there lacks its base or is damaged.
  TRY(os.rename(store.dir(), place, store.dir(), "trash/" + random_id()));
  return move();
}

}  // namespace larder::source
