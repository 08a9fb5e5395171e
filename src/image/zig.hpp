#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/target.hpp"
#include "image/step_record.hpp"

namespace larder::image {

/// The file in an image's root filesystem in which the preparation of zig says what it has installed.
inline constexpr const char* zig_facts_file = "usr/local/zig/larder-zig";

/// Debian's packages that the preparation of zig needs: Python and its installer.
std::vector<std::string> zig_tools();

/// The step that installs zig from its wheel.
Step zig_step();

/// The step that makes zig's tools the target's, for a target by config::with_zig, on an image that has zig and
/// Debian's tools for the same processor.
Step zig_target_step(const config::Target& target);

/// What the preparation takes of a lock's record; nullptr: the newest.
std::map<std::string, std::string> zig_variables(const StepRecord* pinned);

/// Takes what the preparation has installed into the record, from the text of `zig_facts_file`: the wheel's SHA-256 is
/// the source, and the version a package `zig`.
void take_zig(const std::string& facts, StepRecord& record);

/// Says in `error` why the preparation has failed, by the rest of its line `larder: zig …`.
void explain_zig(const std::string& line, Error& error);

}  // namespace larder::image
