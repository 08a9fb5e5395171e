#include "builds/output/container_output.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/text.hpp"
#include "engine/container/owner.hpp"

namespace larder::builds {
namespace {

constexpr std::string_view folder_prefix = ".larder-";

/// Copies a file, or a link as it is, with the folders it lies in; its name is there once all of it is.
constexpr const char* copy_script =
    R"(for f; do mkdir -p "$0/${f%/*}" && cp -pP "$f" "$0/$f.part" && mv "$0/$f.part" "$0/$f" || exit 1; done)";

/// Names the files that are not copied.
constexpr const char* missing_script = R"(for f; do [ -e "$0/$f" ] || [ -L "$0/$f" ] || echo "$f"; done)";
/// find(1)'s test for what may be a program, a library or debug information, or a link to one.
constexpr const char* may_be_result =
    R"(\( -type l -o -type f \( -perm -100 -o -name '*.a' -o -name '*.lib' -o -name '*.so' -o -name '*.so.*' )"
    R"(-o -name '*.dll' -o -name '*.dwp' -o -name '*.debug' -o -name '*.pdb' \) \))";
constexpr const char* is_file_or_link = R"(\( -type l -o -type f \))";

/// find(1)'s test for the files that a pattern may mean; its `*` goes beyond folders, so there are more.
std::string find_test(const std::string& pattern) {
  std::string path = "./" + pattern;
  for (size_t at = 0; (at = path.find("**/", at)) != std::string::npos;) path.replace(at, 3, "*");
  return "-path " + shell_quote(path);
}

/// The part of a pattern that speaks of the folder `output`; no value where it speaks of others.
std::optional<std::string> below(const std::string& output, const std::string& pattern) {
  if (pattern.starts_with(output + "/")) return pattern.substr(output.size() + 1);
  if (pattern == "**" || pattern.starts_with("**/")) return pattern;
  return std::nullopt;
}

/// A search by find(1) for the files that are to be copied.
struct Search {
  std::vector<std::string> tests;  ///< any of them; none: there is nothing to copy
  long depth = 1;                  ///< how deep the patterns reach; 0: to any depth

  void add(const std::string& output, const std::vector<std::string>& patterns, const char* kind) {
    for (const std::string& pattern : patterns) {
      const auto inner = below(output, pattern);
      if (!inner) continue;
      tests.push_back(std::string(kind) + " " + find_test(*inner));
      const bool any_depth = depth == 0 || inner->find("**") != std::string::npos;
      depth = any_depth ? 0 : std::max<long>(depth, std::count(inner->begin(), inner->end(), '/') + 1);
    }
  }
};

Search search_for(const std::string& output, const ResultRules& rules) {
  Search search;
  if (!rules.installed.empty()) search.add(output, {rules.installed + "/**"}, is_file_or_link);
  search.add(output, rules.wanted, is_file_or_link);
  if (!rules.installed.empty() || !rules.wanted.empty()) return search;
  search.add(output, rules.include, may_be_result);
  if (rules.from == config::ResultSource::cmake)
    search.add(output, {rules.folder + "/.cmake/api/v1/reply/*"}, is_file_or_link);
  return search;
}

/// A folder that the tool has left without rights is named by find, which then fails: that is good enough where all
/// that it has found is copied. The copies keep their paths in /workspace, as the layers of a volume have them.
std::string collecting(const std::string& place, const std::string& output, const Search& search) {
  const std::string find =
      fmt::format("find . {}\\( {} \\) -exec sh -c",
                  search.depth == 0 ? "" : fmt::format("-maxdepth {} ", search.depth), join(search.tests, " -o "));
  const std::string to = shell_quote(std::string(engine::output_path) + "/" + output);
  return fmt::format(
      "cd {0} && {{ {1} {2} {3} {{}} + || {{ [ $? -eq 1 ] && [ -z \"$({1} {4} {3} {{}} + 2>/dev/null)\" ]; }}; }}",
      shell_quote(place + "/" + output), find, shell_quote(copy_script), to, shell_quote(missing_script));
}

/// One project may have builds of several stores: each store knows of its own alone.
std::string own_prefix(const store::Store& store) {
  return fmt::format("{}{}-", folder_prefix, engine::store_key(store.path()));
}

bool lives(const store::Store& store, const std::string& transaction) {
  Os& os = store.os();
  const auto folder = os.stat(store.dir(), "transactions/" + transaction);
  if (folder && !*folder) return false;
  const auto lease =
      FileLock::try_acquire(os, store.dir(), "transactions/" + transaction + "/lease", LockMode::exclusive);
  return !lease || !*lease;
}

}  // namespace

Status make_output(const Plan& plan, const store::Store& store, const store::Transaction& transaction,
                   engine::Spec& spec) {
  const std::string id = std::filesystem::path(transaction.root_dir()).parent_path().filename().string();
  spec.container.output = fmt::format("{}/target/{}{}", plan.workspace.folder, own_prefix(store), id);
  Os os;
  return os.mkdir(AT_FDCWD, spec.container.output);
}

void remove_outputs(const Plan& plan, const store::Store& store) {
  Os& os = store.os();
  const std::string target = plan.workspace.folder + "/target";
  const auto entries = os.list(AT_FDCWD, target);
  if (!entries) return;
  const std::string prefix = own_prefix(store);
  for (const DirEntry& entry : *entries) {
    if (!entry.name.starts_with(prefix)) continue;
    if (!lives(store, entry.name.substr(prefix.size())))
      (void)remove_tree(os, AT_FDCWD, target + "/" + entry.name);  // the next build tries again
  }
}

config::Command with_output(const std::string& output, const TargetPlan& target, const config::Command& command) {
  if (output.empty()) return command;
  const Search search = search_for(output, target.results);
  if (search.tests.empty()) return command;
  config::Command whole = {"sh", "-c", "\"$@\" || exit; " + collecting(target.compiled.mount_path, output, search),
                           "sh"};
  whole.insert(whole.end(), command.begin(), command.end());
  return whole;
}

}  // namespace larder::builds
