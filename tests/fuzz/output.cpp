#include "base/text.hpp"
#include "base/utf8.hpp"
#include "builds/output/cargo_messages.hpp"
#include "builds/run/make_rules.hpp"
#include "cli/view/view_text.hpp"
#include "fuzz/fuzz.hpp"

using namespace larder;

/// cargo's messages in the output of a build.
FUZZ_TARGET(cargo_messages) {
  builds::CargoMessages messages;
  for (const std::string& line : split(input, '\n')) messages.take(line);
  for (const std::string& file : messages.files())
    fuzz::must(file.starts_with('/') && printable(file) == file && file.find("/../") == std::string::npos);
}

/// What a build prints, made harmless for a terminal.
FUZZ_TARGET(terminal) {
  using namespace larder::cli;
  for (const Colours colours : {Colours::drop, Colours::keep})
    for (const Tabs tabs : {Tabs::keep, Tabs::expand})
      for (const Charset charset : {Charset::utf8, Charset::plain_quotes, Charset::ascii}) {
        const std::string line = clean_line(input, {colours, tabs, charset});
        for (const char c : line) {
          const auto byte = static_cast<unsigned char>(c);
          fuzz::must(byte >= 0x20 || c == '\t' || (c == '\x1b' && colours == Colours::keep));
          fuzz::must(byte != 0x7f && (byte < 0x80 || charset != Charset::ascii));
        }
        fuzz::must(line.find("\xc2\x9b") == std::string::npos && line.find("\xe2\x80\xae") == std::string::npos);
        fuzz::must(colours == Colours::keep || clean_line(line, {colours, tabs, charset}) == line);
      }
  static_cast<void>(clean_lines(input));
  fuzz::must(printable(input).find_first_of("\n\x1b") == std::string::npos);
}

/// Makefiles and sources.
FUZZ_TARGET(makefiles) {
  builds::MakeRules rules;
  rules.add(input);
  static_cast<void>(rules.prerequisites().have("folder/file.c"));
  static_cast<void>(rules.included().have("folder/file.mk"));
  static_cast<void>(builds::file_names_in(input));
}
