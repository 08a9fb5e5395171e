#include "builds/run/scans.hpp"

#include <algorithm>
#include <set>

#include "base/glob.hpp"
#include "base/text.hpp"
#include "builds/plan/plan.hpp"

namespace larder::builds {
namespace {

using FolderPaths = std::set<std::string, std::less<>>;

/// Programs that do not read what lies in the folders that they are given, or note what they read.
bool is_quiet(std::string_view program) {
  static const std::set<std::string_view> names = {
      "",      "[",    "ar",    "c89",   "c99",     "cc",  "cd",     "chmod", "cmake",   "cp",
      "echo",  "exec", "exit",  "false", "fi",      "gcc", "if",     "ld",    "libtool", "ln",
      "ls",    "make", "mkdir", "mv",    "printf",  "pwd", "ranlib", "rm",    "rmdir",   "rustc",
      "strip", "test", "touch", "true",  "install", "c++", "g++"};
  return program.starts_with('-') || names.contains(program) || program.ends_with("-gcc") ||
         program.ends_with("-g++") || program.ends_with("-ar") || program.ends_with("-ld") ||
         program.ends_with("-cc") || program.ends_with("-ranlib") || program.starts_with("clang") ||
         program.starts_with("gcc-") || program.starts_with("g++-");
}

/// What stands before a folder that is searched, or before what is written to.
bool takes_folder(std::string_view word) {
  static const std::set<std::string_view> options = {"-I",       "-L",      "-C",         "-B", "-o", "-d",
                                                     "-isystem", "-iquote", "-idirafter", ">",  ">>"};
  return options.contains(word);
}

/// A word as a path in the project; relative ones may be so from any folder.
std::string_view in_project(std::string_view word) {
  const std::string top = std::string(workspace_path) + "/";
  if (word.starts_with(top)) word.remove_prefix(top.size());
  while (word.starts_with("./") || word.starts_with("../")) word.remove_prefix(word.find('/') + 1);
  while (word.ends_with('/')) word.remove_suffix(1);
  return word;
}

/// The words of one command, without what stands before the program: make's own marks, variables, `NAME =` of Ninja.
std::vector<std::string_view> words_of_command(std::string_view text) {
  std::vector<std::string_view> words;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find_first_of(" \t\"'", start), text.size());
    if (end > start) words.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  const auto is_before = [](std::string_view word) {
    return word.find_first_not_of("@-+") == std::string_view::npos || word.find('=') != std::string_view::npos ||
           word == "COMMAND" || word == "command" || word == "do" || word == "then" || word == "env" || word == "!";
  };
  while (!words.empty() && is_before(words.front())) words.erase(words.begin());
  if (!words.empty())
    words.front().remove_prefix(std::min(words.front().find_first_not_of("@-+"), words.front().size()));
  return words;
}

/// The commands of lines: the shell's `;`, `&&`, `|` and the like stand between them.
template <typename Take>
void each_command(std::string_view lines, const Take& take) {
  for (size_t start = 0; start < lines.size();) {
    const size_t end = std::min(lines.find_first_of("\n;&|`()", start), lines.size());
    const auto words = words_of_command(lines.substr(start, end - start));
    if (!words.empty()) take(words);
    start = end + 1;
  }
}

void add_folder(std::string_view word, const FolderPaths& folders, Scan& scan) {
  const std::string_view path = in_project(word);
  if (folders.contains(path)) scan.folders.emplace_back(path);
  const size_t slash = path.rfind('/');
  const bool is_pattern = slash != std::string_view::npos && path.find('*', slash) != std::string_view::npos;
  if (is_pattern && folders.contains(path.substr(0, slash))) scan.patterns.emplace_back(path);
}

/// Where a make that a rule runs has its makefile: `make -C lib`, `cd lib && make`. It is not run again while there is
/// what the rule makes.
void add_folder_of_make(const std::vector<std::string_view>& words, std::string_view here, const FolderPaths& folders,
                        Scan& scan) {
  std::string_view folder = here;
  for (size_t i = 1; i < words.size(); ++i) {
    if (words[i] == "-C" && i + 1 < words.size()) folder = words[i + 1];
    if (words[i].starts_with("-C") && words[i].size() > 2) folder = words[i].substr(2);
  }
  if (!folder.empty()) add_folder(folder, folders, scan);
}

void add_scanned(const std::string& commands, const FolderPaths& folders, Scan& scan) {
  for (const std::string& line : split(commands, '\n')) {
    std::string_view here;
    each_command(line, [&](const std::vector<std::string_view>& words) {
      const std::string_view program = file_name(words.front());
      if (program == "cd" && words.size() > 1) here = words[1];
      if (program == "make" || program == "gmake") add_folder_of_make(words, here, folders, scan);
      if (is_quiet(program)) return;
      for (size_t i = 1; i < words.size(); ++i)
        if (!words[i].starts_with('-') && !words[i].starts_with('>') && !takes_folder(words[i - 1]))
          add_folder(words[i], folders, scan);
    });
  }
}

}  // namespace

std::vector<Scan> find_scans(const MakeRules& rules, const source::Entries& entries) {
  FolderPaths folders;
  for (const source::Entry& entry : entries)
    if (entry.kind == source::Kind::folder && !entry.path.empty()) folders.insert(entry.path);
  const auto scan_of = [&](const std::string& commands) {
    Scan scan;
    add_scanned(commands, folders, scan);
    return scan;
  };
  const auto scans_some = [&](const std::string& commands) {
    const Scan scan = scan_of(commands);
    return !scan.folders.empty() || !scan.patterns.empty();
  };
  std::vector<Scan> scans;
  for (MakeRules::FileRule& rule : rules.file_rules(scans_some)) {
    scans.push_back(scan_of(rule.commands));
    scans.back().prerequisites = std::move(rule.prerequisites);
  }
  return scans;
}

bool is_scanned(const std::vector<Scan>& scans, const std::string& path) {
  return std::any_of(scans.begin(), scans.end(), [&](const Scan& scan) {
    const auto has = [&](const std::string& folder) { return source::is_below(path, folder); };
    const bool may_read =
        std::any_of(scan.folders.begin(), scan.folders.end(), has) || matches_any(scan.patterns, path);
    return may_read && !scan.prerequisites.have_at(path);
  });
}

}  // namespace larder::builds
