#include "cli/cache/log_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "cli/cache/text.hpp"
#include "cli/view/view_text.hpp"

namespace larder::cli {
namespace {

using nlohmann::json;
using store::Generation;

constexpr size_t folders_max = 3;

/// "larder build x64 in /src/app, process 4711" without what is the same in every line of a log.
std::string short_build(const std::string& build) {
  std::string text = clean_line(build, {});
  if (text.starts_with("larder ")) text.erase(0, 7);
  return text.substr(0, text.rfind(", process "));
}

std::string made_by(const Generation& generation) {
  if (!generation.build.empty()) return short_build(generation.build);
  return generation.same_content_as.empty() ? "-" : "content of " + short_id(generation.same_content_as);
}

std::string duration(const Generation& generation) {
  return generation.seconds > 0 ? format_seconds(generation.seconds) : "-";
}

/// "+68 cache/ +1 index/"
std::string added_text(const store::LoggedState& logged) {
  std::vector<std::pair<std::string, uint64_t>> folders(logged.added.begin(), logged.added.end());
  std::stable_sort(folders.begin(), folders.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  folders.resize(std::min(folders.size(), folders_max));
  std::vector<std::string> parts;
  for (const auto& [folder, count] : folders) parts.push_back(fmt::format("+{} {}", count, clean_line(folder, {})));
  return join(parts, " ");
}

}  // namespace

std::string format_log(const std::vector<store::LoggedState>& states, int64_t now_seconds) {
  Rows rows = {{"  GENERATION", "AGE", "OUTCOME", "BUILD", "TIME", "CHANGE", "ADDED"}};
  for (const store::LoggedState& logged : states) {
    const Generation& generation = logged.state.generation;
    rows.push_back({(logged.state.current ? "* " : "  ") + short_id(generation.id),
                    format_age(generation.created_seconds, now_seconds), to_string(generation.outcome),
                    made_by(generation), duration(generation),
                    logged.state.damaged ? "damaged" : format_bytes(logged.change_bytes), added_text(logged)});
  }
  align_right(rows, 4);
  align_right(rows, 5);
  return format_table(rows);
}

json log_to_json(const std::vector<store::LoggedState>& states) {
  json list = json::array();
  for (const store::LoggedState& logged : states) {
    json state = generation_to_json(logged.state);
    state["change_bytes"] = logged.change_bytes;
    state["added_files"] = logged.added;
    list.push_back(std::move(state));
  }
  return list;
}

}  // namespace larder::cli
