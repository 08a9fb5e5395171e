#include "cli/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "cli/output.hpp"
#include "cli/view/view_text.hpp"

namespace larder::cli {
namespace {

using builds::TargetOutcome;
using builds::TargetResult;
using nlohmann::json;

const char* word(TargetOutcome outcome) {
  switch (outcome) {
    case TargetOutcome::success:
      return "ok";
    case TargetOutcome::failed:
      return "failed";
    case TargetOutcome::interrupted:
      return "interrupted";
    case TargetOutcome::skipped:
      return "skipped";
  }
  return "";
}

std::string relative(const std::string& path, const std::string& folder) {
  const std::string prefix = folder + "/";
  return path.compare(0, prefix.size(), prefix) == 0 ? path.substr(prefix.size()) : path;
}

void add_rows(const TargetResult& result, const std::string& folder, std::vector<std::vector<std::string>>& rows) {
  const bool ran = result.outcome != TargetOutcome::skipped;
  std::vector<std::string> row = {result.target, result.unchanged ? "unchanged" : word(result.outcome),
                                  ran ? format_seconds(result.seconds) : "-"};
  for (const builds::Artifact& artifact : result.artifacts) {
    row.resize(3);
    row.push_back(clean_line(relative(artifact.path, folder), {}));
    row.push_back(clean_line(artifact.description, {}));
    row.push_back(format_bytes(artifact.size_bytes));
    rows.push_back(row);
    row = {"", "", ""};
  }
  if (result.artifacts.empty()) rows.push_back(row);
}

json to_json(const TargetResult& result) {
  json artifacts = json::array();
  for (const builds::Artifact& artifact : result.artifacts)
    artifacts.push_back({{"path", artifact.path},
                         {"kind", to_string(artifact.kind)},
                         {"description", artifact.description},
                         {"size_bytes", artifact.size_bytes},
                         {"sha256", artifact.sha256}});
  json data = {{"target", result.target},         {"triple", result.triple},
               {"outcome", word(result.outcome)}, {"duration_seconds", result.seconds},
               {"exit_code", result.exit_code},   {"cache_changed", result.cache_changed},
               {"unchanged", result.unchanged},   {"log", result.log_path},
               {"notes", result.notes},           {"hint", result.hint},
               {"artifacts", artifacts}};
  if (result.error)
    data["error"] = {{"message", result.error->message}, {"cause", result.error->cause}, {"hint", result.error->hint}};
  return data;
}

Error failure(const TargetResult& result, bool output_shown) {
  if (result.error) {
    Error error = *result.error;
    error.message = result.target + ": " + error.message;
    return error;
  }
  std::string lines;
  for (const std::string& line : output_shown ? std::vector<std::string>() : result.last_lines)
    lines += (lines.empty() ? "" : "\n  ") + clean_line(line, {});
  const std::string what = result.target == "fetch" ? "the fetch phase" : "the build for " + result.target;
  return Error{ErrorCode::build_failed, fmt::format("{} failed with exit code {}", what, result.exit_code),
               std::move(lines),
               result.hint + (result.hint.empty() ? "" : "; ") + "the whole output is in " + result.log_path, 0};
}

int code_of(const TargetResult& result) {
  if (result.outcome != TargetOutcome::failed) return 0;
  return result.error ? static_cast<int>(result.error->code) : 1;
}

}  // namespace

std::string format_summary(const builds::BuildResult& report, const std::string& folder) {
  std::vector<std::vector<std::string>> rows;
  if (report.fetch) add_rows(*report.fetch, folder, rows);
  for (const TargetResult& result : report.targets) add_rows(result, folder, rows);
  return format_table(rows);
}

json to_json(const builds::BuildResult& report) {
  json data = {{"interrupted", report.interrupted}, {"fetch", nullptr}, {"targets", json::array()}};
  if (report.fetch) data["fetch"] = to_json(*report.fetch);
  for (const TargetResult& result : report.targets) data["targets"].push_back(to_json(result));
  return data;
}

void print_failures(const builds::BuildResult& report, bool output_shown) {
  if (report.fetch && report.fetch->outcome == TargetOutcome::failed) print_error(failure(*report.fetch, output_shown));
  for (const TargetResult& result : report.targets)
    if (result.outcome == TargetOutcome::failed) print_error(failure(result, output_shown));
}

int exit_code(const builds::BuildResult& report) {
  if (report.interrupted) return static_cast<int>(ErrorCode::interrupted);
  int worst = report.fetch ? code_of(*report.fetch) : 0;
  for (const TargetResult& result : report.targets) worst = std::max(worst, code_of(result));
  return worst;
}

}  // namespace larder::cli
