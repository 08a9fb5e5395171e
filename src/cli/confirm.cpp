#include "cli/confirm.hpp"

#include <unistd.h>

#include <iostream>

#include "cli/output.hpp"
#include "cli/view/view_text.hpp"

namespace larder::cli {

bool can_ask() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1; }

bool confirm(const std::string& question) {
  write_text(STDERR_FILENO, question + " [y/N] ");
  std::string answer;
  if (!std::getline(std::cin, answer)) say("");
  return answer == "y" || answer == "Y" || answer == "yes" || answer == "Yes";
}

}  // namespace larder::cli
