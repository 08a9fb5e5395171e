#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "builds/image/image_steps.hpp"
#include "builds/plan/plan.hpp"
#include "image/catalog.hpp"
#include "image/chain.hpp"
#include "image/lock.hpp"
#include "store/store.hpp"

namespace larder::builds {

struct ImageOptions {
  bool locked = false;     ///< what larder.lock does not pin is an error
  bool offline = false;    ///< what has to be prepared is an error
  bool look_only = false;  ///< nothing is prepared or written; what is not there has no digest
};

/// Finds images in the store, and prepares them there side by side: each step once, in a sandbox, as a transaction. A
/// project's larder.lock says which versions, and is told of those it does not name.
class StoreImages final : public Images {
 public:
  using MakeProgress = std::function<std::unique_ptr<Progress>()>;

  StoreImages(const store::Store& store, ImageOptions options, MakeProgress make_progress)
      : store_(store), options_(options), make_progress_(std::move(make_progress)) {}

  Result<std::vector<image::Image>> provide(const std::vector<WantedImage>& wanted, const std::string& machine,
                                            const std::string& folder) override;

  /// Prepares all steps anew from the newest that there is, whatever the lock says, and pins what comes of it.
  Result<std::vector<image::Image>> renew(const std::vector<WantedImage>& wanted, const std::string& machine,
                                          const std::string& folder);
  /// Writes the lock that `renew` has moved; `forget_others`: without what no image renewed here is made of.
  Status save(const std::string& folder, bool forget_others);

 private:
  /// An image on its way: what the store has of its chain.
  struct Way {
    const WantedImage* wanted;
    size_t steps_done = 0;
    std::optional<image::Stored> last;
    double seconds = 0;  ///< that this process has worked for it

    const image::Step* next() const;
    std::string digest() const { return last ? last->record.digest : ""; }
  };

  struct Guide {
    const std::string& machine;
    image::Lock& lock;
    bool renew;
  };

  static std::vector<image::Image> to_images(const std::vector<Way>& ways);
  static std::vector<Way*> longest_first(std::vector<Way>& ways);
  Status follow(std::vector<Way>& ways, Guide guide);
  Status make_missing(std::vector<Way>& ways, Guide guide, Progress& progress);
  Status advance(Way& way, Guide guide);
  void take(Way& way, Guide guide, image::Stored stored);
  StepWork next_work(const Way& way, Guide guide) const;
  Result<std::optional<image::Stored>> pinned_whole(const image::Chain& chain, const std::string& machine,
                                                    const image::Lock& lock) const;
  Result<std::optional<image::Stored>> find(const Way& way, Guide guide) const;
  Status check_pinned(const Way& way, Guide guide) const;
  Status check_network(const Way& way) const;
  Result<image::Lock*> lock_of(const std::string& folder);

  const store::Store& store_;
  ImageOptions options_;
  MakeProgress make_progress_;
  std::map<std::string, image::Lock> locks_;  ///< by the project's folder
  image::Lock renewed_;                       ///< each step once, however many targets share it
};

}  // namespace larder::builds
