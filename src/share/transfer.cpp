#include "share/transfer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "share/left_out.hpp"
#include "share/offer.hpp"
#include "share/remote_name.hpp"
#include "share/workroom.hpp"

namespace larder::share {
namespace {

/// What the registry has already of a project's volume.
struct Base {
  std::vector<Pack> packs;             ///< of the branch's manifest, else of the default branch's
  std::string content;                 ///< of the branch's; empty: there is none
  std::optional<Statement> statement;  ///< of the branch's
};

/// Where this machine signs, what nobody signed whom it knows is of no use: its index could say anything of packs.
Result<Base> find_base(const store::Store& store, const Remote& remote, const store::VolumeSpec& spec,
                       const std::string& holder) {
  const Line& line = remote.line;
  const auto keys = remote.signing.known_keys();
  Base base;
  std::vector<std::string> branches = {line.branch};
  if (line.default_branch != line.branch) branches.push_back(line.default_branch);
  for (const std::string& branch : branches) {
    auto offer = look_at(store, remote, branch, tag_of(line.project, branch, spec), keys, holder);
    if (!offer && offer.error().needs_network) return fail(offer.error());
    if (!offer || !*offer) continue;  // what is there is of no use, and is replaced
    Arrived& arrived = (*offer)->arrived;
    if (branch == line.branch) {
      base.content = content_of(arrived.manifest);
      base.statement = std::move((*offer)->statement);
    }
    base.packs = std::move(arrived.index.packs);
    return base;
  }
  return base;
}

/// What is said of the volume's state, but for its content: its number is the one after all that is known.
Result<Statement> next_statement(const store::Store& store, const Remote& remote, const store::VolumeSpec& spec,
                                 const Base& base) {
  Description description;
  description.volume = spec.key.name();
  description.volume_class = spec.volume_class;
  description.image = spec.image;
  description.recipe = spec.recipe;
  description.mount_path = spec.mount_path;
  TRY_ASSIGN(const store::VolumeSpec destination, destination_of(description));
  Statement next;
  next.repository = remote.repository();
  next.project = remote.line.project;
  next.branch = remote.line.branch;
  next.volume = spec.key.name();
  next.variant = destination.key.variant();
  next.commit = remote.line.commit;
  next.seconds = remote.signing.now();
  TRY_ASSIGN(const auto seen, last_seen(store, next));
  if (base.statement) next.sequence = base.statement->sequence;
  if (seen) next.sequence = std::max(next.sequence, seen->sequence);
  if (next.sequence == sequence_max)
    return fail(ErrorCode::usage, "the branch has had as many pushes as there can be", {}, "take another repository");
  ++next.sequence;
  return next;
}

/// Whether the registry has this state as others want it: where states are signed, not so long ago that a new machine
/// would soon refuse it.
bool has_state(const Base& base, const Signing& signing, const std::string& content) {
  if (base.content != content) return false;
  return !signing.key || (base.statement && base.statement->seconds + signing.max_age_seconds / 2 >= signing.now());
}

struct PushTask {
  const store::Store& store;
  const Remote& remote;
  const store::Generation& generation;
  const config::RecipeTable& recipes;
  std::string tag;
};

/// Writes a generation of whose packs the registry has those of `base`, and pushes it unless the registry has it.
Result<Pushed> push_once(const PushTask& task, Statement statement, const Base& base, const std::string& folder) {
  const store::Store& store = task.store;
  const Signing& signing = task.remote.signing;
  TRY_ASSIGN(const BlobWriter writer, BlobWriter::make(store.os(), store.dir(), folder));
  const auto left = left_out(task.recipes, task.generation.spec);
  TRY_ASSIGN(Packed packed, pack_generation(store, task.generation, left, base.packs, writer));
  statement.content = content_of(packed.parts);
  if (has_state(base, signing, statement.content)) return Pushed{std::move(packed), task.tag, false};
  packed.parts.statement = format_statement(statement);
  if (signing.key) {
    packed.parts.signer = signing.key->public_key();
    packed.parts.signature = signing.key->sign(packed.parts.statement);
  }
  TRY_ASSIGN(packed.manifest, writer.put(format_manifest(packed.parts)));
  TRY(writer.finish({{packed.manifest, task.tag}}));
  TRY(task.remote.registry.push(store.path() + "/" + folder, task.tag));
  if (signing.key) TRY(accept(store, statement, signing));
  return Pushed{std::move(packed), task.tag, true};
}

struct BranchTag {
  std::string branch;
  std::string tag;
};

/// Of each volume the branch's tag, else the default branch's.
std::vector<BranchTag> tags_for(const Line& line, const std::vector<std::string>& tags) {
  std::vector<BranchTag> found;
  std::set<std::string> volumes;  // as they end a tag
  for (const std::string& branch : {line.branch, line.default_branch}) {
    if (branch.empty()) continue;
    const std::string prefix = tag_prefix(line.project, branch);
    for (const std::string& tag : tags)
      if (tag.starts_with(prefix) && volumes.insert(tag.substr(prefix.size())).second) found.push_back({branch, tag});
  }
  return found;
}

/// What to say where none of the volumes that there are was meant.
Error none_meant(const Remote& remote, const Choice& choice, const std::vector<Description>& others) {
  std::vector<std::string> volumes;
  std::vector<std::string> targets;
  for (const Description& one : others) {
    volumes.push_back(one.volume);
    if (!contains(targets, one.target)) targets.push_back(one.target);
  }
  const bool is_unknown_volume = std::none_of(choice.volumes.begin(), choice.volumes.end(),
                                              [&](const std::string& name) { return contains(volumes, name); }) &&
                                 !choice.volumes.empty();
  const std::vector<std::string>& known = is_unknown_volume ? volumes : targets;
  const std::string& asked = is_unknown_volume ? choice.volumes.front() : choice.targets.front();
  const std::string near = nearest_word(asked, known);
  return {ErrorCode::usage,
          fmt::format("{} has nothing of {} {} '{}'", remote.repository(), remote.line.project,
                      is_unknown_volume ? "called" : "for", printable(asked)),
          {},
          (near.empty() ? "" : fmt::format("did you mean '{}'? ", near)) + "it has " + join_words(known),
          0};
}

}  // namespace

Result<Pushed> push_volume(const store::Store& store, const Remote& remote, const store::VolumeKey& key,
                           const config::RecipeTable& recipes, const std::string& holder) {
  if (key.trust() == store::Trust::untrusted)
    return fail(ErrorCode::usage, key.name() + "@" + key.variant() + " is not pushed",
                "builds of untrusted code have written it", "a trusted `larder build` has a volume of its own");
  TRY(remote.signing.check_pushing());
  TRY_ASSIGN(const Workroom room, Workroom::open(store, holder));
  TRY_ASSIGN(const store::Transaction lease, hold_generation(store, key, holder));
  const store::Generation& generation = lease.forks().front().base;
  const store::VolumeSpec& spec = generation.spec;
  if (spec.volume_class == store::VolumeClass::compiled && spec.project != remote.line.project)
    return fail(ErrorCode::usage, key.name() + " is another project's",
                fmt::format("it is of {}, and {} is pushed", printable(spec.project), remote.line.project),
                "push it from its own folder: `-C DIR`");
  const PushTask task{store, remote, generation, recipes,
                      tag_of(remote.line.project, remote.line.branch, generation.spec)};
  TRY_ASSIGN(const Base base, find_base(store, remote, generation.spec, holder));
  TRY_ASSIGN(const Statement statement, next_statement(store, remote, generation.spec, base));
  auto pushed = push_once(task, statement, base, room.path() + "/push");
  // A registry may have thrown away what an older manifest names; then all is sent.
  if (!pushed && !base.packs.empty() && !pushed.error().needs_network)
    pushed = push_once(task, statement, {}, room.path() + "/again");
  return pushed;
}

Result<std::vector<Pulled>> pull_volumes(const store::Store& store, const Remote& remote, const Choice& choice,
                                         const std::string& holder) {
  const auto is_meant = [&](const Description& description) {
    return (choice.volumes.empty() || contains(choice.volumes, description.volume)) &&
           (choice.targets.empty() || contains(choice.targets, description.target));
  };
  TRY_ASSIGN(const auto tags, remote.registry.tags());
  std::vector<Pulled> all;
  std::vector<Description> others;
  for (const auto& [branch, tag] : tags_for(remote.line, tags)) {
    TRY_ASSIGN(const auto offer, find_offer(store, remote, branch, tag, holder));
    if (!offer) continue;
    const bool is_shared = offer->arrived.description.volume_class == store::VolumeClass::download;
    if (is_shared && remote.is_projects) continue;
    if (!is_meant(offer->arrived.description)) {
      others.push_back(offer->arrived.description);
      continue;
    }
    TRY_ASSIGN(Pulled pulled, take_offer(store, remote, *offer, holder));
    all.push_back(std::move(pulled));
  }
  if (all.empty() && !others.empty()) return fail(none_meant(remote, choice, others));
  return all;
}

}  // namespace larder::share
