#include "builds/run/volume_reader.hpp"

#include <sys/stat.h>

#include <set>

#include "base/glob.hpp"
#include "builds/output/result_path.hpp"
#include "store/layer/merged_tree.hpp"

namespace larder::builds {
namespace {

using TakeText = std::function<void(const std::string& path, const std::string& text)>;

/// Gives `take` those of the volume's files that match the patterns.
Status read_texts(Os& os, const store::MergedTree& tree, const std::vector<std::string>& patterns,
                  const TakeText& take) {
  constexpr size_t bytes_max = size_t{64} << 20U;
  return tree.walk([&](const store::MergedEntry& entry) -> Status {
    if (!S_ISREG(entry.status.st_mode) || !matches_any(patterns, entry.path)) return {};
    TRY_ASSIGN(const std::string text, read_file(os, entry.dir, entry.name, bytes_max));
    take(entry.path, text);
    return {};
  });
}

}  // namespace

VolumeReader volume_reader(const store::Store& store, const Plan& plan, const source::Entries& entries,
                           const std::vector<std::string>& layers) {
  const auto read = [&store, layers](const std::vector<std::string>& patterns, const TakeText& take) -> Status {
    TRY_ASSIGN(const store::MergedTree tree, store::MergedTree::open(store, store::layer_roots(layers)));
    return read_texts(store.os(), tree, patterns, take);
  };
  const config::BlindSpots& blind = plan.recipe.blind;
  VolumeReader reader;
  reader.notes = [&plan, &entries, read, &blind]() -> Result<NotedFiles> {
    std::set<std::string> links;
    for (const source::Entry& entry : entries)
      if (entry.kind == source::Kind::link) links.insert(entry.path);
    NotedFiles notes(plan.workspace.place, std::move(links));
    TRY(read(blind.notes, [&](const std::string& path, const std::string& text) { notes.add(folder_of(path), text); }));
    if (blind.told.files.empty()) return notes;
    TRY(read(blind.told.files,
             [&](const std::string&, const std::string& text) { notes.add_told(text, blind.told.after); }));
    return notes;
  };
  reader.rules = [read, &blind]() -> Result<MakeRules> {
    MakeRules rules;
    std::vector<std::string> patterns = blind.rules;
    patterns.insert(patterns.end(), blind.commands.begin(), blind.commands.end());
    TRY(read(patterns, [&](const std::string& path, const std::string& text) {
      matches_any(blind.commands, path) ? rules.add_commands(text) : rules.add(text);
    }));
    return rules;
  };
  return reader;
}

}  // namespace larder::builds
