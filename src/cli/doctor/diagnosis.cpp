#include "cli/doctor/diagnosis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace larder::cli {
namespace {

using nlohmann::json;

struct MarkForm {
  const char* unicode;
  const char* ascii;
  const char* word;
  int colour;
};

MarkForm form_of(Mark mark) {
  switch (mark) {
    case Mark::good:
      return {"✓", "+", "good", 32};
    case Mark::note:
      return {"·", "-", "note", 2};
    case Mark::warning:
      return {"!", "!", "warning", 33};
    case Mark::failed:
      return {"✗", "x", "failed", 31};
  }
  return {"", "", "", 0};
}

std::string paint(const std::string& text, int code, const DiagnosisStyle& style) {
  return style.colour ? fmt::format("\033[{}m{}\033[0m", code, text) : text;
}

std::string format_check(const Check& check, size_t name_columns, const DiagnosisStyle& style) {
  const MarkForm form = form_of(check.mark);
  std::string text =
      fmt::format("  {} {:<{}}  {}\n", paint(style.unicode ? form.unicode : form.ascii, form.colour, style), check.name,
                  name_columns, check.text);
  if (!check.remedy.empty())
    text += fmt::format("    {} {}\n", style.unicode ? "→" : "->", paint(check.remedy, 1, style));
  return text;
}

}  // namespace

bool Section::has_failed() const {
  return std::any_of(checks.begin(), checks.end(), [](const Check& check) { return check.mark == Mark::failed; });
}

std::string format_diagnosis(const Diagnosis& diagnosis, const DiagnosisStyle& style) {
  size_t name_columns = 0;
  for (const Section& section : diagnosis.sections)
    for (const Check& check : section.checks) name_columns = std::max(name_columns, check.name.size());
  std::string text;
  for (const Section& section : diagnosis.sections) {
    text += paint(section.title, 1, style) + "\n";
    for (const Check& check : section.checks) text += format_check(check, name_columns, style);
    text += "\n";
  }
  return text + diagnosis.verdict + "\n";
}

json to_json(const Diagnosis& diagnosis) {
  json sections = json::array();
  for (const Section& section : diagnosis.sections) {
    json checks = json::array();
    for (const Check& check : section.checks)
      checks.push_back(
          {{"name", check.name}, {"result", form_of(check.mark).word}, {"text", check.text}, {"remedy", check.remedy}});
    sections.push_back({{"title", section.title}, {"checks", checks}});
  }
  return {{"can_build", diagnosis.can_build}, {"verdict", diagnosis.verdict}, {"sections", sections}};
}

}  // namespace larder::cli
