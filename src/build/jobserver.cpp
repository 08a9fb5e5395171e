#include "build/jobserver.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "base/in_child.hpp"

namespace larder::build {
namespace {

constexpr char token = '+';

}  // namespace

Result<Jobserver> Jobserver::create(int jobs) {
  INVARIANT(jobs >= 1 && jobs <= 4096);  // a pipe holds more
  TRY_ASSIGN(Pipe pipe, make_pipe());
  const std::string again = fmt::format("/proc/self/fd/{}", pipe.read.get());
  UniqueFd own(::open(again.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!own) return fail_sys(errno, "cannot open the jobserver");
  Jobserver server(std::move(pipe.read), std::move(pipe.write), std::move(own), jobs);
  for (int i = 0; i < jobs; ++i) server.put_back();
  return server;
}

bool Jobserver::try_take() {
  char taken = 0;
  return ::read(own_.get(), &taken, 1) == 1;
}

void Jobserver::put_back() { INVARIANT(::write(write_.get(), &token, 1) == 1); }

void Jobserver::refill() {
  while (try_take()) {
  }
  for (int i = 0; i < jobs_; ++i) put_back();
}

std::string Jobserver::makeflags() const {
  return fmt::format(" -j{} --jobserver-auth={},{}", jobs_, read_.get(), write_.get());
}

}  // namespace larder::build
