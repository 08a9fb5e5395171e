#include "share/offer.hpp"

#include <set>

#include "base/sha256.hpp"
#include "base/text.hpp"
#include "share/incoming.hpp"
#include "share/local_contents.hpp"
#include "share/restore.hpp"
#include "share/tar.hpp"
#include "store/branch/ref.hpp"

namespace larder::share {
namespace {

Place place_of(const Remote& remote, const std::string& branch) {
  return {remote.repository(), remote.line.project, branch};
}

/// What the manifest says of itself: signed, where there are keys; else what anybody has written, and none where that
/// cannot be read.
Result<std::optional<Statement>> statement_of(const Manifest& manifest, const Place& place,
                                              const std::vector<std::string>& keys) {
  if (!keys.empty()) {
    TRY_ASSIGN(Statement statement, check_signed(manifest, place, keys));
    return std::optional(std::move(statement));
  }
  auto said = parse_statement(manifest.statement);
  return said ? std::optional(std::move(*said)) : std::nullopt;
}

/// Checks that what was fetched is what it was signed, and tagged, for.
Status check_is_of(const Description& description, const Place& place, const std::optional<Statement>& statement,
                   bool is_signed) {
  if (description.volume_class == store::VolumeClass::compiled && description.project != place.project)
    return fail(ErrorCode::damage, printable(description.volume) + " is another project's",
                "it is of " + printable(description.project), "push it anew; nothing has changed here");
  if (!is_signed) return {};
  TRY_ASSIGN(const store::VolumeSpec spec, destination_of(description));
  return check_volume(*statement, description.volume, spec.key.variant());
}

/// Fetches all that a manifest names but its packs.
Result<Arrived> fetch_records(const store::Store& store, const Registry& registry, const Manifest& manifest,
                              const std::string& manifest_text, const std::string& folder) {
  TRY_ASSIGN(const BlobWriter layout, BlobWriter::make(store.os(), store.dir(), folder));
  std::set<std::string> others = {manifest.config.digest, manifest.index.digest};
  if (manifest.source) others.insert(manifest.source->digest);
  for (const Blob& pack : manifest.packs)
    if (others.insert(pack.digest).second) TRY(layout.put_placeholder(pack));
  const Blob id{sha256_hex(manifest_text), manifest_text.size()};
  TRY(registry.pull(id, store.path() + "/" + folder));
  TRY_ASSIGN(const Layout fetched, open_folder(store.os(), store.dir(), folder));
  return read_arrived(fetched.blobs, id);
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

/// Fetches the packs that are needed beside what is here, and what the offer has fetched already.
Result<Layout> fetch_packs(const store::Store& store, const Registry& registry, const Offer& offer,
                           const std::vector<Pack>& needed, const Incoming& incoming) {
  Os& os = store.os();
  const Manifest& manifest = offer.arrived.manifest;
  std::set<std::string> wanted;
  for (const Pack& pack : needed) wanted.insert(pack.digest);
  for (const Blob& pack : manifest.packs)
    if (wanted.insert(pack.digest).second) TRY(incoming.layout().put_placeholder(pack));
  std::vector<Blob> others = {manifest.config, manifest.index};
  if (manifest.source) others.push_back(*manifest.source);
  for (const Blob& blob : others)
    TRY(os.link(store.dir(), offer.layout + "/blobs/sha256/" + blob.digest, store.dir(),
                incoming.layout().path_of(blob)));
  const UniqueFd lock = incoming.let_programs_lock();
  TRY(registry.pull(offer.arrived.id, store.path() + "/" + incoming.layout().path()));
  return open_folder(os, store.dir(), incoming.layout().path());
}

}  // namespace

Result<std::optional<Offer>> look_at(const store::Store& store, const Remote& remote, const std::string& branch,
                                     const std::string& tag, const std::vector<std::string>& keys,
                                     const std::string& holder) {
  TRY_ASSIGN(const auto text, remote.registry.manifest(tag));
  if (!text) return std::optional<Offer>();
  const Place place = place_of(remote, branch);
  TRY_ASSIGN(const Manifest manifest, parse_manifest(*text));
  TRY_ASSIGN(auto statement, statement_of(manifest, place, keys));
  TRY_ASSIGN(Workroom room, Workroom::open(store, holder));
  const std::string folder = room.path() + "/offer";
  TRY_ASSIGN(Arrived arrived, fetch_records(store, remote.registry, manifest, *text, folder));
  TRY(check_is_of(arrived.description, place, statement, !keys.empty()));
  TRY_ASSIGN(store::VolumeSpec destination, destination_of(arrived.description, remote.trust));
  return std::optional(
      Offer{std::move(room), std::move(arrived), folder, std::move(statement), std::move(destination)});
}

Result<std::optional<Offer>> find_offer(const store::Store& store, const Remote& remote, const std::string& branch,
                                        const std::string& tag, const std::string& holder) {
  const Signing& signing = remote.signing;
  TRY_ASSIGN(auto offer, look_at(store, remote, branch, tag, signing.public_keys, holder));
  if (offer && !signing.public_keys.empty()) TRY(accept(store, *offer->statement, signing, remote.trust));
  return offer;
}

Result<Pulled> take_offer(const store::Store& store, const Remote& remote, const Offer& offer,
                          const std::string& holder) {
  const Manifest& manifest = offer.arrived.manifest;
  Pulled pulled;
  pulled.volume = offer.arrived.description.volume;
  pulled.statement = offer.statement;
  pulled.pulled_bytes = manifest.config.bytes + manifest.index.bytes + (manifest.source ? manifest.source->bytes : 0);
  pulled.all_bytes = pulled.pulled_bytes;
  for (const Blob& pack : manifest.packs) pulled.all_bytes += pack.bytes;
  pulled.taken.key = offer.destination.key;
  TRY_ASSIGN(const bool known, is_here(store, offer.destination, content_of(manifest)));
  if (known) return pulled;
  TRY_ASSIGN(const Here here, find_here(store, offer.destination.key.name(), holder));
  const auto needed = needed_packs(offer.arrived.index, here.contents);
  TRY_ASSIGN(Incoming incoming, Incoming::open(store, offer.arrived.id, needed, offer.room.path() + "/packs"));
  for (const Pack& pack : needed) pulled.pulled_bytes += pack.bytes;
  pulled.pulled_bytes -= incoming.resumed_bytes();
  TRY_ASSIGN(const Layout layout, fetch_packs(store, remote.registry, offer, needed, incoming));
  auto taken = take_in(store, offer.arrived, layout.blobs, here.contents, holder, remote.trust);
  if (taken || taken.error().code == ErrorCode::damage) incoming.remove();
  if (!taken) return fail(taken.error());
  pulled.taken = std::move(*taken);
  return pulled;
}

}  // namespace larder::share
