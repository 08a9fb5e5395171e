#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/branch/ref.hpp"

namespace larder::store {

/// What belongs to one project: the compiled volumes of its folder, and other volumes that have its name in theirs.
struct OfProject {
  std::string name;       ///< as in VolumeSpec::project
  std::string workspace;  ///< as in VolumeSpec::workspace
};

/// A request names the volumes that a user wants made empty: by their names, by their targets, by their project, or
/// all. One of the four is given.
struct CleanRequest {
  std::vector<std::string> volumes;
  std::vector<std::string> targets;
  bool all = false;  ///< all but images, which are no build's results
  std::optional<OfProject> project = {};
};

/// A volume that may be cleaned.
struct CleanCandidate {
  VolumeKey key;
  std::optional<Generation> generation;  ///< none: it is damaged and cannot be read

  std::string target() const { return generation ? generation->spec.target : ""; }
};

/// Every volume of the store, also those that cannot be read any more.
Result<std::vector<CleanCandidate>> read_candidates(const Store& store);

/// The candidates that the request means, without those that are empty already. Names that no candidate has select
/// nothing.
std::vector<CleanCandidate> select_candidates(const std::vector<CleanCandidate>& candidates,
                                              const CleanRequest& request);

/// What a cleaning has removed.
struct CleanOutcome {
  std::vector<VolumeKey> removed;
  uint64_t freed_bytes = 0;
};

/// A removal of volumes that can be described before it is done.
class Cleaning {
 public:
  /// `candidates` are all volumes of the store: what those that are not `selected` need does not go.
  static Result<Cleaning> prepare(const Store& store, const std::vector<CleanCandidate>& candidates,
                                  std::vector<CleanCandidate> selected);

  /// The number of volumes that go.
  size_t count() const { return selected_.size(); }
  /// The volumes that go.
  const std::vector<CleanCandidate>& selected() const { return selected_; }
  /// The bytes of disk that come back, as far as is known before.
  uint64_t about_bytes() const { return about_bytes_; }
  /// Cleans all volumes or, when one is in use, none (ErrorCode::environment), and collects.
  Result<CleanOutcome> run() const;

 private:
  Cleaning(const Store& store, std::vector<CleanCandidate> selected) : store_(&store), selected_(std::move(selected)) {}
  Result<bool> is_gone() const;

  const Store* store_;
  std::vector<CleanCandidate> selected_;
  std::vector<std::string> layers_;  ///< that nothing else needs
  uint64_t about_bytes_ = 0;
};

/// The bytes of disk that the candidate's layers take, shared or not.
Result<uint64_t> disk_bytes_of(const Store& store, const CleanCandidate& candidate);

}  // namespace larder::store
