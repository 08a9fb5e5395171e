#include "share/local_contents.hpp"

#include <fcntl.h>

#include "store/layer/diff.hpp"

namespace larder::share {

Status LocalContents::add(const store::Store& store, const std::vector<std::string>& layers) {
  store::ContentReader reader(store);
  TRY_ASSIGN(const store::Content content, reader.content(layers));
  TRY_ASSIGN(auto tree, store::MergedTree::open(store, store::layer_roots(layers)));
  trees_.push_back(std::move(tree));
  for (const auto& [path, entry] : content)
    if (entry->type == 'f' && entry->size_bytes > 0)
      places_.emplace(entry->content, Place{trees_.size() - 1, std::string(path), entry->size_bytes});
  return {};
}

bool LocalContents::has(const Content& content) const {
  const auto found = places_.find(content.digest);
  return found != places_.end() && found->second.bytes == content.bytes;
}

Result<UniqueFd> LocalContents::open(Os& os, const Content& content) const {
  const Place& place = places_.at(content.digest);
  TRY_ASSIGN(const auto found, trees_[place.tree].find(place.path));
  if (!found) return fail(ErrorCode::damage, "a layer is not what its manifest says", place.path);
  return os.open(found->dir.get(), found->name, O_RDONLY | O_NOFOLLOW);
}

}  // namespace larder::share
