#include "cli/command_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.hpp"

namespace larder::cli {
namespace {

/// Every command with its words: "cache list".
void add_full_names(const CommandDescription& group, const std::vector<std::string>& before,
                    std::vector<std::vector<std::string>>& names) {
  for (const CommandDescription& command : group.commands) {
    std::vector<std::string> words = before;
    words.push_back(command.name);
    names.push_back(words);
    add_full_names(command, words, names);
  }
}

std::vector<std::vector<std::string>> all_commands(const CommandDescription& program) {
  std::vector<std::vector<std::string>> names;
  add_full_names(program, {}, names);
  return names;
}

/// The command that would take the word, such as a target's name, as its own; empty: none.
std::string command_that_takes(const CommandDescription& program, const std::string& word) {
  for (const CommandDescription& command : program.commands)
    for (const OptionDescription& option : command.options) {
      if (!option.is_word || !option.offer.candidates) continue;
      const std::vector<Candidate> candidates = option.offer.candidates({});
      if (std::any_of(candidates.begin(), candidates.end(), [&](const Candidate& one) { return one.word == word; }))
        return fmt::format("{} {} {}", program.name, command.name, word);
    }
  return {};
}

/// The group's own command for a word that other programs have for the same; empty: none.
std::string same_here(const std::string& word, const std::vector<std::string>& names) {
  static const std::vector<std::pair<std::string, std::string>> others = {
      {"rm", "clean"}, {"remove", "clean"}, {"delete", "clean"}, {"remove", "rm"}, {"delete", "rm"}, {"ls", "list"}};
  for (const auto& [other, own] : others)
    if (word == other && contains(names, own)) return own;
  return {};
}

/// The command that words name, from the first on and as far as they name one.
struct Named {
  const CommandDescription* command;
  size_t words = 0;

  bool is_group() const { return !command->commands.empty(); }
};

Named named_by(const CommandDescription& program, const std::vector<std::string>& all) {
  Named named{&program};
  while (named.words < all.size()) {
    const CommandDescription* inner = find_command(*named.command, all[named.words]);
    if (inner == nullptr) break;
    named = {inner, named.words + 1};
  }
  return named;
}

/// The options of all commands that take a value.
void add_valued_options(const CommandDescription& command, std::set<std::string>& names) {
  for (const OptionDescription& option : command.options)
    if (!option.is_word && !option.value.empty()) names.insert(option.names.begin(), option.names.end());
  for (const CommandDescription& inner : command.commands) add_valued_options(inner, names);
}

/// Options may be said before the command, as git, make and cargo have them, and between its words: they go behind
/// these.
std::vector<std::string> with_options_behind(const Describe& describe, const std::vector<std::string>& all) {
  const auto is_option = [](const std::string& word) { return word.size() > 1 && word.front() == '-' && word != "--"; };
  if (all.empty() || all.front() == "--version" || std::none_of(all.begin(), all.end(), is_option)) return all;
  const bool is_first = is_option(all.front());  // any command may follow, also a misspelt one
  const CommandDescription described = describe(is_first ? std::vector<std::string>() : all);
  std::set<std::string> valued;
  add_valued_options(described, valued);
  std::vector<std::string> words;
  std::vector<std::string> options;
  const CommandDescription* command = &described;
  auto next = all.begin();
  while (next != all.end()) {
    if (is_option(*next)) {
      const bool has_value = valued.contains(*next);
      options.push_back(*next++);
      if (has_value && next != all.end()) options.push_back(*next++);
    } else {
      command = find_command(*command, *next);
      if (command == nullptr) break;
      words.push_back(*next++);
    }
  }
  words.insert(words.end(), options.begin(), options.end());
  words.insert(words.end(), next, all.end());
  return words;
}

/// As other tools have them: `version` in place of an option, and `help` behind a group or first. Of a word that is no
/// command there is no help.
std::vector<std::string> with_options(const Describe& describe, std::vector<std::string> all) {
  if (!contains(all, "help") && !contains(all, "version")) return all;
  const CommandDescription program = describe({});
  const Named before = named_by(program, all);
  if (before.words == all.size() || !before.is_group()) return all;
  const std::string word = all[before.words];
  if (word != "help" && (word != "version" || before.words > 0)) return all;
  all.erase(all.begin() + static_cast<long>(before.words));
  const Named command = named_by(program, all);
  const bool is_unknown = all.size() > command.words && !all[command.words].starts_with('-') && command.is_group();
  if (!is_unknown) all.push_back("--" + word);
  return all;
}

}  // namespace

const CommandDescription* find_command(const CommandDescription& group, const std::string& name) {
  for (const CommandDescription& inner : group.commands)
    if (inner.name == name) return &inner;
  return nullptr;
}

std::string command_hint(const CommandDescription& program, const std::vector<std::string>& names,
                         const std::string& word) {
  const std::string all_names = "the commands are: " + join(names, ", ");
  if (word.empty()) return all_names;
  if (const std::string own = same_here(word, names); !own.empty()) return fmt::format("did you mean '{}'?", own);
  std::string same;
  for (const std::vector<std::string>& words : all_commands(program))
    if (words.back() == word)
      same += fmt::format("{}`{} {}`", same.empty() ? "" : " or ", program.name, join(words, " "));
  if (!same.empty()) return "did you mean " + same + "?";
  if (const std::string taken = command_that_takes(program, word); !taken.empty())
    return fmt::format("did you mean `{}`?", taken);
  const std::string nearest = nearest_word(word, names);
  if (!nearest.empty()) return fmt::format("did you mean '{}'?", nearest);
  std::vector<std::string> elsewhere;
  for (const std::vector<std::string>& words : all_commands(program)) elsewhere.push_back(words.back());
  const std::string far = nearest_word(word, elsewhere);
  return far.empty() ? all_names : command_hint(program, names, far);
}

std::vector<std::string> in_order(const Describe& describe, const std::vector<std::string>& all) {
  return with_options_behind(describe, with_options(describe, all));
}

}  // namespace larder::cli
