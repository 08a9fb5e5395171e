#include "base/registry_name.hpp"

#include <string_view>

namespace larder {

std::string registry_host(const std::string& name) { return name.substr(0, name.find('/')); }

bool is_loopback(const std::string& host) {
  const std::string name = host.substr(0, host.rfind(':'));
  const bool is_number = name.find_first_not_of("0123456789.") == std::string::npos;  // and not "127.example.org"
  return name == "localhost" || (name.starts_with("127.") && is_number) || name == "[::1]";
}

std::string logged_message(const std::string& line) {
  constexpr std::string_view key = "msg=\"";
  const size_t start = line.find(key);
  if (start == std::string::npos) return line;
  std::string message;
  for (size_t i = start + key.size(); i < line.size() && line[i] != '"'; ++i) {
    const bool escaped = line[i] == '\\' && i + 1 < line.size();
    if (escaped) ++i;
    message += escaped && (line[i] == 'n' || line[i] == 't') ? ' ' : line[i];
  }
  return message;
}

}  // namespace larder
