#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/os.hpp"

namespace larder::config {

/// What the user has said for one project to the lines by which it asks for more than builds get by themselves.
struct TrustRecord {
  std::string folder;                     ///< the project's, absolute
  std::vector<std::string> lines;         ///< agreed to, as the user has read them
  std::vector<std::string> refused = {};  ///< what was asked for together when the last answer was a no
};

/// The folder of the records: `trusted` in user_config_dir(); empty where there is none.
std::string trust_folder();

/// The record of the folder (absolute); no value where there is none.
Result<std::optional<TrustRecord>> find_trust(Os& os, const std::string& folder);

/// All records, by their folders.
Result<std::vector<TrustRecord>> list_trust(Os& os);

/// Writes the record in place of the folder's old one, for the user alone to read (mode 0600).
Status save_trust(Os& os, const TrustRecord& record);

/// Removes the record of the folder (absolute); false where there was none.
Result<bool> drop_trust(Os& os, const std::string& folder);

}  // namespace larder::config
