#include "builds/watch/progress.hpp"

namespace larder::builds {

const char* to_string(ArtifactKind kind) {
  switch (kind) {
    case ArtifactKind::program:
      return "program";
    case ArtifactKind::shared_library:
      return "shared_library";
    case ArtifactKind::static_library:
      return "static_library";
    case ArtifactKind::debug_info:
      return "debug_info";
    case ArtifactKind::link:
      return "link";
    case ArtifactKind::file:
      return "file";
  }
  return "";
}

}  // namespace larder::builds
