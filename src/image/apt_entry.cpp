#include "image/apt_entry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "base/text.hpp"

namespace larder::image {
namespace {

using Words = std::vector<std::string>;

constexpr const char* architectures_field = "Architectures";

/// The options of a source that say how it is fetched, by their names in a line, and in deb822. What it is trusted by
/// is none of an image's business.
const std::map<std::string, std::string> fetch_options = {{"pdiffs", "PDiffs"},
                                                          {"by-hash", "By-Hash"},
                                                          {"check-valid-until", "Check-Valid-Until"},
                                                          {"valid-until-min", "Valid-Until-Min"},
                                                          {"valid-until-max", "Valid-Until-Max"},
                                                          {"check-date", "Check-Date"},
                                                          {"date-max-future", "Date-Max-Future"},
                                                          {"arch", architectures_field},
                                                          {"architectures", architectures_field},
                                                          {"inrelease-path", "InRelease-Path"},
                                                          {"snapshot", "Snapshot"}};

/// Names of suites that move from release to release.
constexpr std::array moving_suites = {"stable", "oldstable", "oldoldstable", "testing", "unstable", "sid"};

constexpr std::array pockets = {"/updates",   "-security",         "-updates",
                                "-backports", "-backports-sloppy", "-proposed-updates"};

/// The words of a text, however far apart.
Words words_of(const std::string& text) {
  Words words;
  for (const std::string& line : split(text, '\n'))
    for (const std::string& part : split(line, ' '))
      for (const std::string& word : split(part, '\t'))
        if (!word.empty()) words.push_back(word);
  return words;
}

bool is_usable(const AptEntry& entry) {
  return !entry.components.empty() && !entry.suite.ends_with('/') && !entry.uri.starts_with("cdrom:");
}

void take_option(AptEntry& entry, const std::string& name, const std::string& value) {
  if (name == "signed-by") entry.signed_by = value;
  if (const auto known = fetch_options.find(name); known != fetch_options.end())
    entry.options[known->second] = join(split(value, ','), " ");
}

/// "deb [check-valid-until=no] http://mirror.example/debian bookworm main": takes what is in brackets.
void take_bracket(std::string& line, AptEntry& entry) {
  const size_t start = line.find_first_not_of(" \t", 3);
  if (start == std::string::npos || line[start] != '[') return;
  const size_t end = line.find(']', start);
  if (end == std::string::npos) return;
  for (const std::string& word : words_of(line.substr(start + 1, end - start - 1))) {
    const size_t equals = word.find('=');
    if (equals != std::string::npos) take_option(entry, lower_case(word.substr(0, equals)), word.substr(equals + 1));
  }
  line.erase(start, end - start + 1);
}

Words rest_of(const Words& words, size_t first) { return {words.begin() + static_cast<long>(first), words.end()}; }

void parse_line(std::string line, std::vector<AptEntry>& entries) {
  line = trim(line.substr(0, line.find('#')));
  if (!line.starts_with("deb ") && !line.starts_with("deb\t")) return;
  AptEntry entry;
  take_bracket(line, entry);
  const Words words = words_of(line);
  if (words.size() < 4) return;
  entry.uri = words[1];
  entry.suite = words[2];
  entry.components = join(rest_of(words, 3), " ");
  if (is_usable(entry)) entries.push_back(std::move(entry));
}

/// A paragraph's fields by their names in small letters; continued lines belong to the field above.
std::map<std::string, std::string> fields_of(const Words& lines) {
  std::map<std::string, std::string> fields;
  std::string name;
  for (const std::string& line : lines) {
    const size_t colon = line.find(':');
    if (line.front() == ' ' || line.front() == '\t') {
      if (!name.empty()) fields[name] += "\n" + line;
    } else if (colon != std::string::npos) {
      name = lower_case(trim(line.substr(0, colon)));
      fields[name] = trim(line.substr(colon + 1));
    }
  }
  return fields;
}

bool is_off(const std::string& value) {
  const std::string word = lower_case(value);
  return word == "no" || word == "false" || word == "0" || word == "off" || word == "without" || word == "disable";
}

void parse_paragraph(const Words& lines, std::vector<AptEntry>& entries) {
  auto fields = fields_of(lines);
  if (!contains(words_of(fields["types"]), "deb") || is_off(fields["enabled"])) return;
  for (const std::string& uri : words_of(fields["uris"]))
    for (const std::string& suite : words_of(fields["suites"])) {
      AptEntry entry{uri, suite, join(words_of(fields["components"]), " ")};
      for (const auto& [name, value] : fields) take_option(entry, name, value);
      if (is_usable(entry)) entries.push_back(std::move(entry));
    }
}

std::string without_pocket(const std::string& suite) {
  for (const std::string_view pocket : pockets)
    if (suite.ends_with(pocket)) return suite.substr(0, suite.size() - pocket.size());
  return suite;
}

bool moves(const std::string& suite) {
  return std::find(moving_suites.begin(), moving_suites.end(), suite) != moving_suites.end();
}

/// `%40` stands for `@` in an address.
std::string decoded(const std::string& text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = text[i] == '%' ? from_hex(lower_case(text.substr(i + 1, 2))) : std::nullopt;
    plain += byte && byte->size() == 1 ? byte->front() : text[i];
    if (byte && byte->size() == 1) i += 2;
  }
  return plain;
}

}  // namespace

