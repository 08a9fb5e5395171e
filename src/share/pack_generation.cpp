#include "share/pack_generation.hpp"

#include "base/parallel.hpp"
#include "base/text.hpp"
#include "share/native_code.hpp"
#include "share/pack.hpp"
#include "share/packing.hpp"
#include "store/branch/ref.hpp"

namespace larder::share {
namespace {

Result<std::vector<Pack>> write_packs(const store::Store& store, const store::Generation& generation, const Tree& tree,
                                      const std::vector<std::vector<Content>>& wanted, const BlobWriter& writer) {
  TRY_ASSIGN(const auto merged, store::MergedTree::open(store, store::layer_roots(generation.layers)));
  std::vector<Pack> packs(wanted.size());
  TRY(in_parallel(wanted.size(), worker_count(), [&](unsigned, size_t i) -> Status {
    TRY_ASSIGN(packs[i], write_pack(store, merged, tree, wanted[i], writer));
    return {};
  }));
  return packs;
}

Status refuse_native(const store::Store& store, const store::Generation& generation) {
  TRY_ASSIGN(const std::string file, names_native(store, generation));
  if (file.empty()) return {};
  return fail(ErrorCode::usage, generation.spec.key.name() + " is compiled for this machine's own processor",
              printable(file) + " says `native`: on another processor the programs could end in an illegal instruction",
              "name the processor, such as `-march=x86-64-v3` or `target-cpu=x86-64-v3`, and build again");
}

/// A flattened form of a good build's generation says itself that it is one.
bool is_good(const store::Generation& generation) { return generation.last_success == generation.id; }

Description describe(const store::Generation& generation, const Tree& tree) {
  const store::VolumeSpec& spec = generation.spec;
  Description made;
  made.volume = spec.key.name();
  made.volume_class = spec.volume_class;
  made.target = spec.target;
  made.variant = spec.key.variant();
  made.mount_path = spec.mount_path;
  made.project = spec.project;
  made.image = spec.image;
  made.recipe = spec.recipe;
  made.success = is_good(generation);
  made.trust = spec.key.trust();
  made.newest = tree.newest;
  made.seconds = generation.rebuild_seconds;
  made.source_content = generation.source.content;
  for (const Entry& entry : tree.entries) {
    if (entry.type == 'f' || entry.type == 'h') ++made.files;
    made.bytes += entry.content.bytes;
  }
  return made;
}

Result<std::optional<Blob>> put_source(const store::Store& store, const store::Generation& generation,
                                       const BlobWriter& writer) {
  if (generation.source.record.empty()) return std::optional<Blob>();
  TRY_ASSIGN(const std::string record, store::read_source(store, generation.source.record));
  TRY_ASSIGN(Blob blob, writer.put(zstd_compress(record)));
  return std::optional(std::move(blob));
}

}  // namespace

Result<store::Transaction> hold_generation(const store::Store& store, const store::VolumeKey& key,
                                           const std::string& holder) {
  TRY_ASSIGN(const auto current, store::current_generation(store, key));
  if (current && current->spec.volume_class == store::VolumeClass::image)
    return fail(ErrorCode::usage, key.name() + " is an image", "caches are shared in this form, images are not",
                "larder.lock makes the same image elsewhere");
  if (!current || current->empty())
    return fail(ErrorCode::usage, "the volume " + key.name() + " is empty", {}, "there is nothing to share");
  store::ForkRequest request;
  request.spec = current->spec;
  request.access = store::Access::read;
  return store::Transaction::begin(store, {std::move(request)}, holder);
}

Result<Packed> pack_generation(const store::Store& store, const store::Generation& generation,
                               const std::vector<std::string>& left_out, const std::vector<Pack>& known,
                               const BlobWriter& writer) {
  TRY(refuse_native(store, generation));
  TRY_ASSIGN(Tree tree, read_tree(store, generation, left_out));
  Packing packing = plan_packs(tree.contents, known);
  TRY_ASSIGN(const auto made, write_packs(store, generation, tree, packing.made, writer));
  Packed packed;
  packed.description = describe(generation, tree);
  Index index{std::move(tree.entries), std::move(packing.reused), generation.source.hides.has_value(),
              generation.source.hides.value_or(std::vector<std::string>())};
  for (const Pack& pack : made) {
    packed.made_bytes += pack.bytes;
    index.packs.push_back(pack);
  }
  Manifest& manifest = packed.parts;
  manifest.volume = packed.description.volume;
  manifest.target = packed.description.target;
  TRY_ASSIGN(manifest.config, writer.put(format_description(packed.description)));
  TRY_ASSIGN(manifest.index, writer.put(zstd_compress(format_index(index))));
  TRY_ASSIGN(manifest.source, put_source(store, generation, writer));
  for (const Pack& pack : index.packs) {
    manifest.packs.push_back({pack.digest, pack.bytes});
    packed.all_bytes += pack.bytes;
  }
  const uint64_t records =
      manifest.config.bytes + manifest.index.bytes + (manifest.source ? manifest.source->bytes : 0);
  packed.made_bytes += records;
  packed.all_bytes += records;
  return packed;
}

}  // namespace larder::share
