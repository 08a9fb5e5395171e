#include "builds/plan/git_passwords.hpp"
#include "builds/plan/git_replacements.hpp"
#include "fuzz/fuzz.hpp"
#include "source/git_index.hpp"

using namespace larder;

/// git's index, and what `git config` lists.
FUZZ_TARGET(git) {
  static_cast<void>(builds::passwords_in(input, "/home/ann"));
  static_cast<void>(builds::replacements_in(input));
  const auto no_file = [](const std::string&) { return std::optional<std::string>(); };
  const auto a_file = [](const std::string&) { return std::optional<std::string>("text"); };
  const auto paths = source::tracked_paths(input);
  const auto other = [](const std::string&) { return std::optional(source::Restamp()); };
  const auto restamped = source::restamp_index(input, 1, other, a_file);
  fuzz::must(!restamped || (paths && source::tracked_paths(*restamped) == paths));
  static_cast<void>(source::digest_with_changes(
      input, 1, [](const std::string&) { return std::optional(source::Stamp()); }, a_file));
  static_cast<void>(source::digest_with_changes(
      input, 1, [](const std::string&) { return std::optional<source::Stamp>(); }, no_file));
}
