#include "base/result.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace larder {
namespace {

std::string hint_for(int number) {
  switch (number) {
    case ENOSPC:
    case EDQUOT:
      return "make room on that disk, then try again: nothing that was committed is lost";
    case EROFS:
      return "what lies there is mounted read-only: mount it for writing, or take another place";
    case EACCES:
    case EPERM:
      return "check the owner and the permissions";
    case EMFILE:
    case ENFILE:
      return "raise the limit of open files (`ulimit -n`)";
    default:
      return {};
  }
}

}  // namespace

Error sys_error(int number, std::string what) {
  return Error{ErrorCode::environment, std::move(what), std::strerror(number), hint_for(number), number};
}

void invariant_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "larder: broken invariant: %s (%s:%d)\n", expression, file, line);
  std::abort();
}

}  // namespace larder
