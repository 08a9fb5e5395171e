#include <csignal>

#include "base/close_files.hpp"
#include "cli/commands.hpp"
#include "cli/completion.hpp"
#include "cli/description.hpp"
#include "cli/version.hpp"
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
  add_completion_command(larder);
}

}  // namespace
}  // namespace larder::cli

int main(int argc, char** argv) {
  using namespace larder::cli;
  larder::open_missing_streams();
  larder::share::take_key_variable();
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of write(2), not the end of a build
  const Program program{"larder", "Builds a project for several Linux targets in a sandbox, with caches that last.",
                        version_text(), footer, add_commands};
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && arguments.front() == complete_command)
    return print_completion(program, {arguments.begin() + 1, arguments.end()});
  if (arguments == std::vector<std::string>{describe_command}) return print_description(program);
  return run_command_line(program, arguments);
}
