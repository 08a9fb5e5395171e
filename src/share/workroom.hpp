#pragma once

#include <string>

#include "store/branch/transaction.hpp"

namespace larder::share {

/// A folder in the store for what is on its way from or to elsewhere. It goes with its owner, also when that is killed:
/// then the next upkeep removes it.
class Workroom {
 public:
  /// `holder` tells others who this is.
  static Result<Workroom> open(const store::Store& store, const std::string& holder);

  /// The folder, relative to the store.
  std::string path() const { return lease_.root_dir(); }

 private:
  explicit Workroom(store::Transaction lease) : lease_(std::move(lease)) {}

  store::Transaction lease_;
};

}  // namespace larder::share
