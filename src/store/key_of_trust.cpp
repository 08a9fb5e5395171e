#include "store/key_of_trust.hpp"

namespace larder::store {

Result<VolumeKey> key_of_trust(std::string name, const std::string& variant, Trust trust) {
  return VolumeKey::make(std::move(name), trust == Trust::untrusted ? "untrusted-" + variant : variant, trust);
}

}  // namespace larder::store
