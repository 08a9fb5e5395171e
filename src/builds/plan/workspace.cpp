#include "builds/plan/workspace.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "base/environment.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "builds/plan/git_folder.hpp"
#include "config/tool_workspace.hpp"

namespace larder::builds {
namespace {

namespace fs = std::filesystem;

/// A word fit for a volume's name; what does not fit becomes `-`.
std::string slug(std::string_view text) {
  std::string word;
  for (const char c : text.substr(0, 40)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (plain)
      word += c;
    else if (!word.empty() && word.back() != '-')
      word += '-';
  }
  while (!word.empty() && word.back() == '-') word.pop_back();
  return word.empty() ? "project" : word;
}

std::string last_part(std::string text) {
  while (!text.empty() && text.back() == '/') text.pop_back();
  if (text.size() > 4 && text.compare(text.size() - 4, 4, ".git") == 0) text.erase(text.size() - 4);
  const size_t start = text.find_last_of("/:");
  return start == std::string::npos ? text : text.substr(start + 1);
}

std::string named_after(const std::string& name, const std::string& identity) {
  return slug(name) + "-" + sha256_hex(identity).substr(0, 8);
}

/// What all clones and worktrees of a repository have in common: where its origin's origin is, or else lies.
std::string identity_of(const Git& git, int clones) {
  constexpr int clones_max = 8;
  const std::string url = origin_url(git.common);
  if (url.empty()) return (git.common.filename() == ".git" ? git.common.parent_path() : git.common).string();
  constexpr std::string_view file = "file://";
  std::error_code ignored;
  const std::string on_server = url.starts_with(file) ? url : repository_of(url);
  if (on_server != url) return on_server;
  const fs::path path = git.top / (url.starts_with(file) ? url.substr(file.size()) : url);
  const fs::path folder = fs::weakly_canonical(path.filename().empty() ? path.parent_path() : path, ignored);
  if (clones == clones_max) return folder.string();
  if (fs::is_regular_file(folder / "HEAD", ignored)) return identity_of({folder, folder, false}, clones + 1);
  const auto there = find_git(folder);
  return there && there->top == folder ? identity_of(*there, clones + 1) : folder.string();
}

std::string project_name(const fs::path& folder, const config::Project& project, const std::optional<Git>& git) {
  if (!project.name.empty()) return slug(project.name);
  if (!git) return named_after(folder.filename().string(), folder.string());
  const std::string url = identity_of(*git, 0);
  const std::string inside = folder.lexically_relative(git->top).string();
  return named_after(inside == "." ? last_part(url) : folder.filename().string(), url + "\n" + inside);
}

bool is_at_or_below(const fs::path& path, const fs::path& folder) {
  const std::string inside = path.lexically_relative(folder).string();
  return !inside.empty() && inside != ".." && !inside.starts_with("../");
}

/// Whether a folder above the project may be taken for its own and be shown: not the root of the machine, nor the
/// caller's home or what is above it, whatever lies there; and `mark`, which makes it one, is no other user's.
bool may_be_shown(const fs::path& folder, const fs::path& mark, const fs::path& project) {
  if (folder == project) return true;
  std::error_code ignored;
  const fs::path home = fs::weakly_canonical(environment("HOME"), ignored);
  return folder != folder.root_path() && (home.empty() || !is_at_or_below(home, folder)) && is_trusted(mark, project);
}

/// The folder that the tool takes for the project: the root of the workspace that `start` belongs to, else `settings`.
fs::path project_folder(const fs::path& settings, const fs::path& start, const std::string& workspace_file) {
  if (workspace_file.empty()) return settings;
  const fs::path root = config::tool_workspace(is_at_or_below(start, settings) ? start : settings, workspace_file);
  if (root.empty() || !is_at_or_below(settings, root) || !may_be_shown(root, root / workspace_file, settings))
    return settings;
  return root;
}

/// The folder that is shown: the work tree's top, and while that is a submodule's the top of the one that has it.
fs::path shown_top(const fs::path& folder, const std::optional<Git>& git) {
  fs::path top = folder;
  std::optional<Git> at = git;
  while (at && may_be_shown(at->top, at->top / ".git", folder)) {
    top = at->top;
    if (!at->worktree || top == top.root_path()) break;
    const fs::path repository = at->common;
    at = find_git(top.parent_path());
    if (!at || !is_at_or_below(repository, at->common)) break;
  }
  return top;
}

/// The nearest folder at or above the project by whose file the tool knows what belongs to it, if it holds `top`; else
/// `top`.
fs::path top_with_file(const fs::path& top, const fs::path& folder, const std::string& file) {
  std::error_code ignored;
  if (file.empty()) return top;
  for (fs::path above = folder;; above = above.parent_path()) {
    if (fs::is_regular_file(above / file, ignored))
      return is_at_or_below(top, above) && may_be_shown(above, above / file, folder) ? above : top;
    if (above == above.parent_path()) return top;
  }
}

/// Whether repositories lie side by side with the way from `top` down to `folder`: then `top` holds projects, and is
/// none.
bool holds_repositories(const fs::path& top, const fs::path& folder) {
  std::error_code ignored;
  for (fs::path above = folder.parent_path(); is_at_or_below(above, top); above = above.parent_path()) {
    for (const fs::directory_entry& child : fs::directory_iterator(above, ignored))
      if (fs::exists(child.path() / ".git", ignored)) return true;
    if (above == above.root_path()) return true;
  }
  return false;
}

/// Who stands in a folder and names one inside a folder of it (`-C build/cmake`) stands at the top of the project. One
/// level down is not enough, nor is a folder that holds repositories: so one names a project among others.
fs::path called_from(const fs::path& folder, const std::string& named) {
  std::error_code ignored;
  const fs::path path = fs::path(named).lexically_normal();
  const fs::path here = fs::current_path(ignored);
  const bool is_deep = path.is_relative() && *path.begin() != ".." && !path.parent_path().empty();
  const bool is_it = fs::weakly_canonical(here / path, ignored) == folder && is_at_or_below(folder, here);
  return is_deep && is_it && may_be_shown(here, here, folder) && !holds_repositories(here, folder) ? here : folder;
}

fs::path common_folder(const fs::path& a, const fs::path& b) {
  fs::path common = a;
  while (!is_at_or_below(b, common)) common = common.parent_path();
  return common;
}

/// What `[workspace] include` names, absolute.
Result<fs::path> included(const Workspace& workspace, const std::string& named) {
  std::error_code error;
  const fs::path path = (fs::path(workspace.settings) / named).lexically_normal();
  const fs::path clean = path.filename().empty() ? path.parent_path() : path;
  const fs::path home = fs::weakly_canonical(environment("HOME"), error);
  const std::string what = "`[workspace] include` names " + printable(named);
  const fs::path real = fs::canonical(clean, error);
  if (error) return fail(ErrorCode::usage, what + ", which is not there", clean.string() + ": " + error.message());
  for (const fs::path& one : {clean, real})
    if (one == one.root_path() || (!home.empty() && is_at_or_below(home, one)))
      return fail(ErrorCode::usage, what + ", which is a home folder or one above it", one.string(),
                  "name the folders in it that the build needs");
  return clean;
}

/// A tool's settings in folders that are not shown have no effect on the build, which the user must know. The caller's
/// own in the home folder are none of the project's.
void note_above(Workspace& workspace, const std::vector<std::string>& files) {
  std::error_code ignored;
  const fs::path top = workspace.top;
  const fs::path home = fs::weakly_canonical(environment("HOME"), ignored);
  for (fs::path above = top.parent_path(); top != top.root_path(); above = above.parent_path()) {
    for (const std::string& file : files) {
      const fs::path path = above / file;
      const bool is_shown = std::any_of(workspace.around.begin(), workspace.around.end(),
                                        [&](const Bind& one) { return is_at_or_below(path, one.source); });
      if (above == home || is_shown || !fs::is_regular_file(path, ignored)) continue;
      workspace.notes.push_back(path.string() +
                                " lies above what builds see and has no effect; `[workspace] include = [\"" +
                                path.lexically_relative(workspace.settings).string() + "\"]` in larder.toml shows it");
    }
    if (above == above.root_path()) return;
  }
}

/// What of a repository builds do not see, so that git answers otherwise there, or not at all.
void note_lost_git(Workspace& workspace, const std::optional<Git>& git) {
  if (const fs::path lost = git ? fs::path() : lost_git(workspace.folder); !lost.empty())
    workspace.notes.push_back(
        lost.string() +
        " leads to a repository that does not name this folder as its work tree: builds see no git; "
        "`git config core.worktree " +
        shell_quote(lost.parent_path().string()) + "` there names it");
  if (!git) return;
  for (const std::string& objects : alternate_objects(git->common)) {
    if (is_at_or_below(objects, workspace.top)) continue;
    const auto holds = [&](const Included& one) { return is_at_or_below(objects, one.path); };
    if (std::any_of(workspace.included.begin(), workspace.included.end(), holds)) {
      workspace.git_binds.push_back({objects, objects});
      continue;
    }
    workspace.notes.push_back("git's objects lie in " + objects +
                              " as well, which builds do not see: git fails there. `[workspace] include = [\"" +
                              fs::path(objects).lexically_relative(workspace.settings).string() +
                              "\"]` in larder.toml shows them");
  }
}

/// The folder that the caller is in, where the tool's arguments name the project in it.
fs::path around_named(const fs::path& folder, const WorkspaceQuery& query) {
  std::error_code ignored;
  const fs::path here = fs::weakly_canonical(query.start, ignored);
  return is_at_or_below(folder, here) && may_be_shown(here, here, folder) ? here : folder;
}

/// Decides what is shown around the project and where: all that is shown keeps its place relative to the project.
Status show_around(Workspace& workspace, const std::optional<Git>& git, const std::vector<std::string>& include,
                   const WorkspaceQuery& query) {
  const fs::path folder = workspace.folder;
  fs::path top = shown_top(folder, git);
  if (is_at_or_below(top, workspace.settings)) top = workspace.settings;
  top = top_with_file(top, folder, query.around_file);
  if (!query.named.empty()) top = around_named(top, query);
  if (top == folder) top = called_from(folder, query.start);
  std::vector<fs::path> shown;
  if (top != folder) shown.push_back(top);
  fs::path base = top;
  for (const std::string& named : include) {
    TRY_ASSIGN(const fs::path path, included(workspace, named));
    if (is_at_or_below(path, top)) continue;
    workspace.included.push_back({named, path.string()});
    shown.push_back(path);
    base = common_folder(base, is_at_or_below(top, path) ? path : path.parent_path());
  }
  const auto place_of = [&](const fs::path& path) {
    return path == base ? std::string(workspace_path) : workspace_path + ("/" + path.lexically_relative(base).string());
  };
  std::sort(shown.begin(), shown.end());
  for (const fs::path& path : shown) {
    const bool is_held = std::any_of(workspace.around.begin(), workspace.around.end(),
                                     [&](const Bind& one) { return is_at_or_below(path, one.source); });
    if (!is_held) workspace.around.push_back({path.string(), place_of(path)});
  }
  workspace.place = place_of(folder);
  workspace.top = top.string();
  if (workspace.git_dir.empty()) return {};
  workspace.git_binds.push_back({workspace.git_dir, workspace.git_dir});
  if (fs::path(git->link).is_absolute() || is_at_or_below(workspace.git_dir, base)) return {};
  const fs::path own = (fs::path(place_of(git->top)) / git->link).lexically_normal();
  const fs::path on_machine = (git->top / git->link).lexically_normal();
  workspace.git_binds.push_back(
      {workspace.git_dir,
       (own / fs::path(workspace.git_dir).lexically_relative(on_machine)).lexically_normal().string()});
  return {};
}

/// Where the tool is started by a caller whose arguments name another folder's project: where the caller is, since
/// paths among the arguments go from there.
Status start_beside(Workspace& workspace, const WorkspaceQuery& query) {
  std::error_code ignored;
  const fs::path here = fs::weakly_canonical(query.start, ignored);
  workspace.start = here.string();
  if (is_at_or_below(here, workspace.top)) return {};
  return fail(ErrorCode::usage, "builds of " + workspace.folder + " do not see " + here.string(),
              "the tool would be started there, and is told by its arguments where the project is",
              "go to " + workspace.folder + ", and leave that argument out");
}

}  // namespace

std::string Workspace::start_place() const {
  if (start.empty() || start == folder) return place;
  const fs::path there = (fs::path(place) / fs::path(start).lexically_relative(folder)).lexically_normal();
  return there.has_filename() ? there.string() : there.parent_path().string();
}

std::string find_project_folder(const std::string& start) {
  std::error_code ignored;
  const fs::path here = fs::weakly_canonical(start, ignored);
  for (fs::path folder = here;; folder = folder.parent_path()) {
    const fs::path file = folder / "larder.toml";
    if (fs::is_regular_file(file, ignored) && (folder == here || is_trusted(file, here))) return folder.string();
    if (folder == folder.parent_path()) return here.string();
  }
}

std::string at_place(const std::string& text, const std::string& place) {
  const std::string_view word = workspace_path;
  if (place == word) return text;
  const auto is_name = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-'; };
  std::string made;
  size_t done = 0;
  for (size_t at = 0; (at = text.find(word, at)) != std::string::npos; at += word.size()) {
    const size_t end = at + word.size();
    const bool begins = at == 0 || !(is_name(text[at - 1]) || text[at - 1] == '/' || text[at - 1] == '.');
    if (!begins || (end < text.size() && (is_name(text[end]) || text[end] == '.'))) continue;
    made += text.substr(done, at - done) + place;
    done = end;
  }
  return made + text.substr(done);
}

Status check_folder(const std::string& folder) {
  std::error_code error;
  if (fs::is_directory(folder, error)) return {};
  if (folder.empty()) return fail(ErrorCode::usage, "the current folder is gone", {}, "go to one that is there: `cd`");
  return fail(ErrorCode::usage, "no such project folder: " + printable(folder),
              error ? error.message() : "it is no folder", "name one that is there, or go to it and leave `-C` out");
}

Result<Workspace> open_workspace(const std::string& folder, const config::Project& project,
                                 const WorkspaceQuery& query) {
  TRY(check_folder(folder));
  std::error_code error;
  const fs::path settings = fs::canonical(folder, error);
  const fs::path named = fs::canonical(settings / project.folder, error);
  if (error || !is_at_or_below(named, settings))
    return fail(ErrorCode::usage,
                "`[project] folder` names " + printable(project.folder) + ", which is no folder there", named.string(),
                "name a folder below larder.toml's");
  const std::string& wanted = query.named.empty() ? query.start : query.named;
  const fs::path start = wanted.empty() ? named : fs::weakly_canonical(wanted, error);
  const fs::path real = project_folder(named, start, query.workspace_file);
  const std::optional<Git> git = find_git(real);
  Workspace workspace{real.string(), project_name(real, project, git), "", settings.string(), real.string(), ""};
  if (real != settings && !fs::exists(settings / "larder.toml", error)) workspace.settings = real.string();
  if (!query.workspace_file.empty() && is_at_or_below(start, real)) workspace.start = start.string();
  if (git && git->worktree) workspace.git_dir = git->common.string();
  if (git && may_be_shown(git->top, git->top / ".git", real)) workspace.git_top = git->top.string();
  TRY(show_around(workspace, git, project.include, query));
  if (!query.named.empty()) TRY(start_beside(workspace, query));
  note_above(workspace, query.searched_above);
  note_lost_git(workspace, git);
  return workspace;
}

}  // namespace larder::builds
