#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/branch/ref.hpp"

namespace larder::cli {

/// What `larder cache clean` was asked to remove; one of the three.
struct CleanRequest {
  std::vector<std::string> volumes;
  std::vector<std::string> targets;
  bool all = false;  ///< all but images, which are no build's results
};

struct CleanCandidate {
  store::VolumeKey key;
  std::optional<store::Generation> generation;  ///< none: it is damaged and cannot be read
};

/// Every volume of the store, also those that cannot be read any more.
Result<std::vector<CleanCandidate>> read_candidates(const store::Store& store);

/// Those that are meant, without those that are empty already. An unknown volume or target is ErrorCode::usage with
/// the nearest name; `known_targets` are good even where no volume belongs to them.
Result<std::vector<CleanCandidate>> select_candidates(const std::vector<CleanCandidate>& candidates,
                                                      const CleanRequest& request,
                                                      const std::vector<std::string>& known_targets);

struct CleanOutcome {
  std::vector<store::VolumeKey> removed;
  uint64_t freed_bytes = 0;
};

/// A removal that can be told before it is done.
class Cleaning {
 public:
  static Result<Cleaning> prepare(const store::Store& store, const std::vector<CleanCandidate>& candidates,
                                  std::vector<CleanCandidate> selected);

  size_t count() const { return selected_.size(); }
  uint64_t about_bytes() const { return about_bytes_; }
  /// A line per volume: name, target, size on disk.
  Result<std::string> describe() const;
  /// All or, when one is in use, none.
  Result<CleanOutcome> run() const;

 private:
  Cleaning(const store::Store& store, std::vector<CleanCandidate> selected)
      : store_(&store), selected_(std::move(selected)) {}
  Result<bool> is_gone() const;

  const store::Store* store_;
  std::vector<CleanCandidate> selected_;
  std::vector<std::string> layers_;  ///< that nothing else needs
  uint64_t about_bytes_ = 0;
};

}  // namespace larder::cli
