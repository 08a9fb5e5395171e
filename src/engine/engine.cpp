#include "engine/engine.hpp"

#include <fmt/format.h>

#include <string_view>

#include "base/text.hpp"

namespace larder::engine {
namespace {

/// The program that bubblewrap has not found, from its words "bwrap: execvp cargo: No such file or directory"; empty
/// where it was something else.
std::string unfound_program(const std::string& line) {
  constexpr std::string_view before = "bwrap: execvp ";
  constexpr std::string_view after = ": No such file or directory";
  if (!line.starts_with(before) || !line.ends_with(after)) return {};
  return line.substr(before.size(), line.size() - before.size() - after.size());
}

}  // namespace

std::optional<Error> Engine::refusal(const Ending& ending, const std::vector<std::string>& last_lines) const {
  if (ending.started) return std::nullopt;
  if (const std::string program = last_lines.empty() ? "" : unfound_program(last_lines.back()); !program.empty())
    return Error{
        ErrorCode::environment, fmt::format("the image has no program `{}`", printable(program)), "",
        "take an image that has it, with `--image` or `[build] image`; or install it there: `prepare` in [build]", 0};
  return Error{ErrorCode::environment, sandbox_not_started, last_lines.empty() ? "" : last_lines.back(),
               "see `larder doctor`", 0};
}

}  // namespace larder::engine
