#pragma once

namespace larder::cli {

/// What `larder --version` prints: "larder 0.1.0 (1a5c0b9c3d2e 2026-11-26)". Commit and day are the source's, so the
/// same source gives the same program; `+changes` after the commit stands for changes that were not committed. What is
/// not known is left out. version.cmake writes the definition.
const char* version_text();

}  // namespace larder::cli
