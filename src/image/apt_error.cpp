#include "image/apt_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.hpp"
#include "image/apt_entry.hpp"

namespace larder::image {
namespace {

using Words = std::vector<std::string>;

constexpr std::string_view own_mark = "larder: ";

/// What has been told, by the first words of the lines.
struct Told {
  Words fetch;    ///< what apt says of a fetch that failed
  Words closed;   ///< files that the caller must not read
  Words said;     ///< apt's and dpkg's own lines
  Words unknown;  ///< "NAME near NAME…", "NAME for ARCHITECTURE…"
  Words suite;    ///< that no source has
};

/// A line of apt's as a message may show it. "Failed to fetch URL  REASON" says enough by its end.
std::string shown(const std::string& line) {
  constexpr std::string_view failed = "Failed to fetch ";
  constexpr size_t words_max = 60;
  Words words;
  for (const std::string& word : split(line.starts_with(failed) ? line.substr(failed.size()) : line, ' '))
    if (!word.empty() && words.size() < words_max) words.push_back(printable(word));
  return without_credentials(join(words, " "));
}

Told told_by(const Words& lines) {
  Told told;
  for (const std::string& line : lines) {
    if (!line.starts_with(own_mark)) continue;
    const std::string text = line.substr(own_mark.size());
    const size_t space = text.find(' ');
    if (space == std::string::npos) continue;
    const std::string kind = text.substr(0, space);
    const std::string rest = shown(text.substr(space + 1));
    for (const auto& [name, list] :
         {std::pair("fetch", &told.fetch), std::pair("closed", &told.closed), std::pair("said", &told.said),
          std::pair("unknown", &told.unknown), std::pair("suite", &told.suite)})
      if (kind == name) list->push_back(rest);
  }
  return told;
}

/// Why a mirror gives nothing.
struct Cause {
  std::string_view sign;  ///< in apt's words, apart by blanks
  std::string_view what;
  std::string_view hint;
  bool is_network;
};

constexpr std::string_view network_hint =
    "the network, or a proxy is missing (http_proxy, or Acquire::http::Proxy of this machine's apt); `mirror = \"…\"` "
    "in "
    "~/.config/larder/config.toml names another mirror";
constexpr std::string_view login_hint = "a login for it belongs in /etc/apt/auth.conf.d/, see apt_auth.conf(5)";
constexpr std::string_view certificate_hint =
    "its authority's certificate belongs in /usr/local/share/ca-certificates/, then `sudo update-ca-certificates`";
constexpr std::string_view apt_hint =
    "`sudo apt update` on this machine uses the same sources; `mirror = \"…\"` in ~/.config/larder/config.toml names "
    "another";

constexpr std::array causes = {
    Cause{" 401 ", "a mirror wants a login", login_hint, false},
    Cause{" 403 ", "a mirror refuses this", login_hint, false},
    Cause{" 407 ", "the proxy wants a login", "its name takes one: http://USER:PASSWORD@PROXY", false},
    Cause{"ertificate", "a mirror's certificate is not trusted", certificate_hint, false},
    Cause{"resolv", "a mirror cannot be reached", network_hint, true},
    Cause{"onnect", "a mirror cannot be reached", network_hint, true},
    Cause{"nreachable", "a mirror cannot be reached", network_hint, true},
    Cause{"timed out", "a mirror cannot be reached", network_hint, true},
    Cause{"", "a mirror does not give what it has to", apt_hint, false}};

/// A line of apt's without addresses, whose digits are none of an answer: " 401 Unauthorized ".
std::string reason_of(const std::string& line) {
  std::string reason = " ";
  for (const std::string& word : split(line.substr(0, line.find("[IP:")), ' '))
    if (word.find("://") == std::string::npos) reason += word + " ";
  return reason;
}

/// The first cause that any of the lines has.
const Cause* find_cause(const Words& lines) {
  const auto is_told = [&](const Cause& cause) {
    return std::any_of(lines.begin(), lines.end(),
                       [&](const std::string& line) { return reason_of(line).find(cause.sign) != std::string::npos; });
  };
  return std::find_if(causes.begin(), causes.end(), is_told);
}

Error fetch_error(Error error, const Told& told) {
  const Cause* cause = find_cause(told.fetch);
  error.cause = fmt::format("{}: {}", cause->what, join(told.fetch, "; "));
  error.hint = cause->hint;
  error.needs_network = cause->is_network;
  if (!told.closed.empty()) error.cause += fmt::format("; this user cannot read {}", join_words(told.closed));
  return error;
}

/// "no-such near such", "libfoo:arm64 for amd64".
std::string describe_unknown(const std::string& text) {
  const Words words = split(text, ' ');
  const Words others(words.begin() + std::min<long>(2, static_cast<long>(words.size())), words.end());
  const std::string& name = words.front();
  if (others.empty()) return "there is no package " + name;
  if (words[1] == "near") return fmt::format("there is no package {} (near: {})", name, join(others, ", "));
  const std::string bare = name.substr(0, name.find(':'));
  return fmt::format("there is no package {} ({} is there for {})", name, bare, join_words(others));
}

Error unknown_error(Error error, const Told& told) {
  Words texts;
  for (const std::string& text : told.unknown) texts.push_back(describe_unknown(text));
  error.cause = join(texts, "; ");
  error.hint = "`larder image shell` is the place to search for one: apt-cache search WORD";
  return error;
}

}  // namespace

std::optional<Error> apt_error(const std::string& what, const Words& last_lines) {
  const Told told = told_by(last_lines);
  Error error{ErrorCode::environment, "an image cannot be prepared: " + what, {}, {}, 0};
  if (!told.fetch.empty()) return fetch_error(std::move(error), told);
  if (!told.unknown.empty()) return unknown_error(std::move(error), told);
  if (!told.suite.empty()) {
    error.cause = fmt::format("no mirror has Debian's {}", told.suite.front());
    error.hint = "the name of a suite, such as debian:bookworm or debian:trixie";
    return error;
  }
  if (told.said.empty()) return std::nullopt;
  error.cause = join(told.said, "; ");
  return error;
}

}  // namespace larder::image
