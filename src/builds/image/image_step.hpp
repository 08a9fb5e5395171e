#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/file_lock.hpp"
#include "builds/watch/supervisor.hpp"
#include "image/catalog.hpp"
#include "image/preparation.hpp"
#include "store/branch/transaction.hpp"

namespace larder::builds {

/// The free space below which a preparation is ended: a layer may say that it is small, and unpack to more than there
/// is.
inline constexpr uint64_t free_bytes_min = uint64_t{1} << 30;

/// A step of an image that is to be made.
struct StepWork {
  image::Reference reference;
  image::Step step;
  std::optional<image::Stored> parent;      ///< no value for a base
  std::optional<image::StepRecord> pinned;  ///< what it has to become; no value: the newest
  std::string machine;                      ///< Debian's name for this machine's architecture
  std::string sources = {};                 ///< of a base: where it is from, see image::base_sources
  bool renew = false;                       ///< also where the store has what this step has made before
  std::vector<std::string> kept = {};       ///< packages that steps below it were to install, which have to stay

  /// A word of 16 hexadecimal digits, equal for all works that make the same image.
  std::string hash() const;
};

/// The volume with what apt has fetched for images of this base, at image::apt_cache_folder.
Result<store::ForkRequest> apt_cache(const image::Reference& reference, store::Access access);

/// Makes one step of an image in a transaction: a sandbox runs the step's command over the parent's layers, and what it
/// leaves becomes the image's own layer. Where several processes want the same step, one makes it and the others take
/// what it has made. A step that fails or is killed leaves nothing. With `pinned` it is an error if something else
/// comes of it.
class ImageStep {
 public:
  ImageStep(const store::Store& store, StepWork work);

  const StepWork& work() const { return work_; }

  /// Takes the right to make the step; false where another process has it, which `maker` then names.
  Result<bool> acquire();
  Result<std::string> maker() const;
  /// What another process has made of this step before this one had the right; no value where none has.
  Result<std::optional<image::Stored>> already_made() const;

  Result<std::unique_ptr<engine::Process>> start();
  /// What the user has to know of the step that was started; may be empty.
  const std::string& note() const { return note_; }
  /// Starts a question in place of the step, of which nothing is kept.
  Result<std::unique_ptr<engine::Process>> ask(const image::Preparation& question);
  /// The log file that takes the output of the process `start` gives.
  Result<Log> open_log() const;
  /// Keeps what the sandbox has left as an image. `disk_full`: the sandbox was ended because less than `free_bytes_min`
  /// were free.
  Result<image::Stored> finish(const Ended& ended, bool disk_full);

 private:
  Result<store::VolumeKey> working_key() const;
  std::string holder() const;
  std::string log_path() const;
  store::VolumeSpec spec_with(const store::VolumeKey& key, const std::string& digest) const;
  const store::Fork& image_fork() const { return transaction_->forks().front(); }
  std::string upper() const { return image_fork().dir + "/upper"; }
  Status begin(const image::Preparation& preparation);
  engine::Spec make_spec(const image::Preparation& preparation) const;
  Error refused(const Ended& ended, bool disk_full) const;
  Status take_layers();
  Result<std::string> take_file(const std::string& name);
  std::string own_loader();
  Result<image::StepRecord> make_record();
  Status take_toolchain(image::StepRecord& record);
  Status take_zig(image::StepRecord& record);
  Result<std::vector<std::string>> added_packages();
  Status check_pinned(const image::StepRecord& record) const;
  Result<image::Stored> keep(const image::StepRecord& record, double seconds);

  const store::Store& store_;
  StepWork work_;
  std::string note_;
  std::string hint_;  ///< what helps where it fails; empty: what its output tells
  std::optional<FileLock> writer_;
  std::optional<store::Transaction> transaction_;  ///< its first fork is the image, the second apt's cache
};

}  // namespace larder::builds
