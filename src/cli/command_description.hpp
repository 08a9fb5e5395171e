#pragma once

#include <functional>
#include <string>
#include <vector>

namespace larder::cli {

/// A word that a shell may offer while one is typed.
struct Candidate {
  std::string word;
  std::string description;  ///< one line; may be empty
};

/// What stands before a word that is being typed.
struct Typed {
  std::string folder = ".";        ///< the project's, by `-C`
  std::vector<std::string> words;  ///< the command's own, without options and their values
};

/// What shells offer for a value.
struct Offer {
  enum class Kind { words, files, folders };
  Kind kind = Kind::words;
  std::function<std::vector<Candidate>(const Typed&)> candidates = {};  ///< of words; empty: none
};

/// An option, a flag or a word of a command, as data.
struct OptionDescription {
  std::vector<std::string> names;   ///< "-C", "--project"; of a word its name alone, "target"
  std::string value;                ///< what help calls the value; empty: a flag
  std::vector<std::string> values;  ///< all that it may have; empty: any
  std::string help;
  bool is_word = false;
  bool is_required = false;
  bool repeats = false;
  Offer offer;
};

/// A command or a group of commands, as data.
struct CommandDescription {
  std::string name;
  std::string description;
  std::string footer;
  std::vector<OptionDescription> options;  ///< with the words, in the order of the help
  std::vector<CommandDescription> commands;
  bool takes_tail = false;     ///< arguments after a `--`
  bool takes_command = false;  ///< and a command of another program without one, after its own words
};

}  // namespace larder::cli
