#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/recipe.hpp"

namespace larder::config {

/// What the output of a build that failed may say, and what to do then; one entry of hints.toml.
struct Hint {
  std::vector<std::string> says;       ///< texts in a line; `{name}` stands for a word
  std::string among;                   ///< the table that has to know the word; empty: any word will do
  std::vector<std::string> not_words;  ///< words that are not meant
  std::string phase;                   ///< "build" or "fetch"; empty: both
  std::string package;                 ///< key of the target's packages, for `{tool}`; none in it: not this hint
  std::optional<bool> foreign;         ///< for targets of other machines, or of this one; no value: both
  std::string image;                   ///< "host", "debian", "container" or "other"; empty: all
  std::string hint;                    ///< with placeholders
};

/// hints.toml.
struct Hints {
  std::vector<Hint> all;                     ///< the likeliest first
  std::map<std::string, Environment> known;  ///< tables: what a word stands for, to Debian's packages
};

/// The hints that Larder has.
Result<Hints> load_hints();

/// Parses the text of a hints.toml.
Result<Hints> parse_hints(const std::string& text, const std::string& file);

}  // namespace larder::config
