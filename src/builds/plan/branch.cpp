#include "builds/plan/branch.hpp"

#include <fcntl.h>

#include <array>

#include "base/environment.hpp"
#include "base/os.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"
#include "builds/plan/git_folder.hpp"
#include "source/git_state.hpp"

namespace larder::builds {
namespace {

/// By which CI systems say what branch they build; of a merge request the one that it comes from.
constexpr std::array ci_variables = {"GITHUB_HEAD_REF",    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
                                     "CI_COMMIT_BRANCH",   "CHANGE_BRANCH",
                                     "BRANCH_NAME",        "CIRCLE_BRANCH",
                                     "BUILDKITE_BRANCH",   "BITBUCKET_BRANCH",
                                     "DRONE_SOURCE_BRANCH"};

std::string branch_in_ci() {
  if (!is_ci()) return {};
  for (const char* name : ci_variables)
    if (std::string value = environment(name); !value.empty()) return value;
  return environment("GITHUB_REF_TYPE") == "branch" ? environment("GITHUB_REF_NAME") : "";
}

/// What a symbolic ref of git's names below `prefix`; empty where the file is none, or not there.
std::string symbolic_ref(const std::string& file, const std::string& prefix) {
  constexpr size_t bytes_max = 4096;
  Os os;
  const auto text = read_file(os, AT_FDCWD, file, bytes_max);
  const std::string start = "ref: " + prefix;
  return text && text->starts_with(start) ? trim(text->substr(start.size())) : "";
}

/// What stands for a name that no statement can have: git takes any bytes, and what a file system does.
std::string as_text(const std::string& name) {
  constexpr size_t bytes_max = 255;
  if (name.size() <= bytes_max && is_utf8(name)) return name;
  return "sha256-" + sha256_hex(name).substr(0, 16);
}

Branch find_branch(const std::string& folder) {
  Branch branch{"", "main"};
  const auto git = find_git(folder);
  Os os;
  if (git) branch.commit = source::head_commit(os, git->top.string());
  const std::string origin = git ? symbolic_ref(git->common / "refs/remotes/origin/HEAD", "refs/remotes/origin/") : "";
  if (!origin.empty()) branch.default_branch = origin;
  branch.name = environment("LARDER_BRANCH");
  if (branch.name.empty()) branch.name = branch_in_ci();
  if (!branch.name.empty()) return branch;
  if (!git)
    branch.name = branch.default_branch;
  else
    branch.name = symbolic_ref((git->worktree ? git->top / git->link : git->common) / "HEAD", "refs/heads/");
  return branch;
}

}  // namespace

Branch branch_of(const std::string& folder) {
  Branch branch = find_branch(folder);
  branch.name = as_text(branch.name);
  branch.default_branch = as_text(branch.default_branch);
  return branch;
}

}  // namespace larder::builds
