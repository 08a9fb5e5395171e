#pragma once

#include <string>
#include <vector>

#include "image/step_record.hpp"

namespace larder::image {

/// A project's larder.lock: the digests and exact package versions of the images that it builds on. People keep it in
/// version control; only `larder image update` moves what it pins.
class Lock {
 public:
  /// Reads FOLDER/larder.lock; where there is none, the lock is empty. An error names a mistake's place as
  /// `file:line:column`.
  static Result<Lock> load(const std::string& folder);
  static Result<Lock> parse(const std::string& text, const std::string& file);

  /// The record to which the step on this parent is pinned; nullptr where it is not pinned.
  const StepRecord* find(const std::string& from, const Step& step, const std::string& machine) const;
  /// Adds the record, in place of one for the same step.
  void put(const StepRecord& record);

  const std::vector<StepRecord>& records() const { return records_; }
  bool changed() const { return changed_; }
  std::string text() const;
  /// Writes FOLDER/larder.lock in place of the one that is there.
  Status save(const std::string& folder) const;

 private:
  std::string folder_;  ///< the project's: an OCI folder in it is written relative to it
  std::vector<StepRecord> records_;
  bool changed_ = false;
};

}  // namespace larder::image
