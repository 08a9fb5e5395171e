#include "share/remote.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "base/sha256.hpp"
#include "base/text.hpp"
#include "share/left_out.hpp"
#include "share/local_contents.hpp"
#include "share/restore.hpp"
#include "share/tar.hpp"
#include "share/workroom.hpp"
#include "store/branch/ref.hpp"

namespace larder::share {
namespace {

/// Makes a file of a blob's size, without its content, so that skopeo leaves the blob out.
Status put_placeholder(Os& os, const BlobWriter& layout, const Blob& blob) {
  TRY_ASSIGN(const UniqueFd file, os.open(layout.dir(), layout.path_of(blob), O_WRONLY | O_CREAT | O_EXCL, 0600));
  return os.truncate(file.get(), blob.bytes);
}

Blob blob_of(const std::string& text) { return {sha256_hex(text), text.size()}; }

/// A manifest of a registry's that was looked into without fetching its packs.
struct Seen {
  Arrived arrived;
  std::string layout;  ///< relative to the store: where its other blobs are
};

/// Fetches all that a manifest names but its packs.
Result<Seen> look_into(const store::Store& store, const Registry& registry, const std::string& manifest_text,
                       const std::string& folder) {
  TRY_ASSIGN(const Manifest manifest, parse_manifest(manifest_text));
  TRY_ASSIGN(const BlobWriter layout, BlobWriter::make(store.os(), store.dir(), folder));
  std::set<std::string> others = {manifest.config.digest, manifest.index.digest};
  if (manifest.source) others.insert(manifest.source->digest);
  for (const Blob& pack : manifest.packs)
    if (others.insert(pack.digest).second) TRY(put_placeholder(store.os(), layout, pack));
  const Blob id = blob_of(manifest_text);
  TRY(registry.pull(id, store.path() + "/" + folder));
  TRY_ASSIGN(const Layout fetched, open_folder(store.os(), store.dir(), folder));
  TRY_ASSIGN(Arrived arrived, read_arrived(fetched.blobs, id));
  return Seen{std::move(arrived), folder};
}

/// What the registry has already of a project's volume.
struct Base {
  std::vector<Pack> packs;  ///< of the branch's manifest, else of the default branch's
  std::string own;          ///< digest of the branch's; empty: there is none
};

Result<Base> find_base(const store::Store& store, const Registry& registry, const Line& line,
                       const store::VolumeSpec& spec, const std::string& room) {
  Base base;
  std::vector<std::string> branches = {line.branch};
  if (line.default_branch != line.branch) branches.push_back(line.default_branch);
  for (const std::string& branch : branches) {
    TRY_ASSIGN(const auto text, registry.manifest(tag_of(line.project, branch, spec)));
    if (!text) continue;
    auto seen = look_into(store, registry, *text, room + "/" + tag_of(line.project, branch, spec));
    if (seen) {
      if (branch == line.branch) base.own = seen->arrived.id.digest;
      base.packs = std::move(seen->arrived.index.packs);
      return base;
    }
    if (seen.error().needs_network) return fail(seen.error());  // else what is there is of no use, and is replaced
  }
  return base;
}

/// Writes a generation of whose packs the registry has those of `base`, and pushes it unless the registry has it.
Result<Packed> push_once(const store::Store& store, const Registry& registry, const store::Generation& generation,
                         const config::RecipeTable& recipes, const Base& base, const std::string& tag,
                         const std::string& folder) {
  TRY_ASSIGN(const BlobWriter writer, BlobWriter::make(store.os(), store.dir(), folder));
  TRY_ASSIGN(Packed packed, pack_generation(store, generation, left_out(recipes, generation.spec), base.packs, writer));
  if (packed.manifest.digest == base.own) return packed;
  TRY(writer.finish({{packed.manifest, tag}}));
  TRY(registry.push(store.path() + "/" + folder, tag));
  return packed;
}

/// The newest states of all volumes with this name, kept for as long as the transaction lives.
struct Here {
  store::Transaction lease;
  LocalContents contents;
};

Result<Here> find_here(const store::Store& store, const std::string& name, const std::string& holder) {
  TRY_ASSIGN(FileLock taken, store.lock(LockMode::shared));
  std::optional<FileLock> lock(std::move(taken));
  TRY_ASSIGN(const auto keys, store::list_volumes(store));
  std::vector<std::vector<std::string>> states;
  std::vector<std::string> layers;
  for (const store::VolumeKey& key : keys) {
    if (key.name() != name) continue;
    const auto current = store::current_generation(store, key);
    if (!current || !*current) continue;  // a damaged one is an error where it is used
    TRY_ASSIGN(const auto missing, store::missing_layer(store, (*current)->layers));
    if (missing) continue;
    states.push_back((*current)->layers);
    layers.insert(layers.end(), states.back().begin(), states.back().end());
  }
  TRY_ASSIGN(store::Transaction lease, store::Transaction::hold(store, layers, holder));
  lock.reset();
  Here here{std::move(lease), {}};
  for (const auto& state : states) TRY(here.contents.add(store, state));
  return here;
}

/// Fetches the packs that are needed beside what is here, and what `seen` has fetched already.
Result<Layout> fetch_packs(const store::Store& store, const Registry& registry, const Seen& seen,
                           const std::vector<Pack>& needed, const std::string& folder) {
  Os& os = store.os();
  TRY_ASSIGN(const BlobWriter layout, BlobWriter::make(os, store.dir(), folder));
  std::set<std::string> wanted;
  for (const Pack& pack : needed) wanted.insert(pack.digest);
  for (const Blob& pack : seen.arrived.manifest.packs)
    if (wanted.insert(pack.digest).second) TRY(put_placeholder(os, layout, pack));
  std::vector<Blob> others = {seen.arrived.manifest.config, seen.arrived.manifest.index};
  if (seen.arrived.manifest.source) others.push_back(*seen.arrived.manifest.source);
  for (const Blob& blob : others)
    TRY(os.link(store.dir(), seen.layout + "/blobs/sha256/" + blob.digest, store.dir(), layout.path_of(blob)));
  TRY(registry.pull(seen.arrived.id, store.path() + "/" + folder));
  return open_folder(os, store.dir(), folder);
}

bool is_meant(const Choice& choice, const Manifest& manifest) {
  return (choice.volumes.empty() || contains(choice.volumes, manifest.volume)) &&
         (choice.targets.empty() || contains(choice.targets, manifest.target));
}

Result<Pulled> pull_one(const store::Store& store, const Registry& registry, const std::string& manifest_text,
                        const std::string& holder) {
  TRY_ASSIGN(const Workroom room, Workroom::open(store, holder));
  TRY_ASSIGN(const Seen seen, look_into(store, registry, manifest_text, room.path() + "/seen"));
  const Manifest& manifest = seen.arrived.manifest;
  Pulled pulled;
  pulled.pulled_bytes = manifest.config.bytes + manifest.index.bytes + (manifest.source ? manifest.source->bytes : 0);
  pulled.all_bytes = pulled.pulled_bytes;
  for (const Blob& pack : manifest.packs) pulled.all_bytes += pack.bytes;
  TRY_ASSIGN(const store::VolumeSpec spec, destination_of(seen.arrived.description));
  TRY_ASSIGN(const bool known, is_here(store, spec, seen.arrived.id));
  pulled.taken.key = spec.key;
  if (known) return pulled;
  TRY_ASSIGN(const Here here, find_here(store, spec.key.name(), holder));
  const auto needed = needed_packs(seen.arrived.index, here.contents);
  for (const Pack& pack : needed) pulled.pulled_bytes += pack.bytes;
  TRY_ASSIGN(const Layout layout, fetch_packs(store, registry, seen, needed, room.path() + "/packs"));
  TRY_ASSIGN(pulled.taken, take_in(store, seen.arrived, layout.blobs, here.contents, holder));
  return pulled;
}

/// The tags of the branch, else those of the default branch.
std::vector<std::string> tags_for(const Line& line, const std::vector<std::string>& tags) {
  for (const std::string& branch : {line.branch, line.default_branch}) {
    std::vector<std::string> found;
    if (branch.empty()) continue;
    for (const std::string& tag : tags)
      if (tag.starts_with(tag_prefix(line.project, branch))) found.push_back(tag);
    if (!found.empty()) return found;
  }
  return {};
}

}  // namespace

Result<Pushed> push_volume(const store::Store& store, const Registry& registry, const Line& line,
                           const store::VolumeKey& key, const config::RecipeTable& recipes, const std::string& holder) {
  TRY_ASSIGN(const Workroom room, Workroom::open(store, holder));
  TRY_ASSIGN(const store::Transaction lease, hold_generation(store, key, holder));
  const store::Generation& generation = lease.forks().front().base;
  const std::string tag = tag_of(line.project, line.branch, generation.spec);
  TRY_ASSIGN(const Base base, find_base(store, registry, line, generation.spec, room.path()));
  auto packed = push_once(store, registry, generation, recipes, base, tag, room.path() + "/push");
  // A registry may have thrown away what an older manifest names; then all is sent.
  if (!packed && !base.packs.empty() && !packed.error().needs_network)
    packed = push_once(store, registry, generation, recipes, {}, tag, room.path() + "/again");
  if (!packed) return fail(packed.error());
  const bool same = packed->manifest.digest == base.own;
  return Pushed{std::move(*packed), tag, !same};
}

Result<std::vector<Pulled>> pull_volumes(const store::Store& store, const Registry& registry, const Line& line,
                                         const Choice& choice, const std::string& holder) {
  TRY_ASSIGN(const auto tags, registry.tags());
  std::vector<Pulled> all;
  for (const std::string& tag : tags_for(line, tags)) {
    TRY_ASSIGN(const auto text, registry.manifest(tag));
    if (!text) continue;
    TRY_ASSIGN(const Manifest manifest, parse_manifest(*text));
    if (!is_meant(choice, manifest)) continue;
    TRY_ASSIGN(Pulled pulled, pull_one(store, registry, *text, holder));
    all.push_back(std::move(pulled));
  }
  return all;
}

}  // namespace larder::share
