#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "builds/image/image_steps.hpp"
#include "builds/image/provide.hpp"
#include "image/catalog.hpp"
#include "image/chain.hpp"
#include "image/lock.hpp"
#include "store/store.hpp"

namespace larder::builds {

/// What finding an image may do, as the command line says it.
struct ProvideOptions {
  bool locked = false;     ///< what larder.lock does not pin is an error
  bool offline = false;    ///< what has to be prepared is an error
  bool look_only = false;  ///< nothing is prepared or written; what is not there has no digest
  bool repair = false;     ///< of a broken larder.lock what is whole is taken, and the file is written again
};

/// The images of the store. Those that are not there are prepared side by side, each step once, in a sandbox, as a
/// transaction. A project's larder.lock says which versions are taken, and gets a line for each step that it does not
/// name.
class StoreImages final : public Images {
 public:
  using MakeProgress = std::function<std::unique_ptr<Progress>()>;

  StoreImages(const store::Store& store, ProvideOptions options, MakeProgress make_progress)
      : store_(store), options_(options), make_progress_(std::move(make_progress)) {}

  Result<std::vector<image::Image>> provide(const std::vector<WantedImage>& wanted, const std::string& machine,
                                            const std::string& folder) override;
  Result<std::string> hand_over(const engine::Client& client, const image::Image& image, const std::string& name,
                                const std::string& processor) override;
  bool looks_only() const override { return options_.look_only; }
  void need(const NeededChains& find_chains) override { find_needed_ = find_chains; }

  /// Prepares all steps anew from the newest that there is, whatever the lock says, and pins what comes of it.
  Result<std::vector<image::Image>> renew(const std::vector<WantedImage>& wanted, const std::string& machine,
                                          const std::string& folder);
  /// Writes the lock that `renew` has moved.
  Status save(const std::string& folder, const std::string& machine);
  /// How many entries of a broken larder.lock were taken; no value where it was sound.
  std::optional<size_t> salvaged_entries() const { return salvaged_entries_; }

 private:
  /// How much of an image's chain is there.
  struct ChainProgress {
    const WantedImage* wanted;
    std::vector<image::Step> steps;  ///< the chain's, as the lock shapes them
    size_t steps_done = 0;
    std::optional<image::Stored> last;
    double seconds = 0;  ///< that this process has worked for it

    const image::Step* next() const;
    std::string digest() const { return last ? last->record.digest : ""; }
  };

  /// Which versions are taken: those that the lock pins, or, with `renew`, the newest.
  struct PinRules {
    const std::string& machine;
    image::Lock& lock;
    bool renew;
  };

  static std::vector<image::Image> to_images(const std::vector<ChainProgress>& chains);
  static std::vector<ChainProgress*> longest_first(std::vector<ChainProgress>& chains);
  Status follow(std::vector<ChainProgress>& chains, PinRules rules);
  Status make_missing(std::vector<ChainProgress>& chains, PinRules rules, Progress& progress);
  Status advance(ChainProgress& chain, PinRules rules);
  void take(ChainProgress& chain, PinRules rules, image::Stored stored);
  StepWork next_work(const ChainProgress& chain, PinRules rules) const;
  Result<ChainProgress> begin(const WantedImage& wanted, const std::string& machine, const image::Lock& lock) const;
  std::string sources_of(const ChainProgress& chain, const image::StepRecord* pinned) const;
  Result<std::optional<image::Stored>> find(const ChainProgress& chain, PinRules rules) const;
  Status check_pinned(const ChainProgress& chain, PinRules rules) const;
  Status check_network(const std::vector<ChainProgress>& chains) const;
  static std::string missing_steps(const std::vector<ChainProgress>& chains);
  Result<image::Lock*> lock_of(const std::string& folder);

  const store::Store& store_;
  ProvideOptions options_;
  MakeProgress make_progress_;
  std::map<std::string, image::Lock> locks_;  ///< by the project's folder
  image::Lock renewed_;                       ///< each step once, however many targets share it
  NeededChains find_needed_;
  std::optional<size_t> salvaged_entries_;
};

}  // namespace larder::builds
