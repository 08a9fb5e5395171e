#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/os.hpp"
#include "image/chain.hpp"
#include "image/lock_text.hpp"

namespace larder::image {

/// A chain as a lock has it.
struct PinnedChain {
  std::vector<Step> steps;  ///< the chain's, as the lock shapes them
  std::vector<StepRecord>
      records;  ///< of the first steps, as far as each is pinned on the one before; with their texts

  bool is_whole() const { return records.size() == steps.size(); }
};

/// A project's larder.lock: the digests and exact package versions of the images that it builds on. People keep it in
/// version control; only `larder image update` moves what it pins.
class Lock {
 public:
  /// Reads FOLDER/larder.lock; where there is none, the lock is empty. An error names a mistake's place as
  /// `file:line:column`. A link is followed; what is no file, and a link to a file that is not there and has another
  /// name, is ErrorCode::usage.
  static Result<Lock> load(const std::string& folder);
  static Result<Lock> parse(const std::string& text, const std::string& file);
  /// Reads of a broken FOLDER/larder.lock each entry that is whole; `salvaged` is then true, and the lock is to be
  /// saved. Errors are those of a file that cannot be read at all, or is a newer Larder's.
  static Result<Lock> load_whole_entries(const std::string& folder);

  /// The record to which the step on this parent is pinned; nullptr where it is not pinned.
  const StepRecord* find(const std::string& from, const Step& step, const std::string& machine) const;
  /// Puts steps[at] and those behind it, on this parent, as the lock has pinned them before: of packages what is pinned
  /// is one step and what was added since is another; commands that an older Larder has run in one step stay one.
  void shape(std::vector<Step>& steps, size_t at, const std::string& from, const std::string& machine) const;
  PinnedChain pinned(const Chain& chain, const std::string& machine) const;

  /// Adds the record, in place of one for the same step.
  void put(const StepRecord& record);
  /// Takes away what none of the chains needs. What is pinned for other machines stays, and so does all where another
  /// project may have the file, too, since this one's is a link out of its folder.
  void keep_only(const std::vector<Chain>& chains, const std::string& machine);
  /// Writes the base's OCI folder as the project names it.
  void name_base(const Reference& reference);

  const std::vector<StepRecord>& records() const { return content_.records; }
  bool changed() const { return changed_; }
  bool salvaged() const { return salvaged_; }
  std::string text() const { return format_lock(content_, folder_); }
  /// Writes FOLDER/larder.lock in place of the one that is there, through a link. What another process has added to it
  /// since it was read stays; what one has left that was killed while it wrote goes.
  Status save(Os& os, const std::string& folder);

 private:
  Status take_added(const std::string& folder);

  std::string folder_;  ///< the project's: an OCI folder is written relative to it
  LockText content_;
  std::set<std::string> loaded_;  ///< digests that the file had when it was read
  bool is_shared_ = false;        ///< a link leads to it from another folder
  bool changed_ = false;
  bool salvaged_ = false;
};

}  // namespace larder::image
