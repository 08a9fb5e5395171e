#include "cli/annotations.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <string_view>

#include "base/environment.hpp"
#include "base/os.hpp"
#include "base/text.hpp"
#include "builds/run/failure_hint.hpp"
#include "cli/output.hpp"
#include "cli/view/view_text.hpp"

namespace larder::cli {
namespace {

constexpr size_t annotations_max = 10;

/// A number and the colon or end after it, taken off the text.
std::optional<size_t> take_number(std::string_view& text) {
  size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return {};
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  if (!text.empty() && text.front() != ':') return {};
  if (!text.empty()) text.remove_prefix(1);
  return number;
}

/// FILE:LINE[:COLUMN]; what follows stays in `text`.
std::optional<Annotation> take_place(std::string_view& text) {
  const size_t colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos) return {};
  Annotation found;
  found.file = text.substr(0, colon);
  text.remove_prefix(colon + 1);
  const auto line = take_number(text);
  if (!line) return {};
  found.line = *line;
  if (const auto column = take_number(text)) found.column = *column;
  return found;
}

std::optional<Annotation> of_gcc(std::string_view line) {
  auto found = take_place(line);
  if (!found) return {};
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  for (const std::string_view word : {"error: ", "fatal error: "})
    if (line.starts_with(word)) {
      found->message = line.substr(word.size());
      return found;
    }
  return {};
}

/// "error[E0425]: cannot find value" on one line, "  --> src/main.rs:2:5" on the next.
std::optional<Annotation> of_rustc(std::string_view line, std::string_view next) {
  const size_t colon = line.find(": ");
  if (!line.starts_with("error") || colon == std::string_view::npos) return {};
  next.remove_prefix(std::min(next.find_first_not_of(' '), next.size()));
  if (!next.starts_with("--> ")) return {};
  next.remove_prefix(4);
  auto found = take_place(next);
  if (found) found->message = line.substr(colon + 2);
  return found;
}

std::string in_repository(const std::string& file, const builds::Workspace& workspace) {
  namespace fs = std::filesystem;
  const fs::path inside = fs::path(workspace.start_place()) / file;
  const fs::path below = inside.lexically_normal().lexically_relative(workspace.place);
  if (below.empty() || (*below.begin() == ".." && fs::path(file).is_absolute())) return file;
  const fs::path path = fs::path(workspace.folder) / below;
  const fs::path top = workspace.git_top.empty() ? workspace.folder : workspace.git_top;
  const std::string relative = path.lexically_normal().lexically_relative(top).string();
  return relative.empty() || relative.starts_with("..") ? file : relative;
}

/// What would end the value, or the line.
std::string escaped(const std::string& text, bool is_property) {
  std::string made;
  for (const char c : clean_line(text, {})) {
    const bool special = c == '%' || (is_property && (c == ':' || c == ','));
    made += special ? fmt::format("%{:02X}", static_cast<unsigned char>(c)) : std::string(1, c);
  }
  return made;
}

void add_to_file(const std::string& path, const std::string& text) {
  Os os;
  const auto file = os.open(AT_FDCWD, path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0644);
  if (!file || !os.write_all(file->get(), text)) say("note: the job's summary could not be written");
}

}  // namespace

std::vector<Annotation> find_annotations(const std::vector<std::string>& lines, const builds::Workspace& workspace) {
  std::vector<Annotation> all;
  for (size_t i = 0; i < lines.size() && all.size() < annotations_max; ++i) {
    auto found = of_gcc(lines[i]);
    if (!found && i + 1 < lines.size()) found = of_rustc(lines[i], lines[i + 1]);
    if (!found) continue;
    found->file = in_repository(found->file, workspace);
    const bool known = std::any_of(all.begin(), all.end(), [&](const Annotation& one) {
      return one.file == found->file && one.line == found->line;
    });
    if (!known) all.push_back(std::move(*found));
  }
  return all;
}

std::string to_workflow_command(const Annotation& annotation) {
  std::string text = fmt::format("::error file={},line={}", escaped(annotation.file, true), annotation.line);
  if (annotation.column > 0) text += fmt::format(",col={}", annotation.column);
  return text + "::" + escaped(annotation.message, false);
}

std::string format_job_summary(const builds::BuildResult& report, const builds::Workspace& workspace) {
  std::string text = fmt::format("### Larder: {}\n\n| target | | time | results |\n| --- | --- | --- | --- |\n",
                                 escaped(workspace.project, false));
  for (const builds::TargetResult& result : report.targets) {
    std::string files;
    for (const builds::Artifact& artifact : result.artifacts)
      files += fmt::format("{}`{}` ({})", files.empty() ? "" : ", ",
                           clean_line(std::filesystem::path(artifact.path).filename().string(), {}),
                           format_bytes(artifact.size_bytes));
    const bool good = result.outcome == builds::TargetOutcome::success;
    const bool failed = result.outcome == builds::TargetOutcome::failed;
    text += fmt::format("| {} | {} | {} | {} |\n", result.target,
                        good     ? "ok"
                        : failed ? "**failed**"
                                 : "not built",
                        format_seconds(result.seconds), files);
  }
  return text + "\n";
}

void tell_github(const builds::BuildResult& report, const builds::Workspace& workspace) {
  if (environment("GITHUB_ACTIONS") != "true") return;
  std::vector<Annotation> told;
  for (const builds::TargetResult& result : report.targets) {
    if (result.outcome != builds::TargetOutcome::failed) continue;
    for (Annotation& found : find_annotations(builds::end_of_log(result.log_path), workspace)) {
      if (std::find(told.begin(), told.end(), found) != told.end()) continue;
      write_text(STDERR_FILENO, to_workflow_command(found) + "\n");
      told.push_back(std::move(found));
    }
  }
  const std::string file = environment("GITHUB_STEP_SUMMARY");
  if (!file.empty()) add_to_file(file, format_job_summary(report, workspace));
}

}  // namespace larder::cli
