#include "cli/cache/layers.hpp"

#include <map>
#include <utility>

namespace larder::cli {
namespace {

class Walk {
 public:
  explicit Walk(Os& os) : os_(os) {}

  Status add(int dir, const std::string& name) {
    TRY_ASSIGN(const auto status, os_.stat(dir, name));
    if (!status) return {};  // deleted meanwhile
    const auto bytes = static_cast<uint64_t>(status->st_blocks) * 512;
    if (!S_ISDIR(status->st_mode)) {
      File& file = files_[{status->st_dev, status->st_ino}];
      file.bytes = bytes;
      file.links = status->st_nlink;
      ++file.seen;
      return {};
    }
    dir_bytes_ += bytes;
    if ((status->st_mode & S_IRWXU) != S_IRWXU) return {};  // as `store::measure_usage` does
    TRY_ASSIGN(const auto entries, os_.list(dir, name));
    TRY_ASSIGN(const UniqueFd fd, os_.open_dir(dir, name));
    for (const DirEntry& entry : entries) TRY(add(fd.get(), entry.name));
    return {};
  }

  LayerSize size() const {
    LayerSize size{dir_bytes_, dir_bytes_};
    for (const auto& [inode, file] : files_) {
      size.disk_bytes += file.bytes;
      if (file.seen >= file.links) size.own_bytes += file.bytes;
    }
    return size;
  }

 private:
  struct File {
    uint64_t bytes = 0;
    uint64_t links = 0;
    uint64_t seen = 0;
  };

  Os& os_;
  std::map<std::pair<dev_t, ino_t>, File> files_;
  uint64_t dir_bytes_ = 0;
};

}  // namespace

Result<LayerSize> measure_layers(const store::Store& store, const std::set<std::string>& layers) {
  Walk walk(store.os());
  for (const std::string& layer : layers) TRY(walk.add(store.dir(), "layers/" + layer));
  return walk.size();
}

}  // namespace larder::cli
