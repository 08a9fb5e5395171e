#include "share/take_in.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/sha256.hpp"
#include "base/text.hpp"
#include "share/restore.hpp"
#include "share/statement.hpp"
#include "store/branch/ref.hpp"
#include "store/branch/transaction.hpp"
#include "store/branch/writer.hpp"
#include "store/key_of_trust.hpp"
#include "store/layer/diff.hpp"
#include "store/space/room.hpp"

namespace larder::share {
namespace {

constexpr size_t blob_bytes_max = size_t{256} << 20U;  ///< of an index or a source record, compressed
constexpr size_t source_bytes_max = size_t{1} << 30U;

tl::unexpected<Error> inconsistent(const std::string& cause) {
  return fail(ErrorCode::damage, "a shared volume's parts do not belong together", cause,
              "get it once more; nothing has changed here");
}

/// The packs of the index are those of the manifest: else a client would not have fetched them.
bool same_packs(const Index& index, const Manifest& manifest) {
  return std::equal(index.packs.begin(), index.packs.end(), manifest.packs.begin(), manifest.packs.end(),
                    [](const Pack& a, const Blob& b) { return a.digest == b.digest && a.bytes == b.bytes; });
}

Result<std::string> read_compressed(const Blobs& blobs, const Blob& blob, size_t bytes_max) {
  TRY_ASSIGN(const std::string frame, blobs.read(blob, blob_bytes_max));
  return zstd_decompress(frame, bytes_max);
}

/// The text of the volume's note: which content became which generation.
std::string note_of(const std::string& content, const std::string& generation) { return content + " " + generation; }

/// Decides which entries of a download volume are wanted beside what the volume has: what is new, and what is newer.
class Newer {
 public:
  static Result<Newer> than(const store::Store& store, const std::vector<std::string>& layers) {
    Newer made(store);
    TRY_ASSIGN(made.content_, made.reader_->content(layers));
    return made;
  }

  bool operator()(const Entry& entry) const {
    const auto found = content_.find(entry.path);
    if (found == content_.end()) return true;
    const store::ManifestEntry& here = *found->second;
    if (here.type != entry.type) return true;
    return std::pair(here.mtime_seconds, here.mtime_nanoseconds) <
           std::pair(entry.mtime_seconds, entry.mtime_nanoseconds);
  }

 private:
  explicit Newer(const store::Store& store) : reader_(std::make_shared<store::ContentReader>(store)) {}

