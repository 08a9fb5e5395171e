#include "config/hints.hpp"

#include "config/embedded.hpp"
#include "config/toml_reader.hpp"

namespace larder::config {

Result<Hints> load_hints() { return parse_hints(std::string(embedded_hints()), "hints.toml"); }

Result<Hints> parse_hints(const std::string& text, const std::string& file) {
  TRY_ASSIGN(TomlFile toml, TomlFile::parse(text, file));
  Hints hints;
  using Presence = TomlTable::Presence;
  const auto read_hint = [&](TomlTable table) {
    Hint& hint = hints.all.emplace_back();
    table.read({{"says", &hint.says, Presence::required},
                {"among", &hint.among},
                {"not", &hint.not_words},
                {"phase", &hint.phase},
                {"image", &hint.image},
                {"package", &hint.package},
                {"foreign", &hint.foreign},
                {"hint", &hint.hint, Presence::required}});
  };
  std::vector<TomlTable::Field> fields = {{"hint", TomlTable::ListOfTables{read_hint}}};
  for (const char* table :
       {"pkg_config", "clang_header", "cmake", "cmake_program", "header", "library", "module", "program"})
    fields.push_back({table, &hints.known[table]});
  toml.root().read(fields);
  TRY(toml.status());
  return hints;
}

}  // namespace larder::config
