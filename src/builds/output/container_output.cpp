#include "builds/output/container_output.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/text.hpp"
#include "engine/container/owner.hpp"

namespace larder::builds {
namespace {

constexpr std::string_view folder_prefix = ".larder-";

/// Copies a file with the folders it lies in; its name is there once all of it is.
constexpr const char* copy_script =
    R"(for f; do mkdir -p "$0/${f%/*}" && cp -p "$f" "$0/$f.part" && mv "$0/$f.part" "$0/$f" || exit 1; done)";

/// Names the files that are not copied.
constexpr const char* missing_script = R"(for f; do [ -e "$0/$f" ] || echo "$f"; done)";

/// find(1)'s test for the files that a pattern may mean; its `*` goes beyond folders, so there are more.
std::string find_test(const std::string& pattern) {
  std::string path = "./" + pattern;
  for (size_t at = 0; (at = path.find("**/", at)) != std::string::npos;) path.replace(at, 3, "*");
  return "-path " + shell_quote(path);
}

/// How deep the patterns reach; 0: to any depth.
long depth_of(const std::vector<std::string>& patterns) {
  long depth = 1;
  for (const std::string& pattern : patterns) {
    if (pattern.find("**") != std::string::npos) return 0;
    depth = std::max<long>(depth, std::count(pattern.begin(), pattern.end(), '/') + 1);
  }
  return depth;
}

/// A folder that the tool has left without rights is named by find, which then fails: that is good enough where all
/// that it has found is copied. `patterns` are relative to the folder `output` that the tool builds in. The copies keep
/// their paths in /workspace, as the layers of a volume have them.
std::string collecting(const std::string& output, const std::vector<std::string>& patterns) {
  std::vector<std::string> tests;
  for (const std::string& pattern : patterns) tests.push_back(find_test(pattern));
  const long depth = depth_of(patterns);
  const std::string find = fmt::format("find . {}-type f -perm -100 \\( {} \\) -exec sh -c",
                                       depth == 0 ? "" : fmt::format("-maxdepth {} ", depth), join(tests, " -o "));
  const std::string to = shell_quote(std::string(engine::output_path) + "/" + output);
  return fmt::format(
      "cd {0} && {{ {1} {2} {3} {{}} + || {{ [ $? -eq 1 ] && [ -z \"$({1} {4} {3} {{}} + 2>/dev/null)\" ]; }}; }}",
      shell_quote(std::string(workspace_path) + "/" + output), find, shell_quote(copy_script), to,
      shell_quote(missing_script));
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
  const std::string prefix = output + "/";
  std::vector<std::string> patterns;
  for (const std::string& pattern : target.artifacts)
    if (pattern.starts_with(prefix)) patterns.push_back(pattern.substr(prefix.size()));
  if (patterns.empty()) return command;
  config::Command whole = {"sh", "-c", "\"$@\" || exit; " + collecting(output, patterns), "sh"};
  whole.insert(whole.end(), command.begin(), command.end());
  return whole;
}

}  // namespace larder::builds
