#include "builds/run/jobserver.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/pipe.hpp"

namespace larder::builds {
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

Result<Jobserver> Jobserver::create(int jobs, const std::string& path) {
  INVARIANT(jobs >= 1 && jobs <= 4096);
  if (::mkfifo(path.c_str(), 0600) != 0) return fail_sys(errno, "cannot create the named pipe " + path);
  const auto open = [&](int flags) { return UniqueFd(::open(path.c_str(), flags | O_CLOEXEC)); };
  UniqueFd read = open(O_RDWR);
  UniqueFd write = open(O_RDWR);
  UniqueFd own = open(O_RDONLY | O_NONBLOCK);
  if (!read || !write || !own) return fail_sys(errno, "cannot open the jobserver");
  Jobserver server(std::move(read), std::move(write), std::move(own), jobs);
  server.path_ = path;
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

/// The user's own MAKEFLAGS stay, but for how many jobs there are: make goes by the jobserver. Its first word may be
/// letters alone, `ks` for `-k -s`.
void Jobserver::equip(engine::Spec& spec) const {
  std::string& flags = spec.env["MAKEFLAGS"];
  const std::string first = flags.substr(0, flags.find(' '));
  const bool letters = !first.empty() && first.front() != '-' && first.find('=') == std::string::npos;
  flags = makeflags() + (flags.empty() ? "" : letters ? " -" : " ") + flags;
  if (path_.empty())
    spec.shared_fds = fds();
  else
    spec.container.jobserver = path_;
}

std::string Jobserver::makeflags() const {
  if (!path_.empty()) return fmt::format(" -j{0} --jobserver-auth={1},{1}", jobs_, engine::jobserver_fd);
  return fmt::format(" -j{} --jobserver-auth={},{}", jobs_, read_.get(), write_.get());
}

}  // namespace larder::builds
