#include "builds/run/failure_hint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "config/debian_index.hpp"
#include "config/hints.hpp"

namespace larder::builds {
namespace {

constexpr std::streamoff log_end_bytes = 128 * 1024;
constexpr std::string_view word_mark = "{name}";

/// What stands after the name of a program that is not there, as make, shells, rustc, the cc crate, Meson and Go say
/// it.
constexpr std::array absent = {": No such file or directory",
                               "\": No such file or directory",
                               ": not found",
                               ": command not found",
                               "` not found",
                               "` installed?",
                               "']]",
                               "\": executable file not found"};
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

/// The same, where `name` may be the end of other programs' names.
bool says_word_absent(const std::string& text, const std::string& name) {
  constexpr std::array before = {"\n", " ", "/", "`"};
  return std::any_of(before.begin(), before.end(), [&](const char* mark) { return says_absent(text, mark + name); });
}

std::string tool_hint(const config::Target& target, const std::string& text) {
  if (target.cxx.empty() && !target.no_cxx.empty() && (says_absent(text, "g++") || says_absent(text, "c++")))
    return target.no_cxx;
  const std::string plain = "cc";  // make's own word for the compiler, where it builds for this machine
  for (const auto& [key, name] :
       {std::pair("cc", &target.cc), std::pair("cxx", &target.cxx), std::pair("ar", &target.ar),
        std::pair("linker", &target.linker), std::pair("cc", &plain)})
    if (name == &plain ? says_word_absent(text, plain) : says_absent(text, *name))
      return fmt::format(
          "the image has no {0}; `{1} = \"…\"` in [target.{2}] of larder.toml tells what it is called there", *name,
          key, target.name);
  return {};
}

bool is_word_letter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("._+-/").find(c) != std::string_view::npos;
}

/// The word before `end`, or after `start`, without the quotes around it.
std::string word_before(std::string_view line, size_t end) {
  size_t start = end;
  while (start > 0 && is_word_letter(line[start - 1])) --start;
  return std::string(line.substr(start, end - start));
}

std::string word_after(std::string_view line, size_t start) {
  size_t end = start;
  while (end < line.size() && is_word_letter(line[end])) ++end;
  return std::string(line.substr(start, end - start));
}

/// The word that `{name}` of the text stands for in the line; empty where the text has none; no value where it does not
/// fit.
std::optional<std::string> match(const std::string& text, const std::string& line) {
  const size_t mark = text.find(word_mark);
  if (mark == std::string::npos)
    return line.find(text) == std::string::npos ? std::nullopt : std::optional<std::string>("");
  const std::string before = text.substr(0, mark);
  const std::string after = text.substr(mark + word_mark.size());
  if (before.empty()) {
    const size_t at = line.find(after);
    if (at == std::string::npos) return std::nullopt;
    const std::string word = word_before(line, at);
    return word.empty() ? std::nullopt : std::optional(word);
  }
  for (size_t at = line.find(before); at != std::string::npos; at = line.find(before, at + 1)) {
    const std::string word = word_after(line, at + before.size());
    for (size_t length = word.size(); length > 0; --length)
      if (line.compare(at + before.size() + length, after.size(), after) == 0) return word.substr(0, length);
  }
  return std::nullopt;
}

std::string base_name(const std::string& word) { return std::string(file_name(word)); }

/// How a package gets where the build runs.
std::string install(const FailedPhase& failed, const std::string& packages, bool for_target) {
  std::vector<std::string> names;
  const bool foreign = for_target && failed.target.debian_arch != failed.machine.debian_arch;
  for (const std::string& package : split(packages, ' ')) {
    if (failed.image == "host" || failed.image == "container")
      names.push_back(foreign ? package + ":" + failed.target.debian_arch : package);
    else
      names.push_back(fmt::format("\"{}{}\"", package, for_target ? ":target" : ""));
  }
  if (failed.image == "container") return fmt::format("add what Debian calls {} to the image", join(names, ", "));
  if (failed.image != "host") return fmt::format("packages = [{}] in [build] of larder.toml", join(names, ", "));
  const std::string add =
      foreign ? fmt::format("sudo dpkg --add-architecture {} && sudo apt update && ", failed.target.debian_arch) : "";
  return add + "sudo apt install " + join(names, " ");
}

/// Debian's libraries are for glibc.
std::string library_install(const FailedPhase& failed, const std::string& packages) {
  if (failed.target.libc == "glibc") return install(failed, packages, true);
  return fmt::format(
      "Debian has libraries for glibc alone, so let the project build its own (crates often have a feature `vendored` "
      "or "
      "`bundled`), or name an image that has it: image = \"…\" in [target.{}] of larder.toml",
      failed.target.name);
}

std::string filled_in(const config::Hint& hint, const FailedPhase& failed, const std::string& word,
                      const std::string& packages) {
  std::string text = hint.hint;
  const config::Placeholders own = config::target_placeholders(failed.target);
  for (const auto& [name, value] :
       {std::pair(std::string("{name}"), printable(word)), std::pair(std::string("{target}"), failed.target.name),
        std::pair(std::string("{gnu_type}"), own.at("gnu_type")),
        std::pair(std::string("{install}"), library_install(failed, packages)),
        std::pair(std::string("{tool}"), install(failed, packages, false))})
    for (size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + value.size()))
      text.replace(at, name.size(), value);
  return text;
}

