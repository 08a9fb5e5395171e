#include "store/care/verify.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "base/hash_file.hpp"
#include "base/parallel.hpp"
#include "store/branch/transaction.hpp"
#include "store/care/layer_check.hpp"
#include "store/care/lineage.hpp"
#include "store/space/room.hpp"

namespace larder::store {
namespace {

/// The lineages of all volumes and the layers they need, as they were when nothing could move.
struct Stock {
  std::vector<Lineage> all;       ///< of every volume
  std::vector<Lineage> selected;  ///< of the volumes that the request names
  std::vector<std::string> layers;
  std::set<std::string> durable;  ///< layers of settled generations: they have manifests
};

bool is_selected(const VerifyRequest& request, const VolumeKey& key) {
  return request.volumes.empty() ||
         std::find(request.volumes.begin(), request.volumes.end(), key) != request.volumes.end();
}

Result<Stock> take_stock(const Store& store, const VerifyRequest& request) {
  Stock stock;
  std::set<std::string> layers;
  TRY_ASSIGN(const auto keys, list_volumes(store));
  for (const VolumeKey& key : keys) {
    TRY_ASSIGN(Lineage lineage, read_lineage(store, key));
    if (is_selected(request, key)) {
      for (const Generation& generation : lineage.kept) {
        layers.insert(generation.layers.begin(), generation.layers.end());
        if (generation.id == lineage.settled) stock.durable.insert(generation.layers.begin(), generation.layers.end());
      }
      stock.selected.push_back(lineage);
    }
    stock.all.push_back(std::move(lineage));
  }
  stock.layers.assign(layers.begin(), layers.end());
  return stock;
}

class Verifier {
 public:
  Verifier(const Store& store, const VerifyRequest& request)
      : store_(store), request_(request), workers_(std::max(1U, request.workers)) {}

  Result<Verification> run() {
    TRY_ASSIGN(const Transaction lease, with_room(store_, [this] { return hold_layers(); }));
    TRY(check_layers());
    TRY(read_files());
    for (const Lineage& lineage : stock_.selected) count(lineage);
    std::sort(result_.damage.begin(), result_.damage.end());
    find_affected();
    return std::move(result_);
  }

 private:
  struct Name {
    const std::string* layer;
    std::string path;
    std::string sha256;
  };

  struct File {
    uint64_t size_bytes = 0;
    std::vector<Name> names;
  };

  Result<Transaction> hold_layers() {
    TRY_ASSIGN(const FileLock lock, store_.lock(LockMode::shared));
    TRY_ASSIGN(stock_, take_stock(store_, request_));
    return Transaction::hold(store_, stock_.layers, request_.holder);
  }

  Status check_layers() {
    return in_parallel(stock_.layers.size(), workers_, [&](unsigned, size_t index) -> Status {
      TRY_ASSIGN(LayerCheck check, check_layer(store_, stock_.layers[index]));
      const std::lock_guard guard(mutex_);
      take(stock_.layers[index], std::move(check));
      return {};
    });
  }

  void take(const std::string& layer, LayerCheck check) {
    if (!check.settled && stock_.durable.count(layer) > 0)
      result_.damage.push_back({layer, "", Harm::torn});
    else
      ++(check.settled ? result_.layers : result_.unsettled);
    result_.damage.insert(result_.damage.end(), check.damage.begin(), check.damage.end());
    for (UnreadFile& unread : check.files) {
      File& file = files_[{unread.device, unread.inode}];
      file.size_bytes = unread.size_bytes;
      file.names.push_back({&layer, std::move(unread.path), std::move(unread.sha256)});
    }
  }

  Status read_files() {
    std::vector<const File*> queue;  // in the order of inodes, which a disk with heads likes
    for (const auto& [inode, file] : files_) {
      queue.push_back(&file);
      result_.bytes += file.size_bytes;
    }
    result_.files = queue.size();
    std::vector<std::vector<char>> buffers(workers_, std::vector<char>(hash_buffer_bytes));
    return in_parallel(queue.size(), workers_,
                       [&](unsigned worker, size_t index) { return read_file(*queue[index], buffers[worker]); });
  }

  Status read_file(const File& file, std::vector<char>& buffer) {
    const Name& first = file.names.front();
    TRY_ASSIGN(const auto hash,
               hash_layer_file(store_, *first.layer, first.path, buffer, [&](size_t bytes) { advance(bytes); }));
    const std::lock_guard guard(mutex_);
    for (const Name& name : file.names)
      if (hash != name.sha256)
        result_.damage.push_back({*name.layer, name.path, hash ? Harm::content : Harm::unreadable});
    return {};
  }

  void advance(size_t bytes) {
    const std::lock_guard guard(mutex_);
    done_bytes_ += bytes;
    if (request_.progress) request_.progress(done_bytes_, result_.bytes);
  }

  void count(const Lineage& lineage) {
    ++result_.volumes;
    result_.generations += lineage.kept.size();
    for (const std::string& path : lineage.damaged) result_.damage.push_back({"", path, Harm::torn});
  }

  void find_affected() {
    std::set<std::string> layers;
    for (const Damage& damage : result_.damage) layers.insert(damage.layer);
    for (const Lineage& lineage : stock_.all) {
      Affected affected{lineage.key, {}};
      for (const Generation& generation : lineage.kept)
        if (std::any_of(generation.layers.begin(), generation.layers.end(),
                        [&](const std::string& layer) { return layers.count(layer) > 0; }))
          affected.generations.push_back(generation.id);
      const bool torn = !lineage.damaged.empty() && is_selected(request_, lineage.key);
      if (torn || !affected.generations.empty()) result_.affected.push_back(std::move(affected));
    }
  }

  const Store& store_;
  const VerifyRequest& request_;
  const unsigned workers_;
  Stock stock_;
  Verification result_;
  std::map<std::pair<dev_t, ino_t>, File> files_;
  std::mutex mutex_;  ///< of what the workers find and tell
  uint64_t done_bytes_ = 0;
};

}  // namespace

Result<Verification> verify(const Store& store, const VerifyRequest& request) { return Verifier(store, request).run(); }

}  // namespace larder::store
