#include "builds/output/find_results.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/glob.hpp"
#include "base/text.hpp"
#include "builds/output/cmake_reply.hpp"
#include "builds/output/result_path.hpp"

namespace larder::builds {
namespace {

using config::ResultSource;
using store::MergedEntry;
using store::MergedTree;

constexpr size_t notes_max = 5;  ///< files that are told by name
constexpr int links_max = 40;    ///< in one chain, as the kernel has it

/// Whether a library's name says that it is one, whatever its mode: `libx.so.1.2`, `x.dll`.
bool is_library_name(const std::string& name) {
  return name.ends_with(".so") || name.find(".so.") != std::string::npos || name.ends_with(".dll");
}

/// The folder that cargo puts a target's results of one profile into, `target/<triple>/release`.
std::string profile_folder(const std::string& path, const std::string& triple) {
  const size_t at = ("/" + path).find("/" + triple + "/");
  if (at == std::string::npos) return {};
  const size_t end = path.find('/', at + triple.size() + 1);
  return end == std::string::npos ? std::string() : path.substr(0, end);
}

class Finder {
 public:
  Finder(const Plan& plan, const TargetPlan& target, const store::Store& store, const MergedTree& view,
         const BuildOutput& output)
      : plan_(plan),
        target_(target),
        rules_(target.results),
        os_(store.os()),
        store_(store),
        view_(view),
        output_(output) {}

  Result<FoundResults> find() {
    if (!rules_.installed.empty()) TRY(add_installed());
    if (!rules_.wanted.empty()) TRY(add_wanted());
    if (rules_.installed.empty() && rules_.wanted.empty()) TRY(add_made());
    TRY(add_link_targets());
    for (auto& [path, result] : found_) all_.files.push_back(std::move(result));
    if (left_out_ > notes_max) all_.notes.push_back(fmt::format("{} more are not delivered", left_out_ - notes_max));
    return std::move(all_);
  }

 private:
  bool is_excluded(const std::string& path) const { return matches_any(rules_.exclude, path); }
  bool is_included(const std::string& path) const { return matches_any(rules_.include, path) && !is_excluded(path); }

