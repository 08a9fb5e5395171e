#include "builds/run/failure_hint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"

namespace larder::builds {
namespace {

/// What stands after the name of a program that is not there, as make, shells, rustc and the cc crate say it.
constexpr std::array absent = {": No such file or directory", ": not found", ": command not found", "` not found",
                               "` installed?"};
/// CMake says it two lines below the name.
constexpr const char* cmake_absent = "was not found in the PATH";

std::string joined_lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    const bool about_last = line.find(cmake_absent) != std::string::npos;
    if (!trim(line).empty()) text += about_last ? ": not found" : "\n" + trim(line);
  }
  return text;
}

bool says_absent(const std::string& text, const std::string& name) {
  return !name.empty() && std::any_of(absent.begin(), absent.end(),
                                      [&](const char* words) { return text.find(name + words) != std::string::npos; });
}

}  // namespace

std::string failure_hint(const config::Target& target, const std::vector<std::string>& last_lines) {
  const std::string text = joined_lines(last_lines);
  if (target.cxx.empty() && (says_absent(text, "g++") || says_absent(text, "c++"))) return target.no_cxx;
  for (const auto& [key, name] : {std::pair("cc", &target.cc), std::pair("cxx", &target.cxx),
                                  std::pair("ar", &target.ar), std::pair("linker", &target.linker)})
    if (says_absent(text, *name))
      return fmt::format(
          "the image has no {0}; `{1} = \"…\"` in [target.{2}] of larder.toml tells what it is called there", *name,
          key, target.name);
  return {};
}

}  // namespace larder::builds
