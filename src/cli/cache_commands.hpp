#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "cli/command.hpp"
#include "store/store.hpp"

namespace larder::cli {

// The subcommands of `larder cache`, by what they are about; each describes itself to the parser as those of `larder`.

void add_cache_prune_command(CLI::App& cache, Invocation& invocation);
void add_cache_verify_command(CLI::App& cache, Invocation& invocation);
void add_cache_import_command(CLI::App& cache, Invocation& invocation);

/// The store, or no value where there is none yet: nothing is created by looking.
Result<std::optional<store::Store>> open_existing_store(Os& os, const std::string& path);

/// To stdout, indented; bytes that are not UTF-8 are replaced.
void print_json(const nlohmann::json& data);

/// A line to stderr.
void say(const std::string& line);

void add_cache_history_commands(CLI::App& cache, Invocation& invocation);

}  // namespace larder::cli
