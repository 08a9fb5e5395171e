#include <csignal>

#include "cli/commands.hpp"
#include "share/signing.hpp"

namespace larder::cli {
namespace {

constexpr const char* footer =
    "Exit codes: 0 good, 1 the build failed, 2 wrong usage or configuration, 3 the machine lacks something,\n"
    "4 the store is damaged, 130 interrupted; `run` and `shell` give the command's own.\n"
    "LARDER_STORE names the store's directory (default: $XDG_DATA_HOME/larder).";

void add_commands(const Command& larder) {
  add_build_command(larder);
  add_test_command(larder);
  add_run_command(larder);
  add_shell_command(larder);
  add_image_command(larder);
  add_cache_command(larder);
  add_trust_command(larder);
  add_key_command(larder);
  add_init_command(larder);
  add_doctor_command(larder);
}

}  // namespace
}  // namespace larder::cli

int main(int argc, char** argv) {
  larder::share::take_key_variable();
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of write(2), not the end of a build
  return larder::cli::run_command_line(
      {"larder", "Builds a project for several Linux targets in a sandbox, with caches that last.",
       "larder " LARDER_VERSION, larder::cli::footer, larder::cli::add_commands},
      {argv + 1, argv + argc});
}
