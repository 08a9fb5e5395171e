#include "config/toml_reader.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <tuple>

#include "base/text.hpp"
#include "config/broken_toml.hpp"

namespace larder::config {
namespace {

/// toml++ frees nested tables by recursion: a line such as `a.a.a.…` must not nest deeper than any stack allows.
constexpr size_t line_dots_max = 100;

/// With its name, '=' and the end: Linux takes no more for one string of execve(2), MAX_ARG_STRLEN.
constexpr size_t variable_bytes_max = 128 * 1024;

std::string at(const std::string& file, toml::source_position place) {
  return fmt::format("{}:{}:{}", file, place.line, place.column);
}

tl::unexpected<Error> too_large(const std::string& file, size_t bytes_max) {
  return fail(ErrorCode::usage, fmt::format("{} is larger than {}", file, format_bytes(bytes_max)));
}

const char* type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "a number";
    case toml::node_type::floating_point:
      return "a fractional number";
    case toml::node_type::boolean:
      return "true or false";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::table:
      return "a table";
    default:
      return "a date or time";
  }
}

/// "Error while parsing array: encountered end-of-file" → "encountered end-of-file"
std::string plain_description(std::string_view description) {
  static constexpr std::string_view prefix = "Error while parsing ";
  if (description.starts_with(prefix)) {
    const size_t colon = description.find(": ");
    if (colon != std::string_view::npos) description.remove_prefix(colon + 2);
  }
  std::string text(description.substr(0, description.find(" (TOML_MAX_NESTED_VALUES)")));
  if (!text.empty() && text.front() >= 'A' && text.front() <= 'Z')
    text.front() = static_cast<char>(text.front() | 0x20);
  return text;
}

/// What to do about a mistake that the library's words tell in its own terms.
std::string plain_hint(std::string_view description) {
  if (description.find("TOML_MAX_NESTED_VALUES") == std::string_view::npos) return {};
  return "no key takes lists or tables that lie so deep";
}

std::optional<toml::source_position> find_deep_line(std::string_view text) {
  toml::source_position place{1, 1};
  size_t dots = 0;
  for (const char c : text) {
    if (c == '.' && ++dots > line_dots_max) return place;
    if (c != '\n') continue;
    ++place.line;
    dots = 0;
  }
  return std::nullopt;
}

bool is_broken(std::string_view text) {
  try {
    static_cast<void>(toml::parse(text));
  } catch (const toml::parse_error&) {
    return false;
  } catch (const BrokenToml&) {
    return true;
  }
  return false;
}

/// The first line with which a text is broken, as nothing before it is.
toml::source_index broken_line(std::string_view text) {
  std::vector<size_t> ends;
  for (size_t i = 0; i < text.size(); ++i)
    if (text[i] == '\n') ends.push_back(i + 1);
  const auto first =
      std::partition_point(ends.begin(), ends.end(), [&](size_t end) { return !is_broken(text.substr(0, end)); });
  return static_cast<toml::source_index>(first - ends.begin() + 1);
}

bool has_controls(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool is_before(toml::source_position a, toml::source_position b) {
  return std::tie(a.line, a.column) < std::tie(b.line, b.column);
}

/// toml++ sorts a table by its keys; this is the order in which they were written.
std::vector<std::pair<std::string, const toml::node*>> in_order(const toml::table& table) {
  std::vector<std::pair<std::string, const toml::node*>> entries;
  for (const auto& [key, node] : table) entries.emplace_back(key.str(), &node);
  std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return is_before(a.second->source().begin, b.second->source().begin);
  });
  return entries;
}

}  // namespace

Result<std::string> read_config_file(Os& os, const std::string& path, size_t bytes_max) {
  auto text = read_file(os, AT_FDCWD, path, bytes_max);
  if (!text && text.error().code == ErrorCode::damage) return too_large(path, bytes_max);
  return text;
}

