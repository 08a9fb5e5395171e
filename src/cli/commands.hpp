#pragma once

#include "cli/command_line.hpp"

namespace larder::cli {

// One function per command of `larder`, each in a file of its own.

void add_build_command(const Command& larder);
void add_test_command(const Command& larder);
void add_run_command(const Command& larder);
void add_shell_command(const Command& larder);
void add_image_command(const Command& larder);
void add_cache_command(const Command& larder);
void add_trust_command(const Command& larder);
void add_key_command(const Command& larder);
void add_init_command(const Command& larder);
void add_doctor_command(const Command& larder);
void add_completion_command(const Command& larder);

}  // namespace larder::cli
