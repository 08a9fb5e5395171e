#include "builds/output/brought_back.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/glob.hpp"
#include "base/hash_file.hpp"
#include "source/bring_back.hpp"
#include "store/layer/merged_tree.hpp"

namespace larder::builds {
namespace {

/// The same path in several targets' volumes.
struct Written {
  std::vector<const SourceWrites*> by;
  std::string content;  ///< SHA-256
  bool differs = false;
};

Result<std::string> content_of(Os& os, const store::MergedTree& tree, const std::string& path) {
  TRY_ASSIGN(const auto found, tree.find(path));
  if (!found || !S_ISREG(found->status.st_mode)) return std::string();
  TRY_ASSIGN(const UniqueFd file, os.open(found->dir.get(), found->name, O_RDONLY | O_NOFOLLOW));
  std::vector<char> buffer(hash_buffer_bytes);
  return hash_file(os, file.get(), buffer);
}

std::string stays_note(const std::vector<std::string>& stays) {
  const std::string others = stays.size() > 1 ? fmt::format(" and {} more", stays.size() - 1) : "";
  return fmt::format(
      "what the build has written into the source tree stays in its volume: {}{}; `[workspace] bring_back = [\"{}\"]` "
      "in larder.toml brings it to the project",
      stays.front(), others, stays.front());
}

}  // namespace

Result<std::vector<std::string>> bring_back_writes(const Plan& plan, const store::Store& store,
                                                   const source::Walk& walk, const std::vector<SourceWrites>& writes) {
  std::map<std::string, Written> all;
  std::vector<std::string> stays;
  for (const SourceWrites& one : writes) {
    TRY_ASSIGN(const auto tree, store::MergedTree::open(store, store::layer_roots(one.layers)));
    for (const std::string& path : one.paths) {
      if (!matches_any(plan.project.bring_back, path)) {
        if (!source::is_protected(path) && std::find(stays.begin(), stays.end(), path) == stays.end())
          stays.push_back(path);
        continue;
      }
      TRY_ASSIGN(const std::string content, content_of(store.os(), tree, path));
      if (content.empty()) continue;
      Written& written = all[path];
      written.differs = written.differs || (!written.by.empty() && written.content != content);
      written.content = content;
      written.by.push_back(&one);
    }
  }
  std::vector<std::string> notes;
  for (const auto& [path, written] : all) {
    if (written.differs) {
      notes.push_back(path + " is not brought to the project: the targets have written different ones");
      continue;
    }
    TRY_ASSIGN(const auto tree, store::MergedTree::open(store, store::layer_roots(written.by.front()->layers)));
    TRY_ASSIGN(const auto done, source::bring_back(store.os(), tree, walk, path));
    if (done != source::BroughtBack::written && done != source::BroughtBack::same)
      notes.push_back(path + " is not brought to the project: " + source::to_string(done));
  }
  if (!stays.empty()) notes.push_back(stays_note(stays));
  return notes;
}

}  // namespace larder::builds
