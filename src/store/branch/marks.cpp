#include "store/branch/marks.hpp"

namespace larder::store {

Marks marks_of(const Generation& generation) {
  if (generation.spec.volume_class != VolumeClass::compiled || generation.source.record.empty()) return {};
  Marks marks{true, !generation.source.hides};
  if (generation.source.hides) marks.deletions = {generation.source.hides->begin(), generation.source.hides->end()};
  return marks;
}

}  // namespace larder::store
