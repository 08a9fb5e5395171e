#include "config/placeholder.hpp"

#include <fmt/format.h>

#include <string_view>

#include "base/text.hpp"

namespace larder::config {
namespace {

tl::unexpected<Error> unknown_placeholder(const std::string& name, const std::string& text,
                                          const Placeholders& values) {
  std::vector<std::string> known;
  for (const auto& value : values) known.push_back(value.first);
  const std::string near = nearest_word(name, known);
  return fail(ErrorCode::usage, fmt::format("unknown placeholder '{{{}}}' in '{}'", name, text), {},
              (near.empty() ? "" : fmt::format("did you mean '{{{}}}'? ", near)) +
                  fmt::format("known are: {}; a brace itself is '{{{{' or '}}}}'", join_words(known)));
}

tl::unexpected<Error> lone_brace(char brace, const std::string& text) {
  return fail(ErrorCode::usage, fmt::format("a lone '{}' in '{}'", brace, text), {},
              "a placeholder is '{name}'; a brace itself is '{{' or '}}'");
}

/// "{name}" or "NAME={name}": nothing but the placeholder's value would be said by it.
bool is_only_a_placeholder(std::string_view text) {
  const size_t open = text.find('{');
  if (open == std::string_view::npos || text.find('}') != text.size() - 1) return false;
  return open == 0 || text.find('=') == open - 1;
}

}  // namespace

Result<std::string> expand(const std::string& text, const Placeholders& values) {
  std::string expanded;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c != '{' && c != '}') {
      expanded += c;
    } else if (i + 1 < text.size() && text[i + 1] == c) {
      expanded += c;
      ++i;
    } else {
      const size_t end = c == '{' ? text.find_first_of("{}", i + 1) : std::string::npos;
      if (end == std::string::npos || text[end] == '{') return lone_brace(c, text);
      const std::string name = text.substr(i + 1, end - i - 1);
      const auto value = values.find(name);
      if (value == values.end()) return unknown_placeholder(name, text, values);
      expanded += value->second;
      i = end;
    }
  }
  return expanded;
}

Result<std::vector<std::string>> expand_all(const std::vector<std::string>& texts, const Placeholders& values) {
  std::vector<std::string> expanded;
  for (const std::string& text : texts) {
    TRY_ASSIGN(expanded.emplace_back(), expand(text, values));
  }
  return expanded;
}

Result<std::vector<std::string>> expand_present(const std::vector<std::string>& texts, const Placeholders& values) {
  std::vector<std::string> expanded;
  for (const std::string& text : texts) {
    TRY_ASSIGN(std::string item, expand(text, values));
    const bool empty = item.empty() || item.ends_with('=');
    if (!(empty && is_only_a_placeholder(text))) expanded.push_back(std::move(item));
  }
  return expanded;
}

Result<std::map<std::string, std::string>> expand_environment(const std::map<std::string, std::string>& variables,
                                                              const Placeholders& values) {
  std::map<std::string, std::string> expanded;
  for (const auto& [name, value] : variables) {
    TRY_ASSIGN(std::string new_name, expand(name, values));
    TRY_ASSIGN(std::string new_value, expand(value, values));
    if (!(new_value.empty() && is_only_a_placeholder(value))) expanded[std::move(new_name)] = std::move(new_value);
  }
  return expanded;
}

}  // namespace larder::config
