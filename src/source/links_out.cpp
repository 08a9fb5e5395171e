#include "source/links_out.hpp"

#include <fcntl.h>

#include <algorithm>
#include <filesystem>

namespace larder::source {
namespace {

namespace fs = std::filesystem;

bool is_at_or_below(const std::string& path, const std::string& folder) {
  return path == folder || path.starts_with(folder + "/");
}

}  // namespace

std::vector<LinkOut> links_out_of(Os& os, const Walk& walk, const std::vector<std::string>& shown) {
  std::vector<LinkOut> found;
  for (const Seen& seen : walk.seen) {
    if (seen.entry.kind != Kind::link || is_gits_own(seen.entry.path)) continue;
    const fs::path text = seen.link;
    const fs::path beside = fs::path(walk.folder) / fs::path(seen.entry.path).parent_path();
    const std::string target = (beside / text).lexically_normal().string();
    if (text.is_relative() && is_at_or_below(target, walk.folder)) continue;
    const bool is_shown = std::any_of(shown.begin(), shown.end(),
                                      [&](const std::string& folder) { return is_at_or_below(target, folder); });
    if (is_shown) continue;
    const auto status = os.stat(AT_FDCWD, target);
    if (status && *status) found.push_back({seen.entry.path, target});
  }
  return found;
}

}  // namespace larder::source
