#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/toml_reader.hpp"
#include "image/step_record.hpp"

namespace larder::image {

/// What a lock may hold: a large image has thousands of packages.
inline constexpr config::TomlLimits lock_limits = {size_t{4} << 20, 20000};

/// The text of a larder.lock as data.
struct LockText {
  std::vector<StepRecord> records;
  std::set<std::string>
      relative;  ///< bases whose OCI folder the project names relative to its own, as records have them
};

/// The text of a lock. Its entries stand in blocks, sorted and kept apart by numbered lines, so that git merges what
/// different branches have added. `folder` is what OCI folders are relative to.
std::string format_lock(const LockText& lock, const std::string& folder);

/// Reads the text of a lock; `file` is how errors call it. Each entry must be what its digest says. An error names the
/// place, says whether the text is empty, cut off or an unfinished merge, and what to do.
Result<LockText> parse_lock(const std::string& text, const std::string& file, const std::string& folder);

/// The entries of a broken text that are whole by themselves, of a merge those of both sides; no value where a newer
/// Larder has written it.
std::optional<LockText> salvage_lock(const std::string& text, const std::string& file, const std::string& folder);

}  // namespace larder::image
