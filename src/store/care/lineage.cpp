#include "store/care/lineage.hpp"

#include <algorithm>
#include <set>

#include "store/branch/history.hpp"

namespace larder::store {
namespace {

template <typename T>
bool is_damaged(const Result<T>& result) {
  return !result && result.error().code == ErrorCode::damage;
}

class Reading {
 public:
  Reading(const Store& store, const VolumeKey& key) : store_(store), lineage_{key, {}, {}, {}, {}} {}

  Result<Lineage> run() {
    TRY_ASSIGN(lineage_.current, named_by(RefName::current));
    TRY_ASSIGN(lineage_.settled, named_by(RefName::settled));
    TRY_ASSIGN(oldest_, named_by(RefName::oldest));
    for (const std::string& id : {lineage_.current, lineage_.settled})
      if (!id.empty()) TRY(note_if_damaged(id));
    TRY_ASSIGN(const std::string start, start_of_builds());
    for (const std::string& id : {start, lineage_.settled})
      if (!id.empty()) TRY(add_chain(id));
    if (lineage_.kept.empty() && !lineage_.damaged.empty()) TRY(add_unnamed());
    return std::move(lineage_);
  }

 private:
  /// Empty where there is no such ref, or none that can be understood.
  Result<std::string> named_by(RefName name) {
    const auto id = read_ref(store_, lineage_.key, name);
    if (is_damaged(id)) {
      lineage_.damaged.push_back(ref_path(lineage_.key, name));
      return std::string();
    }
    if (!id) return fail(id.error());
    return id->value_or("");
  }

  /// What a power cut may have torn is not looked at, but where there is nothing else.
  Result<std::string> start_of_builds() {
    const auto usable = current_generation(store_, lineage_.key);
    if (is_damaged(usable)) return lineage_.current;
    if (!usable) return fail(usable.error());
    return *usable ? (*usable)->id : "";
  }

  Status note_if_damaged(const std::string& id) {
    const std::string path = "generations/" + id;
    const auto generation = read_generation(store_, id);
    if (generation) return {};
    if (!is_damaged(generation)) return fail(generation.error());
    if (std::find(lineage_.damaged.begin(), lineage_.damaged.end(), path) == lineage_.damaged.end())
      lineage_.damaged.push_back(path);
    return {};
  }

  Status note_if_torn(const std::string& id) {
    if (id.empty() || is_kept(id)) return {};
    TRY_ASSIGN(const auto status, store_.os().stat(store_.dir(), "generations/" + id));
    return status ? note_if_damaged(id) : Status();
  }

  bool is_kept(const std::string& id) const {
    return std::any_of(lineage_.kept.begin(), lineage_.kept.end(), [&](const Generation& one) { return one.id == id; });
  }

  /// A record that is missing is one that was thrown away; one that is there and ends the walk is torn.
  Status add_chain(const std::string& id) {
    TRY_ASSIGN(auto chain, kept_generations(store_, lineage_.key, id));
    if (chain.empty()) return {};
    size_t last = 0;
    while (last + 1 < chain.size() && chain[last].parent == chain[last + 1].id) ++last;
    const std::string next = chain[last].id == oldest_ ? "" : chain[last].parent;
    const std::string last_success = chain.front().last_success;
    for (Generation& generation : chain)
      if (!is_kept(generation.id)) lineage_.kept.push_back(std::move(generation));
    TRY(note_if_torn(next));
    return note_if_torn(last_success);
  }

  Status add_unnamed() {
    TRY_ASSIGN(const auto entries, store_.os().list(store_.dir(), "generations"));
    std::vector<Generation> all;
    std::set<std::string> parents;
    for (const DirEntry& entry : entries) {
      auto generation = read_generation(store_, entry.name);
      if (!generation || generation->spec.key != lineage_.key) continue;
      parents.insert(generation->parent);
      all.push_back(std::move(*generation));
    }
    std::stable_sort(all.begin(), all.end(),
                     [&](const Generation& a, const Generation& b) { return a.created_seconds > b.created_seconds; });
    for (const Generation& generation : all)
      if (parents.count(generation.id) == 0) TRY(add_chain(generation.id));
    return {};
  }

  const Store& store_;
  Lineage lineage_;
  std::string oldest_;
};

}  // namespace

Result<Lineage> read_lineage(const Store& store, const VolumeKey& key) { return Reading(store, key).run(); }

}  // namespace larder::store