Result<TomlFile> TomlFile::parse(const std::string& text, const std::string& name, TomlLimits limits) {
  if (text.size() > limits.bytes) return too_large(name, limits.bytes);
  if (const auto place = find_deep_line(text))
    return fail(ErrorCode::usage, fmt::format("{}: more than {} dots in one line", at(name, *place), line_dots_max), {},
                "break the line, for example between the entries of a list");
  try {
    return TomlFile(name, toml::parse(text, name), limits);
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::usage, at(name, error.source().begin) + ": " + plain_description(error.description()), {},
                plain_hint(error.description()));
  } catch (const BrokenToml&) {
    return fail(ErrorCode::usage,
                at(name, {broken_line(text), 1}) + ": a table's name is missing or has other characters", {},
                "letters, digits, '_' and '-' need no quotes");
  }
}

std::optional<toml::table> parse_foreign_toml(const std::string& text) {
  if (text.size() > file_bytes_max || find_deep_line(text)) return std::nullopt;
  try {
    return toml::parse(text);
  } catch (const toml::parse_error&) {
    return std::nullopt;
  } catch (const BrokenToml&) {
    return std::nullopt;
  }
}

void TomlFile::mistake(toml::source_position place, std::string message, std::string hint) {
  if (first_ && !is_before(place, first_->place)) return;
  first_ = Mistake{place, std::move(message), std::move(hint)};
}

Status TomlFile::status() const {
  if (!first_) return {};
  return fail(ErrorCode::usage, at(name_, first_->place) + ": " + first_->message, {}, first_->hint);
}

void TomlTable::read(const std::vector<Field>& fields) {
  refuse_unknown(fields);
  for (const Field& field : fields) {
    if (const toml::node* node = table_.get(field.key))
      read_field(field, *node);
    else if (field.presence == Presence::required)
      mistake(field.key, fmt::format("{} needs '{}'", title_.empty() ? "this file" : title_, field.key));
  }
}

void TomlTable::read(const NamedTables& tables) {
  if (table_.size() > file_.entries_max())
    file_.mistake(place_, fmt::format("more than {} tables", file_.entries_max()));
  else
    for (const auto& [key, node] : in_order(table_))
      read_into(key, *node, Table{[&, &name = key](const TomlTable& table) { tables.read(name, table); }});
}

void TomlTable::read_all(std::map<std::string, std::vector<std::string>>& lists) {
  for (const auto& [key, node] : table_) {
    const std::string name(key.str());
    read_into(name, node, &lists[name]);
  }
}

void TomlTable::read_field(const Field& field, const toml::node& node) {
  std::visit([&](const auto& slot) { read_into(field.key, node, slot); }, field.slot);
}

std::vector<std::string> TomlTable::places(std::string_view key) const {
  std::vector<std::string> found;
  const toml::node* node = table_.get(key);
  if (const toml::array* list = node ? node->as_array() : nullptr)
    for (const toml::node& entry : *list) found.push_back(at(file_.name(), entry.source().begin));
  return found;
}

void TomlTable::mistake(std::string_view key, std::string message, std::string hint) const {
  const toml::node* node = table_.get(key);
  file_.mistake(node ? node->source().begin : place_, std::move(message), std::move(hint));
}

void TomlTable::refuse_unknown(const std::vector<Field>& fields) {
  std::vector<std::string> known;
  for (const Field& field : fields) known.emplace_back(field.key);
  for (const auto& [key, node] : table_) {
    const std::string name(key.str());
    if (contains(known, name)) continue;
    const std::string near = nearest_word(name, known);
    const std::string where = title_.empty() ? "" : " in " + title_;
    const std::string who = title_.empty() ? "the top level" : title_;
    file_.mistake(key.source().begin, fmt::format("unknown key '{}'{}", name, where),
                  (near.empty() ? "" : fmt::format("did you mean '{}'? ", near)) +
                      fmt::format("{} knows: {}", who, join_words(known)));
  }
}

std::string TomlTable::title_of(std::string_view key) const {
  if (title_.empty()) return fmt::format("[{}]", key);
  std::string_view inner = title_;
  while (inner.starts_with('[')) inner = inner.substr(1, inner.size() - 2);
  return fmt::format("[{}.{}]", inner, key);
}

