#include "store/space/states.hpp"

#include <algorithm>

#include "store/branch/ref.hpp"
#include "store/layer/diff.hpp"

namespace larder::store {
namespace {

bool same_state(const Generation& newer, const Generation& older) {
  return newer.same_content_as == older.id || newer.layers == older.layers;
}

/// No value for what is damaged.
template <typename T>
Result<std::optional<T>> unless_damaged(Result<T> result) {
  if (result) return std::optional<T>(std::move(*result));
  if (result.error().code == ErrorCode::damage) return std::optional<T>();
  return fail(result.error());
}

uint64_t bytes_of(const Content& content) {
  uint64_t bytes = 0;
  for (const auto& [path, entry] : content) bytes += entry->size_bytes;
  return bytes;
}

/// "cache/" of "cache/a/b", "./" of "a"
std::string top_folder(const std::string& path) {
  const size_t slash = path.find('/');
  return slash == std::string::npos ? "./" : path.substr(0, slash + 1);
}

/// The next newer state of a history; `content` is that of the sound one before it, and becomes this one's.
Result<LoggedState> log_next(ContentReader& reader, VolumeState state, Content& content) {
  LoggedState logged{std::move(state), 0, {}};
  TRY_ASSIGN(auto now, unless_damaged(reader.content(logged.state.generation.layers)));
  logged.state.damaged = !now;
  if (!now) return logged;
  for (const FileChange& change : compare(content, *now)) {
    logged.change_bytes += change.bytes_after;
    if (change.change == Change::added) ++logged.added[top_folder(change.path)];
  }
  content = std::move(*now);
  return logged;
}

/// Newest first; what is older than a settled generation is settled.
Result<std::vector<VolumeState>> read_states(const Store& store, const History& history) {
  std::vector<VolumeState> states;
  if (history.empty()) return states;
  TRY_ASSIGN(const auto settled_id, unless_damaged(read_ref(store, history.front().spec.key, RefName::settled)));
  bool settled = false;
  for (const Generation& generation : history) {
    settled = settled || (settled_id && *settled_id == generation.id);
    states.push_back({generation, states.empty(), settled, false});
  }
  return states;
}

Result<LayerDetails> describe_layer(const Store& store, ContentReader& reader, const std::string& id) {
  LayerDetails details;
  details.id = id;
  TRY_ASSIGN(const auto manifest, unless_damaged(reader.layer(id)));
  details.damaged = !manifest;
  if (!manifest) return details;
  TRY_ASSIGN(details.settled, has_manifest(store, id));
  for (const ManifestEntry& entry : **manifest) {
    if (entry.type != 'f' && entry.type != 'l' && entry.type != 'p') continue;
    ++details.files;
    details.bytes += entry.size_bytes;
  }
  return details;
}

}  // namespace

Result<std::vector<LoggedState>> log_states(const Store& store, const History& history) {
  TRY_ASSIGN(auto states, read_states(store, history));
  ContentReader reader(store);
  Content content;
  std::vector<LoggedState> logged;
  std::reverse(states.begin(), states.end());
  for (VolumeState& state : states) {
    TRY_ASSIGN(LoggedState next, log_next(reader, std::move(state), content));
    logged.push_back(std::move(next));
  }
  std::reverse(logged.begin(), logged.end());
  return logged;
}

Result<StateDetails> describe_state(const Store& store, const History& history, const std::string& id) {
  StateDetails details;
  TRY_ASSIGN(const auto states, read_states(store, history));
  const auto state =
      std::find_if(states.begin(), states.end(), [&](const VolumeState& each) { return each.generation.id == id; });
  INVARIANT(state != states.end());
  details.state = *state;
  ContentReader reader(store);
  for (const std::string& id_of_layer : details.state.generation.layers) {
    TRY_ASSIGN(LayerDetails layer, describe_layer(store, reader, id_of_layer));
    details.state.damaged = details.state.damaged || layer.damaged;
    details.layers.push_back(std::move(layer));
  }
  if (details.state.damaged) return details;
  TRY_ASSIGN(const Content content, reader.content(details.state.generation.layers));
  details.files = content.size();
  details.bytes = bytes_of(content);
  return details;
}

bool is_good(const Generation& generation) { return generation.last_success == generation.id; }

std::optional<Generation> previous_state(const History& history) {
  if (history.empty()) return std::nullopt;
  const Generation* same = &history.front();
  for (const Generation& generation : history) {
    if (generation.id != same->id && !same_state(*same, generation)) return generation;
    same = &generation;
  }
  return std::nullopt;
}

std::optional<Generation> previous_good_state(const History& history) {
  for (size_t i = 1; i < history.size(); ++i)
    if (is_good(history[i])) return history[i];
  return std::nullopt;
}

}  // namespace larder::store
