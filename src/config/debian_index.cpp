#include "config/debian_index.hpp"

#include <algorithm>
#include <string_view>

#include "base/text.hpp"
#include "config/embedded.hpp"

namespace larder::config {
namespace {

/// The package on whose line the word stands.
std::string package_with(const std::string& word) {
  const std::string_view index = embedded_debian_index();
  const std::string wanted = " " + word;
  for (size_t at = index.find(wanted); at != std::string_view::npos; at = index.find(wanted, at + 1)) {
    const size_t end = at + wanted.size();
    if (end < index.size() && index[end] != ' ' && index[end] != '\n') continue;
    const size_t start = index.rfind('\n', at) + 1;
    return std::string(index.substr(start, index.find(' ', start) - start));
  }
  return {};
}

}  // namespace

std::string debian_package(const std::string& table, const std::string& word) {
  if (word.empty() || word.find_first_of(" \n") != std::string::npos) return {};
  if (table == "pkg_config") return package_with("p:" + word);
  if (table == "cmake") return package_with("c:" + lower_case(word));
  if (table == "library") return package_with("l:" + word);
  if (table != "header") return {};
  const size_t slash = word.find('/');
  return slash == std::string::npos ? package_with("h:" + word) : package_with("d:" + word.substr(0, slash));
}

}  // namespace larder::config
