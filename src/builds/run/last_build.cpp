#include "builds/run/last_build.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/build_id.hpp"
#include "base/durable_file.hpp"
#include "base/hash_file.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "store/branch/ref.hpp"

namespace larder::builds {
namespace {

using nlohmann::json;

constexpr size_t note_bytes_max = size_t{4} << 20;
constexpr size_t log_bytes_max = size_t{4} << 20;

std::string note_path(const TargetPlan& target) { return store::ref_dir(target.compiled.key) + "/good"; }

bool may_be_left_out(const BuildContext& context, const TargetPlan& target) {
  const Plan& plan = context.plan;
  const bool said = plan.project.skip_unchanged.value_or(plan.recipe.skip_unchanged);
  return said && !context.options.force && !context.options.private_volumes && !context.home.plain && !plan.test &&
         !plan.project.network && plan.project.mounts.empty() && !target.image.digest.empty() &&
         target.image.name != "host";
}

/// Larder's own build: another one may decide otherwise. A program's file tells less than its content: one that a
/// package brings has the time of its commit.
std::string own_build() {
  if (std::string id = own_build_id(); !id.empty()) return id;
  struct stat self {};
  if (::stat("/proc/self/exe", &self) != 0) return "unknown";
  return fmt::format("{} {} {}.{:09}", self.st_ino, self.st_size, self.st_mtim.tv_sec, self.st_mtim.tv_nsec);
}

void add(Sha256& hash, const std::vector<std::string>& texts) {
  hash.field(std::to_string(texts.size()));
  for (const std::string& text : texts) hash.field(text);
}

void add(Sha256& hash, const config::Environment& env) {
  hash.field(std::to_string(env.size()));
  for (const auto& [name, value] : env) hash.field(name + "=" + value);
}

/// What git itself keeps and builds ask for: HEAD, refs, the index; of a worktree, whose repository lies elsewhere, the
/// commit and the tags.
void add_git(Sha256& hash, const ProjectState& state) {
  hash.field(state.git);
  for (const source::Seen& seen : state.walk.seen) {
    if (!source::is_gits_own(seen.entry.path) || seen.entry.kind == source::Kind::folder) continue;
    hash.field(seen.entry.path);
    hash.update(seen.entry.content.data(), seen.entry.content.size());
  }
}

std::string key_of(const Plan& plan, const TargetPlan& target, const ProjectState& state) {
  Sha256 hash;
  hash.field(own_build());
  for (const std::string& text :
       {plan.recipe.name, std::to_string(plan.recipe.version), plan.profile, plan.workspace.folder,
        plan.workspace.start, state.around.digest, plan.workspace.git_dir, plan.engine.name(), target.target.name,
        target.image.digest, target.output_folder, target.compiled.key.name(), target.compiled.key.variant()})
    hash.field(text);
  for (const config::Command& command : target.build) add(hash, command);
  add(hash, plan.fetch);
  add(hash, target.fetch);
  for (const config::BuildFile& file : target.files) add(hash, std::vector{file.path, file.text});
  add(hash, target.build_env);
  hash.field(target.build_settings.text);
  const ResultRules& results = target.results;
  for (const auto* list :
       {&results.include, &results.exclude, &results.wanted, &plan.project.show, &plan.project.bring_back})
    add(hash, *list);
  hash.field(plan.project.user_namespaces ? "namespaces" : "");
  for (const std::string* text : {&results.folder, &results.installed, &results.strip}) hash.field(*text);
  add_git(hash, state);
  return hash.finish();
}

json to_json(const LastBuild& last) {
  json artifacts = json::array();
  for (const Artifact& artifact : last.artifacts)
    artifacts.push_back({{"path", artifact.path},
                         {"description", artifact.description},
                         {"size_bytes", artifact.size_bytes},
                         {"sha256", artifact.sha256},
                         {"kind", artifact.kind},
                         {"link", artifact.link}});
  return {{"key", last.key},
          {"generation", last.generation},
          {"artifacts", artifacts},
          {"notes", last.notes},
          {"warnings", last.warnings}};
}

std::optional<LastBuild> parse(const std::string& text) {
  try {
    const json data = json::parse(text);
    LastBuild last{data.at("key"),
                   data.at("generation"),
                   {},
                   data.at("notes").get<std::vector<std::string>>(),
                   data.at("warnings").get<std::vector<std::string>>()};
    for (const json& one : data.at("artifacts"))
      last.artifacts.push_back({one.at("path"), one.at("description"), one.at("size_bytes"), one.at("sha256"),
                                one.at("kind").get<ArtifactKind>(), one.at("link")});
    return last;
  } catch (const json::exception&) {
    return std::nullopt;  // what cannot be read says nothing
  }
}

bool is_there(Os& os, const Artifact& artifact) {
  if (!artifact.link.empty()) {
    const auto text = os.read_link(AT_FDCWD, artifact.path);
    return text && *text == artifact.link;
  }
  const auto file = os.open(AT_FDCWD, artifact.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!file) return false;
  const auto status = os.fstat(file->get());
  if (!status || !S_ISREG(status->st_mode) || static_cast<uint64_t>(status->st_size) != artifact.size_bytes)
    return false;
  std::vector<char> buffer(hash_buffer_bytes);
  const auto content = hash_file(os, file->get(), buffer);
  return content && *content == artifact.sha256;
}

}  // namespace

Result<std::optional<LastBuild>> find_unchanged(BuildContext& context, const TargetPlan& target) {
  if (!may_be_left_out(context, target)) return std::optional<LastBuild>();
  const store::Store& store = context.home.store;
  Os& os = store.os();
  const auto text = read_file(os, store.dir(), note_path(target), note_bytes_max);
  auto last = text ? parse(*text) : std::nullopt;
  if (!last) return std::optional<LastBuild>();
  TRY_ASSIGN(const auto state, context.project.state());
  if (last->key != key_of(context.plan, target, *state)) return std::optional<LastBuild>();
  TRY_ASSIGN(const auto current, store::current_generation(store, target.compiled.key));
  const bool same = current && (current->id == last->generation || current->same_content_as == last->generation) &&
                    current->source.content == state->content;
  if (!same) return std::optional<LastBuild>();
  const bool all_there = std::all_of(last->artifacts.begin(), last->artifacts.end(),
                                     [&](const Artifact& artifact) { return is_there(os, artifact); });
  return all_there ? std::move(last) : std::nullopt;
}

Status keep_last_build(BuildContext& context, const TargetPlan& target, const ProjectState& state,
                       const TargetResult& result, const std::vector<std::string>& notes) {
  if (!may_be_left_out(context, target)) return {};
  const store::Store& store = context.home.store;
  TRY_ASSIGN(const auto current, store::current_generation(store, target.compiled.key));
  if (!current) return {};
  LastBuild last{key_of(context.plan, target, state), current->id, result.artifacts, notes, {}};
  const auto log = read_file(store.os(), AT_FDCWD, result.log_path, log_bytes_max);
  if (!log) return {};
  last.warnings = warnings_in(*log);
  const std::string text = to_json(last).dump(-1, ' ', false, json::error_handler_t::replace);
  TRY_ASSIGN(const FileLock lock, store.lock(LockMode::shared));
  return replace_file(store.os(), store.dir(), note_path(target), text, Durability::none);
}

std::vector<std::string> warnings_in(const std::string& log) {
  std::vector<std::string> warnings;
  bool inside = false;
  for (const std::string& line : split(log, '\n')) {
    if (!inside && line.starts_with("warning")) inside = true;
    if (inside) warnings.push_back(line);
    if (line.empty()) inside = false;
  }
  return warnings;
}

}  // namespace larder::builds
