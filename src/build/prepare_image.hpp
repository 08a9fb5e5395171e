#pragma once

#include <string>

#include "build/progress.hpp"
#include "image/catalog.hpp"
#include "image/preparation.hpp"
#include "store/store.hpp"

namespace larder::build {

/// What progress calls the preparation of images.
inline constexpr const char* image_progress_name = "image";

/// One step of an image that is to be made.
struct StepWork {
  const image::Reference& reference;
  const image::Step& step;
  const image::Stored* parent;  ///< nullptr for a base
  const image::Record* pinned;  ///< what it has to become; nullptr: the newest
  std::string machine;          ///< Debian's name for this machine's architecture
  bool renew = false;           ///< also where the store has what this step has made before
};

/// Makes the step in a transaction: a sandbox runs its command over the parent's layers, and what it leaves becomes the
/// image's own layer. A second process that wants the same waits for the first, and takes what it has made. A killed or
/// failed one leaves nothing. With `pinned` it is an error if something else comes of it.
Result<image::Stored> prepare_step(const store::Store& store, Progress& progress, const StepWork& work);

}  // namespace larder::build
