#include "share/workroom.hpp"

namespace larder::share {

Result<Workroom> Workroom::open(const store::Store& store, const std::string& holder) {
  TRY_ASSIGN(const FileLock lock, store.lock(LockMode::shared));
  TRY_ASSIGN(store::Transaction lease, store::Transaction::hold(store, {}, holder));
  TRY(store.os().mkdir(store.dir(), lease.root_dir(), 0700));
  return Workroom(std::move(lease));
}

}  // namespace larder::share
