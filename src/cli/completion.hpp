#pragma once

#include <string>
#include <vector>

#include "cli/command_line.hpp"

namespace larder::cli {

/// What a shell may put in the place of the word that is being typed.
struct Completion {
  Offer::Kind kind = Offer::Kind::words;
  std::vector<Candidate> candidates;  ///< of words; each begins with what has been typed
};

/// The command that scripts of shells ask, see src/cli/completions: `larder __complete WORD…`, the last one being
/// typed.
inline constexpr const char* complete_command = "__complete";

/// What the last of `words` may become. They are a command line without the program's name; `program` is described for
/// them.
Completion complete(const CommandDescription& program, const std::vector<std::string>& words);

/// The answer to `larder __complete`: a line with the kind, then a line for each candidate, its word and its
/// description with a tab between. The scripts go by it.
std::string to_text(const Completion& completion);

/// Prints that answer for the words, and gives the exit code, which is always good.
int print_completion(const Program& program, const std::vector<std::string>& words);

}  // namespace larder::cli
