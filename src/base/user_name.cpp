#include "base/user_name.hpp"

#include <fcntl.h>

#include "base/os.hpp"
#include "base/subprocess.hpp"
#include "base/text.hpp"

namespace larder {
namespace {

constexpr size_t passwd_bytes_max = size_t{16} << 20;
constexpr double getent_seconds_max = 10;

}  // namespace

std::string name_in_passwd(std::string_view text, uid_t uid) {
  for (const std::string& line : split(text, '\n')) {
    const auto fields = split(line, ':');
    if (fields.size() > 2 && !fields[0].empty() && fields[2] == std::to_string(uid)) return fields[0];
  }
  return {};
}

std::string user_name(uid_t uid) {
  Os os;
  const auto text = read_file(os, AT_FDCWD, "/etc/passwd", passwd_bytes_max);
  std::string name = text ? name_in_passwd(*text, uid) : "";
  const std::string getent = name.empty() ? find_in_path("getent") : "";
  if (getent.empty()) return name;
  const auto done = run_program({getent, "passwd", std::to_string(uid)}, getent_seconds_max);
  return done ? name_in_passwd(done->output, uid) : "";
}

}  // namespace larder
