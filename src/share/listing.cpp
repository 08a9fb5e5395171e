#include "share/listing.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/sha256.hpp"
#include "base/text.hpp"
#include "share/remote_name.hpp"

namespace larder::share {
namespace {

Listed::Trust trust_of(const Manifest& manifest, const Remote& remote, const Statement& statement,
                       const std::string& tag) {
  const auto& keys = remote.signing.public_keys;
  if (keys.empty()) return manifest.signature.empty() ? Listed::Trust::unsigned_state : Listed::Trust::is_signed;
  const Place place{remote.repository(), statement.project, statement.branch};
  const bool is_its_tag = tag.starts_with(tag_prefix(statement.project, statement.branch));
  return is_its_tag && check_signed(manifest, place, keys) ? Listed::Trust::valid : Listed::Trust::refused;
}

Listed list_one(const Manifest& manifest, const Remote& remote, const std::string& tag, const std::string& text) {
  Listed one;
  one.tag = tag;
  one.digest = sha256_hex(text);
  one.volume = manifest.volume;
  one.target = manifest.target;
  one.bytes = manifest.config.bytes + manifest.index.bytes + (manifest.source ? manifest.source->bytes : 0);
  for (const Blob& pack : manifest.packs) one.bytes += pack.bytes;
  if (auto said = parse_statement(manifest.statement)) one.statement = std::move(*said);
  one.signer = manifest.signer;
  one.trust = trust_of(manifest, remote, one.statement, tag);
  return one;
}

}  // namespace

Result<std::vector<Listed>> list_states(const Remote& remote, bool all_projects) {
  TRY_ASSIGN(const auto tags, remote.registry.tags());
  const std::string prefix = project_prefix(remote.line.project);
  std::vector<Listed> states;
  for (const std::string& tag : tags) {
    if (!all_projects && !tag.starts_with(prefix)) continue;
    TRY_ASSIGN(const auto text, remote.registry.manifest(tag));
    const auto manifest = text ? parse_manifest(*text) : fail(ErrorCode::usage, "gone");
    if (manifest) states.push_back(list_one(*manifest, remote, tag, *text));
  }
  std::sort(states.begin(), states.end(), [](const Listed& a, const Listed& b) {
    return std::tie(a.statement.project, a.statement.branch, a.volume, b.statement.seconds, a.tag) <
           std::tie(b.statement.project, b.statement.branch, b.volume, a.statement.seconds, b.tag);
  });
  return states;
}

std::vector<Listed> states_to_prune(const std::vector<Listed>& states, const PruneRules& rules, const Line& line,
                                    int64_t now) {
  std::vector<const Listed*> newest;
  for (const Listed& one : states) newest.push_back(&one);
  std::stable_sort(newest.begin(), newest.end(),
                   [](const auto* a, const auto* b) { return a->statement.seconds > b->statement.seconds; });
  std::map<std::string, size_t> seen;
  std::vector<const Listed*> old;
  std::set<std::string> kept;
  for (const Listed* one : newest) {
    const size_t place = seen[one->volume]++;
    const bool is_ours = one->statement.branch == line.branch || one->statement.branch == line.default_branch;
    const bool is_kept = rules.keep && place < *rules.keep;
    const bool is_young = rules.max_age_seconds && one->statement.seconds + *rules.max_age_seconds > now;
    if (is_ours || is_kept || is_young || one->statement.seconds == 0)
      kept.insert(one->digest);
    else
      old.push_back(one);
  }
  std::vector<Listed> pruned;
  for (const Listed* one : old)
    if (kept.count(one->digest) == 0) pruned.push_back(*one);
  return pruned;
}

}  // namespace larder::share
