#include "cli/completion.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/text.hpp"
#include "cli/command_words.hpp"
#include "cli/commands.hpp"
#include "cli/completion_scripts.hpp"
#include "cli/output.hpp"

namespace larder::cli {
namespace {

using Words = std::vector<std::string>;

bool has_name(const OptionDescription& option, const std::string& name) {
  return !option.is_word && contains(option.names, name);
}

/// The option of that name. Where the project is may be said before the command, so that option is every command's.
const OptionDescription* find_option(const CommandDescription& command, const std::string& name) {
  for (const OptionDescription& option : command.options)
    if (has_name(option, name)) return &option;
  static const OptionDescription folder{{"-C", "--project"},       "DIR", {}, {}, false, false, false,
                                        {Offer::Kind::folders, {}}};
  return !command.commands.empty() && has_name(folder, name) ? &folder : nullptr;
}

/// How many words the command has before those of another program.
size_t count_words(const CommandDescription& command) {
  return static_cast<size_t>(std::count_if(command.options.begin(), command.options.end(),
                                           [](const OptionDescription& option) { return option.is_word; }));
}

/// The word of the command that stands behind `before` others; none where there is no more.
const OptionDescription* word_at(const CommandDescription& command, size_t before) {
  for (const OptionDescription& option : command.options) {
    if (!option.is_word) continue;
    if (before == 0 || option.repeats) return &option;
    --before;
  }
  return nullptr;
}

/// What shells put on the command line as it is must not be more than a word there, whatever a project's files say.
bool is_plain(const std::string& word) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-+/:@,";
  return !word.empty() && word.front() != '-' && word.find_first_not_of(plain) == std::string::npos;
}

/// Reads what stands before the word that is being typed.
class Reader {
 public:
  explicit Reader(const CommandDescription& program) : command_(&program) {}

  void read(const std::string& word) {
    if (open_ != nullptr) return take_value(*std::exchange(open_, nullptr), word);
    if (in_tail_) return;
    if (word == "--") {
      in_tail_ = true;
    } else if (word.starts_with("--") && word.find('=') != std::string::npos) {
      const OptionDescription* option = note(word.substr(0, word.find('=')));
      if (option != nullptr) take_value(*option, word.substr(word.find('=') + 1));
    } else if (word.size() > 1 && word.front() == '-') {
      read_option(word);
    } else {
      read_word(word);
    }
  }

  Completion complete(const std::string& word) const {
    if (open_ != nullptr) return offer(*open_, word, "");
    if (in_tail_) return {Offer::Kind::files, {}};
    const size_t equals = word.find('=');
    if (word.starts_with("--") && equals != std::string::npos) {
      const OptionDescription* option = find_option(*command_, word.substr(0, equals));
      if (option == nullptr || option->value.empty()) return {};
      return offer(*option, word.substr(equals + 1), word.substr(0, equals + 1));
    }
    if (word.starts_with("-")) return options(word);
    if (!command_->commands.empty()) return typed_.words.empty() ? commands(word) : Completion();
    const OptionDescription* next = word_at(*command_, typed_.words.size());
    Completion offered = next == nullptr ? Completion() : offer(*next, word, "");
    return next == nullptr && word.empty() ? options(word) : offered;
  }

 private:
  const OptionDescription* note(const std::string& name) {
    const OptionDescription* option = find_option(*command_, name);
    if (option != nullptr) used_.push_back(option);
    return option;
  }

  void read_option(const std::string& word) {
    const bool is_long = word.starts_with("--");
    const OptionDescription* option = note(is_long ? word : word.substr(0, 2));
    if (option == nullptr || option->value.empty()) return;
    if (!is_long && word.size() > 2)
      take_value(*option, word.substr(2));
    else
      open_ = option;
  }

  void take_value(const OptionDescription& option, const std::string& value) {
    if (has_name(option, "--project")) typed_.folder = value;
  }

  void read_word(const std::string& word) {
    if (const CommandDescription* inner = find_command(*command_, word)) {
      command_ = inner;
      return;
    }
    typed_.words.push_back(word);
    if (command_->takes_command && typed_.words.size() > count_words(*command_)) in_tail_ = true;
  }

  /// What the option or word may be; `before` stands before its value.
  Completion offer(const OptionDescription& option, const std::string& word, const std::string& before) const {
    Completion offered{option.offer.kind, {}};
    std::vector<Candidate> all;
    for (const std::string& value : option.values) all.push_back({value, {}});
    if (option.values.empty() && option.offer.candidates) all = option.offer.candidates(typed_);
    for (const Candidate& one : all) {
      if (!is_plain(one.word) || !one.word.starts_with(word) || (option.is_word && contains(typed_.words, one.word)))
        continue;
      offered.candidates.push_back({before + one.word, one.description});
    }
    return offered;
  }

  Completion options(const std::string& word) const {
    Completion offered;
    for (const OptionDescription& option : command_->options) {
      const bool again = option.repeats || std::find(used_.begin(), used_.end(), &option) == used_.end();
      if (option.is_word || !again) continue;
      for (const std::string& name : option.names)
        if (name.starts_with(word)) offered.candidates.push_back({name, option.help});
    }
    return offered;
  }

  Completion commands(const std::string& word) const {
    Completion offered;
    for (const CommandDescription& inner : command_->commands)
      if (inner.name.starts_with(word)) offered.candidates.push_back({inner.name, inner.description});
    return offered;
  }

  const CommandDescription* command_;
  const OptionDescription* open_ = nullptr;  ///< the option whose value comes next
  bool in_tail_ = false;                     ///< what follows is another program's
  Typed typed_;
  std::vector<const OptionDescription*> used_;
};

const char* to_string(Offer::Kind kind) {
  switch (kind) {
    case Offer::Kind::words:
      return "words";
    case Offer::Kind::files:
      return "files";
    case Offer::Kind::folders:
      return "folders";
  }
  INVARIANT(false);
  return "";
}

Result<int> print_script(const std::string& shell) {
  for (const auto& [name, text] : embedded_completions())
    if (name == shell) print(std::string(text));
  return 0;
}

Words shells() {
  Words names;
  for (const auto& [name, text] : embedded_completions()) names.push_back(name);
  return names;
}

}  // namespace

Completion complete(const CommandDescription& program, const Words& words) {
  if (words.empty()) return {};
  Reader reader(program);
  for (size_t i = 0; i + 1 < words.size(); ++i) reader.read(words[i]);
  return reader.complete(words.back());
}

std::string to_text(const Completion& completion) {
  std::string text = std::string(to_string(completion.kind)) + "\n";
  for (const Candidate& one : completion.candidates) text += one.word + "\t" + one.description + "\n";
  return text;
}

int print_completion(const Program& program, const Words& words) {
  print(to_text(complete(describe(program, words), words)));
  return 0;
}

void add_completion_command(const Command& larder) {
  const Command command =
      larder.add_command("completion", "Print the script that completes larder's commands in a shell");
  if (!command.is_asked_for()) return;
  const auto shell = std::make_shared<std::string>();
  command.add_option("shell", *shell, "The shell").one_of(shells()).required();
  command.set_footer(
      "bash, in ~/.bashrc:                source <(larder completion bash)\n"
      "zsh, in ~/.zshrc, after compinit:  source <(larder completion zsh)\n"
      "fish, in config.fish:              larder completion fish | source");
  command.set_action([shell] { return print_script(*shell); });
}

}  // namespace larder::cli