void TomlTable::wrong_type(std::string_view key, const toml::node& node, const char* wanted) {
  file_.mistake(node.source().begin, fmt::format("'{}' must be {}, not {}", key, wanted, type_name(node)));
}

void TomlTable::wrong_entry(std::string_view key, const toml::node& node, const char* wanted, size_t number) {
  file_.mistake(node.source().begin,
                fmt::format("'{}' must be {}, but entry {} is {}", key, wanted, number, type_name(node)));
}

std::optional<std::string> TomlTable::text_of(std::string_view key, const toml::node& node, const char* wanted) {
  const auto* text = node.as_string();
  if (!text) {
    wrong_type(key, node, wanted);
    return std::nullopt;
  }
  // Everything ends as a path, an argument or a variable, and the kernel would cut it off there.
  if (text->get().find('\0') != std::string::npos) {
    file_.mistake(node.source().begin, fmt::format("'{}' holds a zero byte", key));
    return std::nullopt;
  }
  return text->get();
}

const toml::array* TomlTable::list_of(std::string_view key, const toml::node& node, const char* wanted) {
  const toml::array* list = node.as_array();
  if (!list) {
    wrong_type(key, node, wanted);
  } else if (list->size() > file_.entries_max()) {
    file_.mistake(node.source().begin, fmt::format("'{}' has more than {} entries", key, file_.entries_max()));
    list = nullptr;
  }
  return list;
}

void TomlTable::read_into(std::string_view key, const toml::node& node, std::string* slot) {
  if (auto text = text_of(key, node, "a string")) *slot = std::move(*text);
}

void TomlTable::read_into(std::string_view key, const toml::node& node, bool* slot) {
  if (const auto* value = node.as_boolean())
    *slot = value->get();
  else
    wrong_type(key, node, "true or false");
}

void TomlTable::read_into(std::string_view key, const toml::node& node, int* slot) {
  std::optional<int> value;
  read_into(key, node, &value);
  if (value) *slot = *value;
}

void TomlTable::read_into(std::string_view key, const toml::node& node, std::optional<int>* slot) {
  read_into(key, node, Count{slot, std::numeric_limits<int>::max()});
}

void TomlTable::read_into(std::string_view key, const toml::node& node, const Count& count) {
  const auto* value = node.as_integer();
  if (!value)
    wrong_type(key, node, "a whole number");
  else if (value->get() < 1 || value->get() > count.max)
    file_.mistake(node.source().begin, fmt::format("'{}' must be between 1 and {}", key, count.max));
  else
    *count.slot = static_cast<int>(value->get());
}

void TomlTable::read_into(std::string_view key, const toml::node& node, std::vector<std::string>* slot) {
  static constexpr const char* wanted = "a list of strings";
  const toml::array* list = list_of(key, node, wanted);
  if (!list) return;
  std::vector<std::string> texts;
  for (const toml::node& entry : *list) {
    if (!entry.is_string()) return wrong_entry(key, entry, wanted, texts.size() + 1);
    auto text = text_of(key, entry, wanted);
    if (!text) return;
    texts.push_back(std::move(*text));
  }
  *slot = std::move(texts);
}

void TomlTable::read_into(std::string_view key, const toml::node& node, std::vector<Command>* slot) {
  static constexpr const char* wanted = "a list of commands, each a list of strings";
  const toml::array* list = list_of(key, node, wanted);
  if (!list) return;
  std::vector<Command> commands;
  for (const toml::node& entry : *list) {
    if (!entry.is_array()) return wrong_entry(key, entry, wanted, commands.size() + 1);
    read_into(key, entry, &commands.emplace_back());
  }
  *slot = std::move(commands);
}

void TomlTable::read_into(std::string_view key, const toml::node& node, std::optional<bool>* slot) {
  bool value = false;
  read_into(key, node, &value);
  *slot = value;
}

