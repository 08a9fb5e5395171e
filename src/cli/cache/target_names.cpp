#include "cli/cache/target_names.hpp"

#include <utility>

#include "base/text.hpp"
#include "config/tables.hpp"

namespace larder::cli {

Result<std::vector<std::string>> target_names(const config::TargetTable& table, const std::vector<std::string>& asked,
                                              const std::vector<std::string>& used) {
  std::vector<std::string> names;
  for (const std::string& word : asked) {
    const bool is_used = !word.empty() && contains(used, word);
    if (is_used) {
      names.push_back(word);
      continue;
    }
    TRY_ASSIGN(config::Target target, table.find(word));
    names.push_back(std::move(target.name));
  }
  return names;
}

Result<std::vector<std::string>> target_names(const std::vector<std::string>& asked,
                                              const std::vector<std::string>& used) {
  if (asked.empty()) return asked;
  TRY_ASSIGN(const config::TargetTable table, config::load_targets(config::user_config_dir()));
  return target_names(table, asked, used);
}

}  // namespace larder::cli