bool AptEntry::has_strangers_key() const {
  return !signed_by.empty() && signed_by.find("debian-archive-") == std::string::npos;
}

std::vector<AptEntry> parse_apt_list(const std::string& text, const std::string& file) {
  std::vector<AptEntry> entries;
  Words paragraph;
  for (const std::string& line : split(text + "\n", '\n')) {
    if (!file.ends_with(".sources")) {
      parse_line(line, entries);
    } else if (trim(line).empty()) {
      parse_paragraph(paragraph, entries);
      paragraph.clear();
    } else if (!line.starts_with('#')) {
      paragraph.push_back(line);
    }
  }
  return entries;
}

bool may_be_of_suite(const AptEntry& entry, const std::string& suite) {
  const std::string base = without_pocket(entry.suite);
  return base == suite || moves(base) || moves(suite);
}

void keep_parts(std::vector<AptEntry>& entries) {
  std::map<std::string, std::set<std::string>> wanted;  // by suites
  for (const AptEntry& entry : entries)
    if (const auto some = entry.options.find(architectures_field); some != entry.options.end())
      wanted[entry.suite].insert(some->second);
  for (AptEntry& entry : entries)
    if (wanted[entry.suite].size() < 2) entry.options.erase(architectures_field);
}

std::string to_deb822(const AptEntry& entry, const std::string& keyring) {
  std::string text = fmt::format("Types: deb\nURIs: {}\nSuites: {}\nComponents: {}\nSigned-By: {}\n", entry.uri,
                                 entry.suite, entry.components, keyring);
  for (const auto& [name, value] : entry.options) text += fmt::format("{}: {}\n", name, value);
  return text;
}

Result<std::string> take_credentials(AptEntry& entry) {
  const size_t start = entry.uri.find("://");
  if (start == std::string::npos) return std::string();
  const size_t host = start + 3;
  const size_t at = entry.uri.substr(0, entry.uri.find('/', host)).rfind('@');
  if (at == std::string::npos || at < host) return std::string();
  const std::string user = entry.uri.substr(host, at - host);
  entry.uri.erase(host, at + 1 - host);
  const size_t colon = user.find(':');
  const std::string login = decoded(user.substr(0, colon));
  const std::string password = colon == std::string::npos ? "" : decoded(user.substr(colon + 1));
  if (login.empty() || (login + password).find_first_of(" \t\n\r") != std::string::npos)
    return fail(ErrorCode::environment, "a login for apt cannot be used",
                fmt::format("the one for {} {}, which apt's auth.conf cannot say", entry.uri,
                            login.empty() ? "has no name" : "has a blank in it"),
                "another login for this mirror, or `mirror = \"…\"` in ~/.config/larder/config.toml");
  constexpr std::string_view mirror = "mirror+";
  const std::string machine = entry.uri.starts_with(mirror) ? entry.uri.substr(mirror.size()) : entry.uri;
  // Of `password` without one, apt takes the word after it.
  return fmt::format("machine {} login {}{}\n", machine, login, password.empty() ? "" : " password " + password);
}

std::string without_credentials(const std::string& text) {
  std::string shown = text;
  for (size_t start = shown.find("://"); start != std::string::npos; start = shown.find("://", start + 3)) {
    const size_t end = shown.find_first_of("/\"' \t\n", start + 3);
    const size_t at = shown.substr(0, end).rfind('@');
    if (at != std::string::npos && at > start + 2) shown.erase(start + 3, at - start - 2);
  }
  return shown;
}

}  // namespace larder::image