void TomlTable::read_into(std::string_view key, const toml::node& node, Environment* slot) {
  read_into(key, node, Table{[&](const TomlTable& table) {
              for (const auto& [name, value] : table.table_) {
                const std::string variable(name.str());
                if (variable.empty() || variable.find('=') != std::string::npos || has_controls(variable))
                  file_.mistake(name.source().begin,
                                fmt::format("'{}' cannot be a variable's name", printable(variable)));
                else
                  read_into(variable, value, &(*slot)[variable]);
                if (variable.size() + (*slot)[variable].size() + 2 > variable_bytes_max)
                  file_.mistake(value.source().begin,
                                fmt::format("'{}' is longer than the kernel lets a variable be", printable(variable)),
                                "128 KiB is the most; a file of the project can hold it");
              }
            }});
}

void TomlTable::read_into(std::string_view key, const toml::node& node, const Table& slot) {
  const toml::table* table = node.as_table();
  if (!table)
    wrong_type(key, node, "a table");
  else if (table->size() > file_.entries_max())
    file_.mistake(node.source().begin, fmt::format("{} has more than {} entries", title_of(key), file_.entries_max()));
  else
    slot.read(TomlTable(file_, *table, title_of(key), node.source().begin));
}

void TomlTable::read_into(std::string_view key, const toml::node& node, const ListOfTables& slot) {
  static constexpr const char* wanted = "a list of tables";
  const toml::array* list = list_of(key, node, wanted);
  if (!list) return;
  size_t number = 0;
  for (const toml::node& entry : *list) {
    ++number;
    if (!entry.is_table()) return wrong_entry(key, entry, wanted, number);
    slot.read(TomlTable(file_, *entry.as_table(), fmt::format("[{}]", title_of(key)), entry.source().begin));
  }
}

void TomlTable::read_into(std::string_view key, const toml::node& node, const NamedTables& slot) {
  read_into(key, node, Table{[&](TomlTable table) { table.read(slot); }});
}

bool is_name(const std::string& name) {
  // Names joined raw into paths were CVE-2024-9675 in buildah: an id that began with "../".
  static constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  return !name.empty() && name.size() <= 64 && name.find_first_not_of(allowed) == std::string::npos &&
         std::string_view("._-").find(name.front()) == std::string_view::npos;
}

void check_name(const TomlTable& table, std::string_view key, const std::string& name) {
  if (!is_name(name))
    table.mistake(key, fmt::format("'{}' is not a valid name", printable(name)),
                  "use up to 64 letters, digits, '.', '_' and '-', with a letter or digit first");
}

void check_word(const TomlTable& table, std::string_view key, const std::string& word,
                const std::vector<std::string>& known) {
  if (contains(known, word)) return;
  const std::string near = nearest_word(word, known);
  table.mistake(key, fmt::format("'{}' must be {}, not '{}'", key, join(known, " or "), printable(word)),
                near.empty() ? "" : fmt::format("did you mean '{}'?", near));
}

void check_argument(const TomlTable& table, std::string_view key, const std::string& value) {
  if (value.starts_with('-'))
    table.mistake(key, fmt::format("'{}' in '{}' must not begin with '-'", printable(value), key),
                  "it would be taken for an option");
  else if (has_controls(value))
    table.mistake(key, fmt::format("'{}' in '{}' has a control character", printable(value), key));
}

void check_place(const TomlTable& table, std::string_view key, const std::string& path) {
  if (!path.starts_with('/'))
    table.mistake(key, fmt::format("'{}' must begin with '/'", key));
  else if ((path + "/").find("/../") != std::string::npos)
    table.mistake(key, fmt::format("'{}' must not have '..'", key));
  else
    check_argument(table, key, path);
}

void check_patterns(const TomlTable& table, std::string_view key, const std::vector<std::string>& patterns) {
  for (const std::string& pattern : patterns) {
    const bool leaves =
        pattern.empty() || pattern.front() == '/' || ("/" + pattern + "/").find("/../") != std::string::npos;
    if (leaves)
      table.mistake(key, fmt::format("'{}' in '{}' does not lie in the project", pattern, key),
                    "give paths relative to the project's folder, without '..'");
    else if (has_controls(pattern))
      table.mistake(key, fmt::format("'{}' in '{}' has a control character", printable(pattern), key));
  }
}

}  // namespace larder::config
