#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "builds/plan/make_plan.hpp"
#include "cli/command_line.hpp"

namespace larder::cli {

/// Adds `--trust`, and has the user be asked on a terminal.
void add_trust_option(const Command& command, builds::ConsentMeans& means);

/// Keeps what the user has agreed to, and says what does not count and what counts without a word. With `quiet` only
/// the former.
void tell_consent(const builds::Consent& consent, bool quiet);

/// What is asked for, a line each.
std::string asked_text(const builds::Consent& consent);

/// Whether the line counts, and why: "counts: CI is set".
std::string verdict(const builds::Consent& consent, const builds::AskedLine& line);

/// `by` and, of each line, `text`, `reach` and whether it counts.
nlohmann::json to_json(const builds::Consent& consent);

}  // namespace larder::cli