  static bool may_lie_below(const std::vector<std::string>& patterns, const std::string& folder) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& pattern) { return glob_may_match_below(pattern, folder); });
  }

  // --- what the tool has made

  Status add_made() {
    if (rules_.from == ResultSource::cargo) return add_of_cargo();
    if (rules_.from == ResultSource::cmake) {
      TRY_ASSIGN(const auto named, read_cmake_reply(store_, view_, rules_));
      if (named) return add_of_cmake(*named);
    }
    return add_by_content();
  }

  Status add_of_cargo() {
    for (const std::string& file : output_.messages.files()) {
      const auto path = path_in_workspace("", file, rules_.place);
      if (!path) {
        leave_out(file, "what lies outside of /workspace goes with the build");
        continue;
      }
      if (is_included(*path)) TRY(add_named(*path, profile_folder(*path, target_.target.triple)));
    }
    return {};
  }

  Status add_of_cmake(const std::vector<std::string>& named) {
    for (const std::string& path : named)
      if (is_included(path)) TRY(add_named(path, {}));
    std::set<std::string> folders;
    for (const auto& [path, result] : found_) folders.insert(folder_of(path));
    return add_links_beside([&](const std::string& folder) {
      return std::any_of(folders.begin(), folders.end(),
                         [&](const std::string& one) { return one == folder || one.starts_with(folder + "/"); });
    });
  }

  /// CMake also names files of targets that were not built. Where the engine keeps the volumes, only what lies in the
  /// recipe's folder for its output comes out of them.
  Status add_named(const std::string& named, const std::string& base) {
    TRY_ASSIGN(const auto path, end_of_links(named));
    const bool may_be_lost = output_.project == nullptr && !named.starts_with(plan_.recipe.output + "/");
    if (!path && (rules_.from == ResultSource::cargo || may_be_lost))
      leave_out(named, "it does not lie where the build leaves its results");
    if (!path) return {};
    TRY_ASSIGN(const auto file, view_.find(*path));
    return add_file(*path, file->status, file->dir.get(), file->name, base);
  }

  Status add_by_content() {
    const auto may_hold = [&](const std::string& folder) { return may_lie_below(rules_.include, folder); };
    TRY(view_.walk(
        [&](const MergedEntry& entry) -> Status {
          if (!S_ISREG(entry.status.st_mode) || has_controls(entry.name) || !is_included(entry.path)) return {};
          TRY_ASSIGN(auto binary, identify(entry.status, entry.dir, entry.name));
          if (binary) found_[entry.path] = {entry.path, entry.status, {}, std::move(binary), {}};
          return {};
        },
        may_hold));
    if (!rules_.beside.empty()) TRY(add_beside_libraries(may_hold));
    return add_links_beside(may_hold);
  }

  /// What belongs to a library by the same name: `x.h` beside `x.a`.
  Status add_beside_libraries(const MergedTree::Enter& enter) {
    std::set<std::string> wanted;
    for (const auto& [path, result] : found_)
      if (!result.binary->executable)
        for (const std::string& ending : rules_.beside) wanted.insert(path.substr(0, path.rfind('.')) + ending);
    return view_.walk(
        [&](const MergedEntry& entry) -> Status {
          return wanted.contains(entry.path) ? add_entry(entry, {}) : Status();
        },
        enter);
  }

  /// A program, a shared library or a static one; no value for all else.
  Result<std::optional<Binary>> identify(const struct stat& status, int dir, const std::string& name) {
    const bool may_run = (status.st_mode & S_IXUSR) != 0;
    if (name.ends_with(".a") || name.ends_with(".lib")) return identify_archive(os_, dir, name);
    if (!may_run && !is_library_name(name)) return std::nullopt;
    TRY_ASSIGN(auto binary, identify_binary(os_, dir, name));
    if (binary && binary->executable && !may_run) binary.reset();
    return binary;
  }

  /// The names by which results are found in their own folder, such as `libx.so` for `libx.so.1.2`.
  Status add_links_beside(const MergedTree::Enter& enter) {
    std::map<std::string, FoundResult> links;
    TRY(view_.walk(
        [&](const MergedEntry& entry) -> Status {
          if (!S_ISLNK(entry.status.st_mode) || has_controls(entry.name) || !is_included(entry.path)) return {};
          TRY_ASSIGN(const auto end, end_of_links(entry.path));
          if (!end || folder_of(*end) != folder_of(entry.path)) return {};
          const auto result = found_.find(*end);
          if (result == found_.end()) return {};
          TRY_ASSIGN(const auto next, next_of_link(entry.path, entry.dir, entry.name));
          if (next) links[entry.path] = {entry.path, result->second.status, {}, {}, *next};
          return {};
        },
        enter));
    found_.merge(links);
    return {};
  }

  // --- what the project wants

  Status add_wanted() {
    std::vector<bool> matched(rules_.wanted.size());
    TRY(view_.walk(
        [&](const MergedEntry& entry) -> Status {
          if (S_ISDIR(entry.status.st_mode) || is_excluded(entry.path)) return {};
          TRY_ASSIGN(const bool is_made, is_made_still(entry));
          bool wanted = false;
          for (size_t i = 0; i < rules_.wanted.size() && is_made; ++i)
            if (glob_matches(rules_.wanted[i], entry.path)) wanted = matched[i] = true;
          return wanted ? add_entry(entry, {}) : Status();
        },
        [&](const std::string& folder) { return may_lie_below(rules_.wanted, folder); }));
    for (size_t i = 0; i < matched.size(); ++i)
      if (!matched[i]) TRY(add_sources(i));
    return {};
  }

  /// False for a program or library in the folder where cargo leaves its results, if cargo does not name it any more.
  Result<bool> is_made_still(const MergedEntry& entry) {
    if (rules_.from != ResultSource::cargo || !output_.messages.any() || !S_ISREG(entry.status.st_mode)) return true;
    const std::string base = profile_folder(entry.path, target_.target.triple);
    const std::string folder = folder_of(entry.path);
    if (base.empty() || (folder != base && folder != base + "/examples")) return true;
    TRY_ASSIGN(const auto binary, identify(entry.status, entry.dir, entry.name));
    if (!binary) return true;
    const auto& named = output_.messages.files();
    return std::any_of(named.begin(), named.end(), [&](const std::string& file) {
      return path_in_workspace("", file, rules_.place) == entry.path;
    });
  }

  /// The project's own files, such as headers, by the pattern of that number.
  Status add_sources(size_t number) {
    bool matched = false;
    if (output_.project != nullptr) {
      TRY_ASSIGN(const UniqueFd project, os_.open(AT_FDCWD, output_.project->folder, O_RDONLY | O_DIRECTORY));
      for (const source::Seen& seen : output_.project->seen) {
        const std::string& path = seen.entry.path;
        if (seen.entry.kind != source::Kind::file || source::is_gits_own(path) || has_controls(path)) continue;
        if (is_excluded(path) || !glob_matches(rules_.wanted[number], path)) continue;
        TRY(add_source(project.get(), path));
        matched = true;
      }
    }
    return matched ? Status() : Status(fail(no_match(number)));
  }

  Status add_source(int project, const std::string& path) {
    const std::string folder = folder_of(path);
    TRY_ASSIGN(const UniqueFd dir, os_.open_dir_beneath(project, folder.empty() ? "." : folder));
    TRY_ASSIGN(const auto status, os_.stat(dir.get(), name_of(path)));
    if (!status || !S_ISREG(status->st_mode)) return {};
    TRY(add_file(path, *status, dir.get(), name_of(path), {}));
    found_[path].is_source = true;
    return {};
  }

  Error no_match(size_t i) const {
    const config::Project& project = plan_.project;
    const std::string place = i < project.include_at.size() ? project.include_at[i] : "larder.toml";
    const std::string pattern = i < project.artifacts.size() ? project.artifacts[i] : rules_.wanted[i];
    const std::string expanded = pattern == rules_.wanted[i] ? "" : ", which is `" + rules_.wanted[i] + "`";
    return {ErrorCode::usage,
            fmt::format("{}: no file that the build for {} has made matches `{}`{}", place, target_.target.name,
                        pattern, expanded),
            "patterns speak of files below the project's folder as the build leaves them; a folder alone is none",
            "correct it or take it out; `**` stands for any number of folders", 0};
  }

  Status add_installed() {
    std::string strip = rules_.installed;
    if (!rules_.strip.empty()) strip += "/" + rules_.strip;
    return view_.walk(
        [&](const MergedEntry& entry) -> Status {
          if (S_ISDIR(entry.status.st_mode) || !entry.path.starts_with(rules_.installed + "/")) return {};
          const std::string& base = entry.path.starts_with(strip + "/") ? strip : rules_.installed;
          const std::string name = entry.path.substr(base.size() + 1);
          return matches_any(plan_.project.artifacts_not, name) ? Status() : add_entry(entry, base);
        },
        [&](const std::string& folder) {
          return folder.starts_with(rules_.installed + "/") || (rules_.installed + "/").starts_with(folder + "/");
        });
  }

  Status add_entry(const MergedEntry& entry, const std::string& base) {
    if (S_ISREG(entry.status.st_mode) && !has_controls(entry.path))
      return add_file(entry.path, entry.status, entry.dir, entry.name, base);
    if (!S_ISLNK(entry.status.st_mode) || has_controls(entry.path)) {
      leave_out(entry.path, "it is no file");
      return {};
    }
    TRY_ASSIGN(const auto next, next_of_link(entry.path, entry.dir, entry.name));
    if (next)
      found_[entry.path] = {entry.path, {}, base, {}, *next};
    else
      leave_out(entry.path, "the link leads out of the build's folder");
    return {};
  }

  Status add_file(const std::string& path, const struct stat& status, int dir, const std::string& name,
                  const std::string& base) {
    TRY_ASSIGN(auto binary, identify(status, dir, name));
    found_[path] = {path, status, base, std::move(binary), {}};
    return {};
  }

  void leave_out(const std::string& path, const char* why) {
    if (++left_out_ <= notes_max) all_.notes.push_back(fmt::format("{} is not delivered: {}", printable(path), why));
  }

  // --- links

  /// Adds what links lead to and no pattern has matched; takes out the links that lead to no file.
  Status add_link_targets() {
    std::vector<FoundResult> waiting;
    for (const auto& [path, result] : found_)
      if (!result.link.empty()) waiting.push_back(result);
    while (!waiting.empty()) {
      const FoundResult link = std::move(waiting.back());
      waiting.pop_back();
      TRY_ASSIGN(const auto end, end_of_links(link.path));
      if (!end) {
        leave_out(link.path, "the link leads to no file that the build has made");
        found_.erase(link.path);
        continue;
      }
      TRY_ASSIGN(const auto file, view_.find(*end));
      found_[link.path].status = file->status;
      if (found_.count(link.link) != 0) continue;
      if (link.link == *end) {
        TRY(add_file(*end, file->status, file->dir.get(), file->name, link.base));
        continue;
      }
      TRY_ASSIGN(const auto found, view_.find(link.link));
      TRY_ASSIGN(const auto next, found ? next_of_link(link.link, found->dir.get(), found->name) : std::nullopt);
      if (!next) continue;
      found_[link.link] = {link.link, file->status, link.base, {}, *next};
      waiting.push_back(found_[link.link]);
    }
    return {};
  }

  /// What a link names, by its words. An absolute one of what is installed means a place below DESTDIR, else the one
  /// where the build has seen the project.
  Result<std::optional<std::string>> next_of_link(const std::string& path, int dir, const std::string& name) {
    TRY_ASSIGN(const std::string text, os_.read_link(dir, name));
    const std::string below = rules_.installed + "/";
    if (text.starts_with("/") && !rules_.installed.empty() && path.starts_with(below)) {
      auto installed = path_in_workspace(rules_.installed, text.substr(1));
      if (installed && installed->starts_with(below)) return installed;
    }
    return path_in_workspace(folder_of(path), text, rules_.place);
  }

  /// The file that the path leads to, itself or by links; no value where that is none of the volume's.
  Result<std::optional<std::string>> end_of_links(std::string path) {
    for (int i = 0; i < links_max; ++i) {
      TRY_ASSIGN(const auto found, view_.find(path));
      if (!found) return std::nullopt;
      if (S_ISREG(found->status.st_mode)) return path;
      if (!S_ISLNK(found->status.st_mode)) return std::nullopt;
      TRY_ASSIGN(auto next, next_of_link(path, found->dir.get(), found->name));
      if (!next) return std::nullopt;
      path = std::move(*next);
    }
    return std::nullopt;
  }

  const Plan& plan_;
  const TargetPlan& target_;
  const ResultRules& rules_;
  Os& os_;
  const store::Store& store_;
  const MergedTree& view_;
  const BuildOutput& output_;
  std::map<std::string, FoundResult> found_;
  size_t left_out_ = 0;
  FoundResults all_;
};

}  // namespace

Result<FoundResults> find_results(const Plan& plan, const TargetPlan& target, const store::Store& store,
                                  const store::MergedTree& view, const BuildOutput& output) {
  return Finder(plan, target, store, view, output).find();
}

}  // namespace larder::builds
