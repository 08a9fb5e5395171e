#pragma once

#include <toml++/toml.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/os.hpp"
#include "config/recipe.hpp"

namespace larder::config {

/// The largest TOML file that is read, in bytes; beyond it lies a mistake or an attack.
inline constexpr size_t file_bytes_max = 1 << 20;
inline constexpr size_t entries_max = 1000;  ///< of one list or one table

/// What is taken of a file; files that people write are small.
struct TomlLimits {
  size_t bytes = file_bytes_max;
  size_t entries = entries_max;
};

/// Reads a file of at most `bytes_max`.
Result<std::string> read_config_file(Os& os, const std::string& path, size_t bytes_max = file_bytes_max);

class TomlFile;

/// One table of a file, read strictly: `read` knows all its keys, so that any other is a mistake.
/// Mistakes gather in the file; a value that is wrong leaves its slot as it was.
class TomlTable {
 public:
  struct Table {
    std::function<void(TomlTable)> read;
  };
  struct ListOfTables {
    std::function<void(TomlTable)> read;  ///< called for each
  };
  struct NamedTables {
    std::function<void(const std::string&, TomlTable)> read;  ///< called for each table of the table
  };
  struct Count {
    std::optional<int>* slot;
    int max;
  };
  using Slot =
      std::variant<std::string*, bool*, std::optional<int>*, int*, Count, std::vector<std::string>*,
                   std::vector<Command>*, std::optional<bool>*, Environment*, Table, ListOfTables, NamedTables>;
  enum class Presence { optional, required };
  struct Field {
    std::string_view key;
    Slot slot;
    Presence presence = Presence::optional;
  };

  /// `title` is how messages call the table: "[build]"; empty for the whole file.
  TomlTable(TomlFile& file, const toml::table& table, std::string title, toml::source_position place)
      : file_(file), table_(table), title_(std::move(title)), place_(place) {}

  void read(const std::vector<Field>& fields);
  /// Reads a table whose keys are tables of their own, in the file's order.
  void read(const NamedTables& tables);
  /// Reads a table whose keys are lists of strings.
  void read_all(std::map<std::string, std::vector<std::string>>& lists);
  /// Where each entry of a list stands, as mistakes say it: "larder.toml:7:5"; empty where the key is no list.
  std::vector<std::string> places(std::string_view key) const;
  bool has(std::string_view key) const { return table_.contains(key); }
  /// Adds a mistake at the key's value, or at the table if it has no such key.
  void mistake(std::string_view key, std::string message, std::string hint = {}) const;

 private:
  void read_field(const Field& field, const toml::node& node);
  void read_into(std::string_view key, const toml::node& node, std::string* slot);
  void read_into(std::string_view key, const toml::node& node, bool* slot);
  void read_into(std::string_view key, const toml::node& node, int* slot);
  void read_into(std::string_view key, const toml::node& node, std::optional<int>* slot);
  void read_into(std::string_view key, const toml::node& node, const Count& count);
  void read_into(std::string_view key, const toml::node& node, std::vector<std::string>* slot);
  void read_into(std::string_view key, const toml::node& node, std::vector<Command>* slot);
  void read_into(std::string_view key, const toml::node& node, std::optional<bool>* slot);
  void read_into(std::string_view key, const toml::node& node, Environment* slot);
  void read_into(std::string_view key, const toml::node& node, const Table& slot);
  void read_into(std::string_view key, const toml::node& node, const ListOfTables& slot);
  void read_into(std::string_view key, const toml::node& node, const NamedTables& slot);

  void refuse_unknown(const std::vector<Field>& fields);
  std::string title_of(std::string_view key) const;
  std::optional<std::string> text_of(std::string_view key, const toml::node& node, const char* wanted);
  const toml::array* list_of(std::string_view key, const toml::node& node, const char* wanted);
  void wrong_type(std::string_view key, const toml::node& node, const char* wanted);
  void wrong_entry(std::string_view key, const toml::node& node, const char* wanted, size_t number);

  TomlFile& file_;
  const toml::table& table_;
  std::string title_;
  toml::source_position place_;
};

/// A parsed file and the mistake found in it; of several, the one nearest to its top.
class TomlFile {
 public:
  static Result<TomlFile> parse(const std::string& text, const std::string& name, TomlLimits limits = {});

  TomlTable root() { return {*this, table_, "", {1, 1}}; }
  const std::string& name() const { return name_; }
  size_t entries_max() const { return limits_.entries; }
  void mistake(toml::source_position place, std::string message, std::string hint = {});
  Status status() const;

 private:
  TomlFile(std::string name, toml::table table, TomlLimits limits)
      : name_(std::move(name)), table_(std::move(table)), limits_(limits) {}

  struct Mistake {
    toml::source_position place;
    std::string message;
    std::string hint;
  };

  std::string name_;
  toml::table table_;
  TomlLimits limits_;
  std::optional<Mistake> first_;
};

/// The table of a text that is another program's, such as cargo's or rustup's settings; no value where it cannot be
/// parsed, or would take more than a file of ours may.
std::optional<toml::table> parse_foreign_toml(const std::string& text);

/// Adds a mistake where `name` cannot become part of a volume's name: that takes letters, digits, `.`, `_`, `-`, at
/// most 64, a letter or digit first.
void check_name(const TomlTable& table, std::string_view key, const std::string& name);

/// Adds a mistake, with the nearest of the `known` words, where `word` is none of them.
void check_word(const TomlTable& table, std::string_view key, const std::string& word,
                const std::vector<std::string>& known);

/// Whether it is such a name.
bool is_name(const std::string& name);

/// Refuses a value that a program which gets it as an argument would take for an option, and one with control
/// characters. Who writes a project's files may mean harm.
void check_argument(const TomlTable& table, std::string_view key, const std::string& value);

/// Adds a mistake where a value is no absolute path, climbs with `..` or has a control character.
void check_place(const TomlTable& table, std::string_view key, const std::string& path);

/// Adds a mistake where a pattern for paths in the project could mean something outside of it.
void check_patterns(const TomlTable& table, std::string_view key, const std::vector<std::string>& patterns);

}  // namespace larder::config