bool is_for(const config::Hint& hint, const FailedPhase& failed) {
  const bool is_foreign = failed.target.debian_arch != failed.machine.debian_arch;
  if (!hint.package.empty() && failed.target.package(hint.package, failed.machine).empty()) return false;
  return hint.foreign.value_or(is_foreign) == is_foreign && (hint.phase.empty() || hint.phase == failed.name) &&
         (hint.image.empty() || hint.image == failed.image);
}

/// What the hint says where one of the lines fits; else empty.
std::string told_by(const config::Hint& hint, const config::Hints& hints, const FailedPhase& failed,
                    const std::vector<std::string>& lines) {
  for (const std::string& line : lines)
    for (const std::string& text : hint.says) {
      const auto word = match(text, line);
      if (!word || contains(hint.not_words, base_name(*word))) continue;
      if (hint.among.empty())
        return filled_in(hint, failed, *word, failed.target.package(hint.package, failed.machine));
      const config::Environment& known = hints.known.at(hint.among);
      const auto entry = known.find(hint.among == "program" ? base_name(*word) : *word);
      if (entry != known.end()) return filled_in(hint, failed, entry->first, entry->second);
      const std::string package = config::debian_package(hint.among, *word);
      if (!package.empty()) return filled_in(hint, failed, *word, package);
    }
  return {};
}

}  // namespace

FailedPhase failed_phase(const Plan& plan, const TargetPlan& target, const std::string& name) {
  const bool own = target.chain && target.chain->reference.source == image::Source::debian;
  const std::string image = own                                        ? "debian"
                            : target.image.name == "host"              ? "host"
                            : plan.engine.traits().is_container_engine ? "container"
                                                                       : "other";
  return {name, image, target.target, plan.machine};
}

std::string failure_hint(const FailedPhase& failed, const std::vector<std::string>& lines) {
  if (std::string hint = tool_hint(failed.target, joined_lines(lines)); !hint.empty()) return hint;
  const auto hints = config::load_hints();
  if (!hints) return {};
  for (const config::Hint& hint : hints->all)
    if (is_for(hint, failed))
      if (std::string told = told_by(hint, *hints, failed, lines); !told.empty()) return told;
  return {};
}

std::vector<std::string> end_of_log(const std::string& path) {
  std::ifstream log(path, std::ios::ate);
  if (!log) return {};
  log.seekg(-std::min<std::streamoff>(log.tellg(), log_end_bytes), std::ios::end);
  return split(std::string(std::istreambuf_iterator<char>(log), {}), '\n');
}

}  // namespace larder::builds
