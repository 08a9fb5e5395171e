#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace larder::cli {

/// How a check ended.
enum class Mark {
  good,
  note,     ///< informational
  warning,  ///< a build can run, but something is not as it should be
  failed
};

/// One line of a diagnosis.
struct Check {
  Mark mark = Mark::good;
  std::string name;
  std::string text;    ///< what was found
  std::string remedy;  ///< the command that mends it, else what to do; may be empty
};

/// The checks of one subject, such as the sandbox.
struct Section {
  std::string title;
  std::vector<Check> checks;

  bool has_failed() const;
};

/// What `larder doctor` has found out about a machine.
struct Diagnosis {
  std::vector<Section> sections;
  bool can_build = false;
  std::string verdict;  ///< one sentence about what can be built
};

/// What a terminal can show of a diagnosis.
struct DiagnosisStyle {
  bool colour = false;
  bool unicode = true;
};

/// The diagnosis as text: the sections in their order, a line per check, its remedy on the line below, and the verdict
/// at the end.
std::string format_diagnosis(const Diagnosis& diagnosis, const DiagnosisStyle& style);

/// The diagnosis as JSON with stable field names, which docs/commands/doctor.md lists.
nlohmann::json to_json(const Diagnosis& diagnosis);

}  // namespace larder::cli
