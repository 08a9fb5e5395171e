#pragma once

#include <string>
#include <vector>

#include "engine/container/image.hpp"
#include "store/store.hpp"

namespace larder::engine {

/// An image of the store's that a container engine is to have.
struct HandedImage {
  std::string digest;               ///< "sha256:…": names it in the engine
  std::vector<std::string> layers;  ///< of the store, lowest first; the caller holds them
  std::string root;                 ///< the folder of a layer's tree that is the root filesystem
  std::string architecture;         ///< as Go says it: "amd64"
};

/// What the engine calls the image: "localhost/larder:0123456789abcdef".
std::string handed_name(const std::string& digest);

/// The image where the engine has it already.
Result<std::optional<ImageFacts>> find_handed(const Client& client, const std::string& store_path,
                                              const std::string& digest);

/// Gives the engine the image, by its `load`; layers that it has already take no room a second time. Where it has got
/// the image meanwhile, nothing is done. The process ignores SIGPIPE: the engine may end before it has read all.
Result<ImageFacts> hand_over(const Client& client, const store::Store& store, const HandedImage& image);

/// Removes the image from the engine that this store has given it; false where it has not, or the engine does not have
/// it any more, or still uses it.
bool remove_handed(const Client& client, const store::Store& store, const std::string& digest);

}  // namespace larder::engine
