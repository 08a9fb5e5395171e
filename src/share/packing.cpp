#include "share/packing.hpp"

#include <algorithm>
#include <set>
#include <string_view>

namespace larder::share {
namespace {

constexpr uint64_t pack_bytes_min = uint64_t{8} << 20U;
constexpr size_t small_packs_max = 16;  ///< each push adds one at least: so many, and they become one
constexpr size_t new_packs_max = 300;   ///< of a whole tree: the rest of `packs_max` is for later pushes

using Digests = std::set<std::string_view>;

/// Whether a pack may end after this content: by its digest, of one in eight.
bool is_boundary(const Content& content) { return content.digest.front() < '2'; }

bool is_small(const Pack& pack) { return pack.content_bytes() < pack_bytes_min / 2; }

bool is_worth_it(const Pack& pack, const Digests& wanted) {
  uint64_t useful = 0;
  for (const Content& content : pack.contents)
    if (wanted.count(content.digest) > 0) useful += content.bytes;
  return useful * 2 > pack.content_bytes();
}

std::vector<Pack> choose_known(const Digests& wanted, const std::vector<Pack>& known) {
  std::vector<Pack> reused;
  for (const Pack& pack : known)
    if (is_worth_it(pack, wanted)) reused.push_back(pack);
  if (static_cast<size_t>(std::count_if(reused.begin(), reused.end(), is_small)) > small_packs_max)
    std::erase_if(reused, is_small);
  return reused;
}

/// Cuts the contents into packs, of twice the least size at most unless one content alone is larger.
std::vector<std::vector<Content>> cut(const std::vector<Content>& contents, uint64_t bytes_min) {
  std::vector<std::vector<Content>> packs;
  uint64_t bytes = 0;
  for (const Content& content : contents) {
    const bool is_full = bytes > 0 && bytes + content.bytes > 2 * bytes_min;
    if (packs.empty() || is_full || (bytes >= bytes_min && is_boundary(packs.back().back()))) {
      packs.emplace_back();
      bytes = 0;
    }
    packs.back().push_back(content);
    bytes += content.bytes;
  }
  return packs;
}

Packing pack_beside(const std::vector<Content>& wanted, std::vector<Pack> reused) {
  Digests there;
  for (const Pack& pack : reused)
    for (const Content& content : pack.contents) there.insert(content.digest);
  std::vector<Content> lacking;
  uint64_t bytes = 0;
  for (const Content& content : wanted) {
    if (there.count(content.digest) > 0) continue;
    lacking.push_back(content);
    bytes += content.bytes;
  }
  Packing packing{{}, cut(lacking, std::max(pack_bytes_min, bytes / new_packs_max))};
  packing.reused = std::move(reused);
  return packing;
}

}  // namespace

Packing plan_packs(const std::vector<Content>& wanted, const std::vector<Pack>& known) {
  Digests digests;
  for (const Content& content : wanted) digests.insert(content.digest);
  Packing packing = pack_beside(wanted, choose_known(digests, known));
  if (packing.reused.size() + packing.made.size() > packs_max) return pack_beside(wanted, {});
  return packing;
}

}  // namespace larder::share
