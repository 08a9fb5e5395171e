#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "builds/image/image_step.hpp"

namespace larder::builds {

/// A step that has been made for the image that `name` means.
struct MadeStep {
  std::string name;
  image::Stored stored;
  double seconds = 0;  ///< 0 where another process has made it
};

/// Makes steps of images side by side in one thread, each of them once. Its destructor ends the steps that are still
/// being made; they leave nothing.
class ImageSteps {
 public:
  ImageSteps(const store::Store& store, Progress& progress, Signals& signals);

  /// Whether a step can be added now: no more are made at once than the machine can, no step is made twice, and
  /// packages are installed for one image at a time, so that the next one finds in apt's cache what both need.
  bool has_room_for(const StepWork& work) const;
  bool is_making(const std::string& name) const { return making_.contains(name); }
  /// Begins to make a step for the image `name`, for which no other step is being made; waits where another process
  /// makes the same.
  void add(const std::string& name, StepWork work);

  /// Waits for something to happen, a tenth of a second at most, and gives the steps that have been made. An error
  /// where a step has failed, which progress has shown, or where the user has interrupted.
  Result<std::vector<MadeStep>> advance();

 private:
  struct Making {
    std::unique_ptr<ImageStep> step;
    engine::Process* process = nullptr;  ///< the supervisor's; nullptr: it waits for another process
    double start = 0;
    bool disk_full = false;
  };

  /// Starts the steps that no other process is making any more, and gives the steps that others have made.
  Result<std::vector<MadeStep>> start_waiting();
  Result<std::optional<image::Stored>> try_start(const std::string& name, Making& making);
  Result<image::Stored> finish(const Ended& ended);
  void tell_failure(const Ended& ended);
  void stop_where_disk_is_full();

  const store::Store& store_;
  Progress& progress_;
  std::map<std::string, Making> making_;
  Supervisor supervisor_;  ///< goes first: no process may outlive its step
};

}  // namespace larder::builds