  std::shared_ptr<store::ContentReader> reader_;
  store::Content content_;
};

/// Where the first name of a file may be left out, each name is a file of its own.
Index without_names(Index index) {
  std::map<std::string, size_t> files;
  for (size_t i = 0; i < index.entries.size(); ++i) {
    Entry& entry = index.entries[i];
    if (entry.type == 'f') files.emplace(entry.path, i);
    if (entry.type != 'h') continue;
    std::string path = std::move(entry.path);
    entry = index.entries[files.at(entry.target)];
    entry.path = std::move(path);
  }
  return index;
}

Status need_room(const store::Store& store, const Description& description) {
  for (const bool may_collect : {true, false}) {
    const uint64_t free = store::free_bytes(store);
    if (free > description.bytes) return {};
    if (may_collect) TRY(store::collect(store));
    if (!may_collect)
      return fail(ErrorCode::environment, "the disk has no room for " + description.volume,
                  fmt::format("it takes {}, and {} are free", format_bytes(description.bytes), format_bytes(free)),
                  "`larder cache prune --max-size SIZE` makes room");
  }
  return {};
}

/// A volume of this name that is used otherwise must not get what does not fit.
Status check_place(const store::Store& store, const store::VolumeSpec& spec) {
  TRY_ASSIGN(const auto current, store::current_generation(store, spec.key));
  if (!current || (current->spec.volume_class == spec.volume_class && current->spec.mount_path == spec.mount_path))
    return {};
  return fail(ErrorCode::usage, "there is another volume " + spec.key.name(),
              fmt::format("it is for {}, and the shared one for {}", current->spec.mount_path, spec.mount_path),
              "`larder cache fork` and `larder cache clean` give it another name");
}

store::ForkRequest request_for(const store::VolumeSpec& spec) {
  store::ForkRequest request{spec, store::Access::write};
  if (spec.volume_class == store::VolumeClass::compiled)
    request.choose = [](const std::vector<store::Generation>&) -> Result<std::optional<size_t>> {
      return std::optional<size_t>();
    };
  return request;
}

std::optional<store::NewSource> source_of(const Arrived& arrived) {
  if (arrived.source.empty()) return std::nullopt;
  return store::NewSource{arrived.source, arrived.description.source_content, arrived.index.hides};
}

Status restore(const store::Store& store, const Arrived& arrived, const Blobs& blobs, const LocalContents& local,
               const store::Fork& fork) {
  TRY_ASSIGN(const UniqueFd upper, store.os().open_dir(store.dir(), fork.dir + "/upper"));
  if (arrived.description.volume_class == store::VolumeClass::compiled)
    return restore_tree(store.os(), upper.get(), arrived.index, blobs, local, [](const Entry&) { return true; });
  TRY_ASSIGN(const Newer newer, Newer::than(store, fork.base.layers));
  return restore_tree(store.os(), upper.get(), without_names(arrived.index), blobs, local, newer);
}

}  // namespace

Result<Arrived> read_arrived(const Blobs& blobs, const Blob& manifest) {
  Arrived arrived;
  arrived.id = manifest;
  TRY_ASSIGN(const std::string manifest_text, blobs.read(manifest, manifest_bytes_max));
  TRY_ASSIGN(arrived.manifest, parse_manifest(manifest_text));
  TRY_ASSIGN(const std::string config, blobs.read(arrived.manifest.config, manifest_bytes_max));
  TRY_ASSIGN(arrived.description, parse_description(config));
  TRY_ASSIGN(const std::string index, read_compressed(blobs, arrived.manifest.index, index_bytes_max));
  TRY_ASSIGN(arrived.index, parse_index(index));
  if (!same_packs(arrived.index, arrived.manifest)) return inconsistent("the index names other packs");
  uint64_t bytes = 0;
  for (const Entry& entry : arrived.index.entries) bytes += entry.content.bytes;
  if (bytes != arrived.description.bytes) return inconsistent("the description tells another size");
  const bool compiled = arrived.description.volume_class == store::VolumeClass::compiled;
  if (arrived.manifest.source) {
    if (!compiled) return inconsistent("a download volume has a source record");
    TRY_ASSIGN(arrived.source, read_compressed(blobs, *arrived.manifest.source, source_bytes_max));
  }
  if (compiled && arrived.source.empty())
    return inconsistent("a compiled volume has no source record, so no build could use it");
  return arrived;
}

Result<store::VolumeSpec> destination_of(const Description& description, store::Trust trust) {
  if (description.trust == store::Trust::untrusted) trust = store::Trust::untrusted;
  store::VolumeSpec spec;
  spec.volume_class = description.volume_class;
  spec.target = description.target;
  spec.mount_path = description.mount_path;
  spec.recipe = description.recipe;
  std::string variant = store::any_variant;
  if (spec.volume_class == store::VolumeClass::compiled) {
    spec.project = description.project;
    spec.image = description.image;
    Sha256 hash;
    for (const std::string& field : {spec.image, spec.recipe, spec.mount_path}) hash.field(field);
    variant = "shared-" + hash.finish().substr(0, 16);
  }
  TRY_ASSIGN(spec.key, store::key_of_trust(description.volume, variant, trust));
  return spec;
}

Result<bool> is_here(const store::Store& store, const store::VolumeSpec& spec, const std::string& content) {
  if (spec.volume_class != store::VolumeClass::compiled) return false;
  TRY_ASSIGN(const auto note, store::read_note(store, spec.key));
  TRY_ASSIGN(const auto current, store::current_generation(store, spec.key));
  if (!note || !current) return false;
  return *note == note_of(content, current->id) || *note == note_of(content, current->same_content_as);
}

Result<TakenIn> take_in(const store::Store& store, const Arrived& arrived, const Blobs& blobs,
                        const LocalContents& local, const std::string& holder, store::Trust trust) {
  TRY_ASSIGN(const store::VolumeSpec spec, destination_of(arrived.description, trust));
  TRY(check_place(store, spec));
  std::optional<FileLock> writer;
  const bool compiled = spec.volume_class == store::VolumeClass::compiled;
  const std::string content = content_of(arrived.manifest);
  if (compiled) {
    TRY_ASSIGN(writer, store::claim_writer(store, spec.key, holder));
    TRY_ASSIGN(const bool known, is_here(store, spec, content));
    if (known) return TakenIn{spec.key, false};
  }
  TRY(need_room(store, arrived.description));
  TRY_ASSIGN(auto transaction, store::Transaction::begin(store, {request_for(spec)}, holder));
  TRY(restore(store, arrived, blobs, local, transaction.forks().front()));
  const auto outcome = arrived.description.success ? store::Outcome::success : store::Outcome::failed;
  TRY_ASSIGN(const auto sealed, transaction.seal(outcome, arrived.description.seconds, source_of(arrived)));
  if (compiled) {
    TRY_ASSIGN(const auto current, store::read_ref(store, spec.key, store::RefName::current));
    TRY(store::write_note(store, spec.key, note_of(content, current.value_or(""))));
  }
  return TakenIn{spec.key, sealed.front().changed};
}

}  // namespace larder::share
