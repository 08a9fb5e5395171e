#include "builds/run/project_state.hpp"

#include <fcntl.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "base/durable_file.hpp"
#include "base/glob.hpp"
#include "base/parallel.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "builds/run/asks_git.hpp"
#include "builds/run/leftovers.hpp"
#include "engine/container/volumes.hpp"
#include "engine/namespaces.hpp"
#include "source/contents.hpp"
#include "source/git_index.hpp"
#include "source/git_state.hpp"

namespace larder::builds {
namespace {

namespace fs = std::filesystem;

constexpr size_t known_bytes_max = size_t{1} << 30;

/// File systems that overlayfs always takes as a layer: ext4, xfs, btrfs, tmpfs, f2fs; statfs(2), linux/magic.h.
constexpr std::array<uint64_t, 5> fitting = {0xEF53, 0x58465342, 0x9123683E, 0x01021994, 0xF2F52010};

std::string known_path(const std::string& folder) { return "contents/" + sha256_hex(folder).substr(0, 32); }

void hide(ProjectState& state, const std::vector<std::string>& paths) {
  const std::set<std::string> gone(paths.begin(), paths.end());
  std::erase_if(state.walk.seen, [&](const source::Seen& seen) { return gone.count(seen.entry.path) > 0; });
  state.hidden.insert(state.hidden.end(), paths.begin(), paths.end());
}

/// What Larder itself has put into the project: the folder of results, or in a source tree only its own parts of it.
void hide_results(const Plan& plan, ProjectState& state) {
  std::error_code ignored;
  const fs::path folder = plan.workspace.folder;
  for (const std::string& path : left_out_of(plan)) {
    if (fs::symlink_status(folder / path, ignored).type() == fs::file_type::not_found) continue;
    if (path == plan.recipe.output)
      state.covered = path;
    else
      state.hidden.push_back(path);
  }
}

/// Whether builds can be shown the project's folder itself. Where its file system is one of those that are common and
/// fit, nothing is tried.
bool shows_as_it_is(const Plan& plan, const store::Store& store) {
  const std::string& folder = plan.workspace.folder;
  if (plan.engine.client && !engine::fits_into_mount_options(folder)) return false;
  struct statfs file_system {};
  if (::statfs(folder.c_str(), &file_system) != 0) return true;
  const auto magic = static_cast<uint64_t>(file_system.f_type);
  const bool fits = std::find(fitting.begin(), fitting.end(), magic) != fitting.end();
  return fits || engine::can_be_layer(folder, store.path());
}

/// The project's links that lead to what builds are not shown. Folders of the system have the same names in images.
std::vector<source::LinkOut> links_out_of(const Plan& plan, Os& os, const source::Walk& walk) {
  std::vector<std::string> shown = {"/bin",    "/dev/null", "/etc",  "/lib",  "/lib32", "/lib64",
                                    "/libx32", "/opt",      "/proc", "/sbin", "/sys",   "/usr"};
  for (const auto& mount : plan.project.mounts) shown.push_back(mount.path);
  auto links = source::links_out_of(os, walk, shown);
  std::erase_if(links, [&](const source::LinkOut& link) {
    const source::Seen* seen = find_seen(walk, link.path);
    return seen != nullptr && !seen->link.starts_with('/') &&
           std::any_of(plan.workspace.around.begin(), plan.workspace.around.end(), [&](const Bind& around) {
             return link.target == around.source || source::is_below(link.target, around.source);
           });
  });
  return links;
}

/// The store's path in the project; empty where it lies elsewhere. Builds must not see it.
std::string store_in(const Plan& plan, const store::Store& store) {
  std::error_code ignored;
  const std::string path = fs::weakly_canonical(store.path(), ignored).string();
  const std::string& folder = plan.workspace.folder;
  return source::is_below(path, folder) ? path.substr(folder.size() + 1) : "";
}

/// All of the work tree that the project lies in, as far as it is shown.
source::Walk whole_work_tree(const Workspace& workspace, const ProjectState& state) {
  if (workspace.git_top.empty() || workspace.git_top == workspace.folder) return state.walk;
  source::Walk whole;
  whole.folder = workspace.git_top;
  const auto add = [&](const source::Walk& walk) {
    for (source::Seen seen : walk.seen) {
      const std::string path = walk.folder + "/" + seen.entry.path;
      if (!source::is_below(path, whole.folder)) continue;
      seen.entry.path = path.substr(whole.folder.size() + 1);
      whole.seen.push_back(std::move(seen));
    }
  };
  for (const auto& [place, walk] : state.around.walks) add(walk);
  add(state.walk);
  std::sort(whole.seen.begin(), whole.seen.end(), [](const source::Seen& a, const source::Seen& b) {
    return source::path_before(a.entry.path, b.entry.path);
  });
  return whole;
}

/// What git would answer to what the project's files may ask it. Branches, and whether files differ from the commit,
/// count only where one of them asks that.
std::string gits_answers(const Plan& plan, Os& os, const ProjectState& state) {
  const Workspace& workspace = plan.workspace;
  const config::BlindSpots& blind = plan.recipe.blind;
  const std::string top = workspace.git_top.empty() ? workspace.folder : workspace.git_top;
  std::string answers = source::git_state(os, top);
  if (answers.empty() || (blind.asks_refs.empty() && blind.asks_dirt.empty())) return answers;
  const GitsAskers askers(os, plan, state.entries);
  const bool macros_ask = macros_ask_git(os, plan);
  const auto ask = [&](const std::vector<std::string>& words) {
    return !words.empty() && (macros_ask || !askers.first(words).empty());
  };
  if (ask(blind.asks_refs)) answers = sha256_hex(answers + source::git_refs(os, top)).substr(0, 32);
  if (ask(blind.asks_dirt))
    answers = sha256_hex(answers + source::git_dirt(os, whole_work_tree(workspace, state))).substr(0, 32);
  return answers;
}

Result<source::KnownContents> read_known(const store::Store& store, const std::string& folder) {
  const auto text = read_file(store.os(), store.dir(), known_path(folder), known_bytes_max);
  if (text) return source::KnownContents::decode(*text);
  return source::KnownContents();  // all is read again
}

void add(const config::Environment& variables, std::vector<std::string>& words) {
  for (const auto& [name, value] : variables) words.push_back(name + "=" + value);
}

/// Whether the user's arguments have options that set the tool itself (`[fetch]` own_options: cargo's --config).
bool has_own_options(const Plan& plan) {
  if (!plan.recipe.fetch) return false;
  const std::vector<std::string>& options = plan.recipe.fetch->own_options;
  return std::any_of(plan.args.begin(), plan.args.end(), [&](const std::string& argument) {
    return contains(options, argument.substr(0, argument.find('=')));
  });
}

/// What build scripts ask for and their tool does not follow: git, variables, and the project's settings of the tool.
std::string asked_state(const Plan& plan, const std::string& git) {
  std::vector<std::string> words = plan.settings.project;
  add(plan.passed, words);
  add(plan.project.env, words);
  for (const auto& [name, target] : plan.project.of_target) add(target.env, words);
  if (has_own_options(plan)) words.insert(words.end(), plan.args.begin(), plan.args.end());
  if (words.empty() || plan.recipe.settings_in_variant) return git;
  Sha256 hash;
  hash.field(git);
  for (const std::string& word : words) hash.field(word);
  return hash.finish().substr(0, 32);
}

}  // namespace

std::vector<std::string> left_out_of(const Plan& plan) {
  const std::string& output = plan.recipe.output;
  if (output == "target") return {output};
  std::vector<std::string> paths;
  if (!output.empty()) paths.push_back(output);
  std::error_code ignored;
  const fs::path results = fs::path(plan.workspace.folder) / "target";
  for (const auto& entry : fs::directory_iterator(results, ignored)) {
    const std::string name = entry.path().filename().string();
    if (contains(plan.triples, name)) paths.push_back("target/" + name);
  }
  const auto all = std::distance(fs::directory_iterator(results, ignored), fs::directory_iterator());
  const fs::file_type type = fs::symlink_status(results, ignored).type();
  const bool is_free = type == fs::file_type::directory || type == fs::file_type::not_found;
  if (output.empty() && is_free && static_cast<size_t>(all) == paths.size())
    return {"target"};  // nothing else is in it
  return paths;
}

Result<std::shared_ptr<const ProjectState>> ProjectWatch::state() {
  if (!state_) {
    TRY_ASSIGN(state_, look_at_project(plan_, store_));
  }
  return state_;
}

Status ProjectWatch::retry(const std::function<Result<bool>()>& attempt) {
  constexpr int looks_max = 5;
  for (int look = 0; look < looks_max; ++look) {
    TRY_ASSIGN(const bool done, attempt());
    if (done) return {};
    forget();
  }
  return fail(ErrorCode::environment, "the project's files change faster than a build can look at them",
              "something writes to " + plan_.workspace.folder + " all the time", "build again when that has ended");
}

Result<std::shared_ptr<const ProjectState>> look_at_project(const Plan& plan, const store::Store& store) {
  auto state = std::make_shared<ProjectState>();
  Os& os = store.os();
  std::vector<std::string> left_out = left_out_of(plan);
  const std::string own = store_in(plan, store);
  if (!own.empty()) left_out.push_back(own);
  TRY_ASSIGN(state->walk, source::walk(os, plan.workspace.folder, left_out, worker_count()));
  state->is_checkout = !own.empty() || !state->walk.mounts.empty() || !shows_as_it_is(plan, store);
  TRY_ASSIGN(const source::KnownContents known, read_known(store, plan.workspace.folder));
  TRY_ASSIGN(const bool read, source::read_contents(os, state->walk, known, worker_count()));
  if (read) {
    const std::string text = source::known_of(state->walk).encode();
    TRY(replace_file(os, store.dir(), known_path(plan.workspace.folder), text, Durability::none));
  }
  state->objects = leftovers(plan, os, state->walk);
  hide(*state, state->objects);
  if (!state->is_checkout) hide_results(plan, *state);
  std::sort(state->hidden.begin(), state->hidden.end(), source::path_before);
  state->entries = source::entries_of(state->walk);
  TRY_ASSIGN(state->around, look_around(os, plan, state->entries, store.path()));
  state->links_out = links_out_of(plan, os, state->walk);
  state->git = asked_state(plan, gits_answers(plan, os, *state));
  state->content = source::digest_of(state->entries);
  return std::shared_ptr<const ProjectState>(std::move(state));
}

}  // namespace larder::builds
