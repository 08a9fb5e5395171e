#pragma once

#include <string>
#include <vector>

#include "builds/plan/workspace.hpp"
#include "builds/run/runner.hpp"

namespace larder::cli {

/// A compiler's error and where it is.
struct Annotation {
  std::string file;  ///< relative to the repository's top where it lies in it
  size_t line = 0;
  size_t column = 0;  ///< 0: not told
  std::string message;

  bool operator==(const Annotation&) const = default;
};

/// The errors in what compilers have printed, in GCC's form and clang's (FILE:LINE:COLUMN: error: TEXT) and in rustc's.
/// The first of each place; at most ten, as GitHub shows no more of a step. `workspace` says where builds see the
/// files.
std::vector<Annotation> find_annotations(const std::vector<std::string>& lines, const builds::Workspace& workspace);

/// The line by which a step of GitHub Actions marks the place in its view of the files: `::error file=…`. Source:
/// GitHub's documentation, "Workflow commands for GitHub Actions".
std::string to_workflow_command(const Annotation& annotation);

/// The results as a table in Markdown, for the summary of a job.
std::string format_job_summary(const builds::BuildResult& report, const builds::Workspace& workspace);

/// In a step of GitHub Actions (GITHUB_ACTIONS is true): marks the errors of the targets that failed on standard error,
/// and adds the results to the file that GITHUB_STEP_SUMMARY names. Elsewhere does nothing.
void tell_github(const builds::BuildResult& report, const builds::Workspace& workspace);

}  // namespace larder::cli
