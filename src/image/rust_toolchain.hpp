#pragma once

#include <map>
#include <string>
#include <vector>

#include "image/rustup.hpp"
#include "image/step_record.hpp"

namespace larder::image {

/// Where a toolchain of rustup's distribution lies in an image.
inline constexpr const char* rust_folder = "/usr/local/rust";

/// The file in an image's root filesystem in which its preparation says what it has installed.
inline constexpr const char* rust_facts_file = "usr/local/rust/lib/rustlib/larder-toolchain";

/// Debian's packages that the preparation of a toolchain needs.
std::vector<std::string> rust_tools();

/// The step that installs the toolchain which is pinned, for a machine with this triple. ErrorCode::environment where
/// it is none of rustup's distribution: only the machine that has it can build with it.
Result<Step> rust_step(const RustPin& pin, const std::string& machine);

/// The step that adds to it the library for the triple.
Step rust_target_step(const std::string& triple);

/// What the preparation takes of the caller's environment and of a lock's record; nullptr: the newest.
std::map<std::string, std::string> rust_variables(const StepRecord* pinned);

/// Takes what the preparation has installed into the record, from the text of `rust_facts_file`: the manifest's SHA-256
/// is the source, and version and date are a package `rust`.
void take_rust(const std::string& facts, StepRecord& record);

/// Says in `error` why the preparation has failed, by the rest of its line `larder: rust …`.
void explain_rust(const std::string& line, Error& error);

}  // namespace larder::image
