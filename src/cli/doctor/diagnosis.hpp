#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace larder::cli {

enum class Mark {
  good,
  note,     ///< informational
  warning,  ///< a build can run, but something is not as it should be
  failed
};

struct Check {
  Mark mark = Mark::good;
  std::string name;
  std::string text;    ///< what was found
  std::string remedy;  ///< the command that mends it, else what to do; may be empty
};

struct Section {
  std::string title;
  std::vector<Check> checks;

  bool has_failed() const;
};

struct Diagnosis {
  std::vector<Section> sections;
  bool can_build = false;
  std::string verdict;  ///< one sentence
};

struct DiagnosisStyle {
  bool colour = false;
  bool unicode = true;
};

/// Sections in their order, a line per check, its remedy on the line below, and the verdict at the end.
std::string format_diagnosis(const Diagnosis& diagnosis, const DiagnosisStyle& style);

/// Stable field names; docs/commands/doctor.md lists them.
nlohmann::json to_json(const Diagnosis& diagnosis);

}  // namespace larder::cli
