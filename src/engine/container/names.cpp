#include "engine/container/names.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include <cstring>

#include "base/sha256.hpp"

namespace larder::engine {
namespace {

constexpr int tries_little = 100;
constexpr int tries_longer = 600;
constexpr long pause_nanoseconds = 5'000'000;

}  // namespace

std::optional<NameLock> NameLock::try_take(const std::string& scope, const std::string& name) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return std::nullopt;
  Sha256 hash;
  hash.field(scope);
  hash.field(name);
  const std::string key = "larder-volume-" + hash.finish();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, key.data(), key.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + key.size());
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) return std::nullopt;
  return NameLock(std::move(fd));
}

std::vector<std::optional<NameLock>> NameLock::take(const std::string& scope, const std::vector<std::string>& names,
                                                    Wait wait) {
  std::vector<std::optional<NameLock>> locks(names.size());
  int tries = wait == Wait::longer ? tries_longer : tries_little;
  for (size_t i = 0; i < names.size(); ++i) {
    while (!(locks[i] = try_take(scope, names[i])) && tries-- > 0) {
      const timespec pause{0, pause_nanoseconds};
      ::nanosleep(&pause, nullptr);
    }
  }
  return locks;
}

}  // namespace larder::engine
