#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "build/plan.hpp"
#include "build/progress.hpp"
#include "image/catalog.hpp"
#include "image/chain.hpp"
#include "image/lock.hpp"
#include "store/store.hpp"

namespace larder::build {

struct ImageOptions {
  bool locked = false;     ///< what larder.lock does not pin is an error
  bool offline = false;    ///< what has to be prepared is an error
  bool look_only = false;  ///< nothing is prepared or written; what is not there has no digest
};

/// Finds images in the store, and prepares them there: each step once, in a sandbox, as a transaction. A project's
/// larder.lock says which versions, and is told of those it does not name.
class StoreImages final : public Images {
 public:
  using MakeProgress = std::function<std::unique_ptr<Progress>()>;

  StoreImages(const store::Store& store, ImageOptions options, MakeProgress make_progress)
      : store_(store), options_(options), make_progress_(std::move(make_progress)) {}

  Result<image::Image> provide(const image::Chain& chain, const std::string& machine,
                               const std::string& folder) override;

  /// Prepares all steps anew from the newest that there is, whatever the lock says, and pins what comes of it.
  Result<image::Image> renew(const image::Chain& chain, const std::string& machine, const std::string& folder);
  /// Writes the lock that `renew` has moved; `forget_others`: without what no image renewed here is made of.
  Status save(const std::string& folder, bool forget_others);

 private:
  Result<image::Image> follow(const image::Chain& chain, const std::string& machine, image::Lock& lock, bool renew);
  Result<std::optional<image::Stored>> pinned_whole(const image::Chain& chain, const std::string& machine,
                                                    const image::Lock& lock) const;
  Result<std::optional<image::Stored>> find(const image::Chain& chain, const image::Step& step,
                                            const image::Stored* parent, const std::string& machine,
                                            const image::Record* pinned) const;
  Status may_prepare(const image::Chain& chain, const image::Step& step, const image::Record* pinned) const;
  Result<image::Lock*> lock_of(const std::string& folder);

  const store::Store& store_;
  ImageOptions options_;
  MakeProgress make_progress_;
  std::map<std::string, image::Lock> locks_;  ///< by the project's folder
  image::Lock renewed_;                       ///< each step once, however many targets share it
};

}  // namespace larder::build
