#include "engine/container/engine.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <list>

#include "base/text.hpp"
#include "engine/container/arguments.hpp"
#include "engine/container/leftovers.hpp"
#include "engine/container/names.hpp"
#include "engine/container/owner.hpp"
#include "engine/container/plain_volumes.hpp"
#include "engine/container/process.hpp"
#include "engine/container/write_lock.hpp"

namespace larder::engine {
namespace {

constexpr int work_folders_max = 1000;
constexpr int claiming_tries = 2;  ///< the first without knowing what the engine has

/// A folder for overlayfs's own use that outlives the run. A mount by root leaves entries of root's in it which only
/// the next mount over it clears away, so the folders are used again and again.
Result<std::pair<std::string, FileLock>> take_work_folder(const std::string& store_path) {
  Os os;
  TRY(make_dirs(os, AT_FDCWD, store_path + "/work"));
  for (int i = 0; i < work_folders_max; ++i) {
    const std::string name = fmt::format("work/{}", i);
    TRY_ASSIGN(auto lock, FileLock::try_acquire(os, AT_FDCWD, store_path + "/" + name + ".lock", LockMode::exclusive));
    if (!lock) continue;
    TRY(make_dirs(os, AT_FDCWD, store_path + "/" + name));
    return std::pair(name, std::move(*lock));
  }
  return fail(ErrorCode::environment, "too many containers run at once");
}

// docker-run(1) and podman-run(1): "Exit Status".
constexpr int engine_failed = 125;

/// The first process: it ends with 1 where the program is for another processor, and says this last.
constexpr const char* init_words = "[FATAL tini";

/// podman before 4.4, now and then on a busy machine.
constexpr const char* lost_code = "no such exit code";

/// What the engine or its first process says, and no command: at the start of a line, or anywhere in it.
bool is_engines(const Client& client, bool began, const std::string& line) {
  if (line.starts_with(init_words) || line.find(lost_code) != std::string::npos) return true;
  if (line.find("error waiting for container") != std::string::npos) return true;
  const char* own = client.dialect == Dialect::docker ? "docker: " : "Error: ";
  return !began && (line.starts_with(own) || line.starts_with("Cannot connect to the Docker daemon"));
}

std::string engine_words(const Client& client, bool began, const std::vector<std::string>& last_lines) {
  std::string words;
  for (const std::string& line : last_lines)
    if (is_engines(client, began, line)) words = line;
  return words;
}

/// The program that runc, or tini, could not execute; empty where the words are about something else.
std::string missing_program(const std::string& words) {
  for (const auto& [before, after] : {std::pair("exec: \"", "\""), std::pair("] exec ", " failed: No such file")}) {
    const size_t start = words.find(before);
    if (start == std::string::npos) continue;
    const size_t name = start + std::string_view(before).size();
    if (const size_t end = words.find(after, name); end != std::string::npos) return words.substr(name, end - name);
  }
  return {};
}

/// An upper that goes with the transaction.
Status add_scratch(const Spec& spec, VolumeMount& mount) {
  Os os;
  const std::string folder = spec.root_dir + "-" + mount.name;
  mount.upper = folder + "/upper";
  mount.work = folder + "/work";
  TRY(make_dirs(os, AT_FDCWD, spec.store_path + "/" + mount.upper));
  return make_dirs(os, AT_FDCWD, spec.store_path + "/" + mount.work);
}

/// Generated files lie in a folder of the caller's that goes with the transaction, or, for a daemon that does not see
/// the store, with the output.
Result<Spec> with_files(const Spec& asked) {
  Spec spec = asked;
  if (asked.files.empty()) return spec;
  const bool in_store = asked.container.output.empty();
  const std::string folder =
      in_store ? asked.store_path + "/" + asked.root_dir + "-files" : asked.container.output + "/.larder-files";
  Os os;
  TRY(make_dirs(os, AT_FDCWD, folder));
  TRY(os.chmod(AT_FDCWD, folder, 0700));
  std::vector<Bind> binds;
  for (const GeneratedFile& file : asked.files) {
    const std::string path = fmt::format("{}/{}", folder, binds.size());
    TRY_ASSIGN(const UniqueFd made, os.open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0600));
    TRY(os.write_all(made.get(), file.text));
    binds.push_back({path, file.path});
  }
  spec.extra.insert(spec.extra.begin(), binds.begin(), binds.end());
  return spec;
}

}  // namespace

/// What a run has taken for itself.
struct ContainerEngine::Claims {
  std::vector<std::optional<NameLock>> names;  ///< one for each of the spec's volumes, where it could be had
  std::vector<EngineVolume> volumes;
  std::list<FileLock> locks;
  Remains remains;

  std::vector<int> held(int lease) const {
    std::vector<int> fds;
    if (lease >= 0) fds.push_back(lease);
    for (const auto& name : names)
      if (name) fds.push_back(name->fd());
    for (const FileLock& lock : locks) fds.push_back(lock.fd());
    return fds;
  }
};

/// A name that somebody else uses at this moment gets the transaction's id added.
Status ContainerEngine::claim_volume(const Spec& spec, VolumeMount mount, std::optional<NameLock>& name,
                                     const KnownVolume* there, Claims& claims) {
  if (there != nullptr && !there->is_ours()) return fail(foreign_volume(client_, mount.name));
  // That the name could be locked says little: whoever is in another network namespace is not seen by it.
  const bool left_over = name && there != nullptr && !there->is_plain() && is_over(there->labels);
  if (left_over) (void)remove_remains(client_, {"larder-" + there->transaction(), {mount.name}, ""});
  if (!name || (there != nullptr && !left_over)) {
    mount.name += "." + labels_of(spec).at("larder.transaction");
    name.reset();
  }
  const bool root_mounts = client_.dialect == Dialect::docker && !facts_.rootless && ::geteuid() != 0;
  if (root_mounts && !mount.upper.empty()) {
    TRY_ASSIGN(auto work, take_work_folder(spec.store_path));
    mount.work = std::move(work.first);
    claims.locks.push_back(std::move(work.second));
  }
  const bool read_only = mount.upper.empty();
  // podman gives a volume's folder to the container's user, also where it is to be shown read-only.
  if (client_.dialect == Dialect::podman && read_only) TRY(add_scratch(spec, mount));
  TRY_ASSIGN(EngineVolume volume, transactional_volume(spec, mount));
  volume.read_only = read_only;
  claims.volumes.push_back(std::move(volume));
  return {};
}

Status ContainerEngine::claim(const Spec& spec, const std::vector<KnownVolume>& known, Claims& claims) {
  claims.volumes.clear();
  claims.locks.clear();
  for (size_t i = 0; i < claims.names.size(); ++i) {
    const VolumeMount& mount = spec.volumes[i];
    TRY(claim_volume(spec, mount, claims.names[i], find_volume(known, mount.name), claims));
  }
  claims.remains = {container_name(spec), {}, ""};
  for (const EngineVolume& volume : claims.volumes) claims.remains.volumes.push_back(volume.name);
  TRY_ASSIGN(FileLock note, note_remains(spec.store_path, facts_.scope, claims.remains));
  claims.locks.push_back(std::move(note));
  return {};
}

/// All at once: each is a process of its own. All of them or none.
Result<ContainerEngine::Made> ContainerEngine::make_volumes(const std::vector<EngineVolume>& volumes) {
  std::list<Subprocess> running;
  for (const EngineVolume& volume : volumes) {
    TRY_ASSIGN(Subprocess process, Subprocess::start(client_.command(create_arguments(volume))));
    running.push_back(std::move(process));
  }
  Result<Made> result = Made::all;
  std::vector<std::string> made;
  auto volume = volumes.begin();
  for (Subprocess& process : running) {
    const auto done = process.finish(answer_seconds_max);
    const std::string& name = (volume++)->name;
    if (done && done->exit_code == 0)
      made.push_back(name);
    else if (done && done->errors.find("already exists") != std::string::npos)
      result = Made::name_is_taken;
    else
      result = fail(done ? client_error(client_, *done, fmt::format("{} cannot make a volume", client_.name()))
                         : done.error());
  }
  if (!result || *result != Made::all) remove_volumes(client_, made);
  return result;
}

/// Whether the engine has all of these volumes as this run has made them.
bool ContainerEngine::has_made(const Claims& claims, const std::vector<KnownVolume>& known) const {
  return std::all_of(claims.volumes.begin(), claims.volumes.end(), [&](const EngineVolume& volume) {
    const KnownVolume* there = find_volume(known, volume.name);
    return there != nullptr && there->transaction() == volume.labels.at("larder.transaction");
  });
}

/// Removes what this run has made before it found a name taken.
void ContainerEngine::undo(const Claims& claims, const std::vector<KnownVolume>& known) const {
  std::vector<std::string> made;
  for (const EngineVolume& volume : claims.volumes) {
    const KnownVolume* there = find_volume(known, volume.name);
    if (there != nullptr && there->transaction() == volume.labels.at("larder.transaction")) made.push_back(volume.name);
  }
  remove_volumes(client_, made);
  (void)::unlink(claims.remains.note.c_str());
}

/// podman refuses to make a volume under a name that is taken. docker takes what is there, so it is asked afterwards
/// whose the volumes are: two runs that do not see each other's locks must not write to one.
Status ContainerEngine::get_volumes(const Spec& spec, Claims& claims) {
  // First the names: a run that is about to end removes its volumes before it gives them back.
  std::vector<std::string> names;
  for (const VolumeMount& mount : spec.volumes) names.push_back(mount.name);
  claims.names = NameLock::take(facts_.scope, names);
  std::vector<KnownVolume> known;
  for (int i = 0; i < claiming_tries; ++i) {
    TRY(claim(spec, known, claims));
    if (names.empty()) return {};
    TRY_ASSIGN(const Made made, make_volumes(claims.volumes));
    if (made == Made::all && client_.dialect == Dialect::podman) return {};
    TRY_ASSIGN(known, list_volumes(client_, names));
    if (made == Made::all && has_made(claims, known)) return {};
    undo(claims, known);
  }
  return fail(ErrorCode::environment, "somebody else makes volumes of the same names", {}, "try again");
}

/// One writer of a name at a time; any number of other runs may read. Who is on this machine is known without asking
/// the engine.
Status ContainerEngine::use_plain_volumes(const Spec& spec, Claims& claims) {
  std::vector<std::string> written;
  for (const VolumeMount& mount : spec.volumes) {
    claims.volumes.push_back(plain_volume(spec, mount));
    if (!mount.upper.empty()) written.push_back(mount.name);
  }
  claims.names = NameLock::take(facts_.scope, written, NameLock::Wait::longer);
  for (size_t i = 0; i < written.size(); ++i)
    if (!claims.names[i])
      return fail(ErrorCode::environment, fmt::format("the volume {} is in use by another build", written[i]),
                  fmt::format("{} keeps it itself, where two builds cannot write at once", client_.name()),
                  "build again when that has ended");
  TRY_ASSIGN(auto locks, lock_volumes(client_, written, labels_of(spec), spec.container.image));
  claims.remains = {container_name(spec), {}, "", std::move(locks)};
  Status ready = make_plain_volumes(client_, facts_, store_path_, spec, claims.volumes);
  if (ready) ready = take_note(spec, claims);
  if (!ready) unlock_volumes(client_, claims.remains.locks);
  return ready;
}

Status ContainerEngine::take_note(const Spec& spec, Claims& claims) {
  TRY_ASSIGN(FileLock note, note_remains(spec.store_path, facts_.scope, claims.remains));
  claims.locks.push_back(std::move(note));
  return {};
}

Result<std::unique_ptr<Process>> ContainerEngine::start(const Spec& asked) {
  TRY(remove_leftovers(client_, facts_.scope, asked.store_path));
  TRY_ASSIGN(Spec spec, with_files(asked));
  spec.container.store_key = store_key(spec.store_path);
  Claims claims;
  if (facts_.volumes == VolumeKind::plain)
    TRY(use_plain_volumes(spec, claims));
  else
    TRY(get_volumes(spec, claims));
  ContainerRun run;
  run.client = client_;
  run.arguments = run_arguments(client_.dialect, facts_, this_caller(), spec, claims.volumes);
  run.stdio = spec.stdio;
  run.notes_output = client_.dialect == Dialect::podman && !gets_clients_streams(client_.dialect, facts_, spec.stdio);
  run.remains = claims.remains;
  run.held = claims.held(spec.lease_fd);
  run.environment = handed_over(spec);
  return start_container(run);
}

std::optional<Error> ContainerEngine::refusal(const Ending& ending, const std::vector<std::string>& last_lines) const {
  auto refused = ending.outside ? ending.outside : explain_refusal(client_, ending, last_lines);
  if (refused) forget_facts(client_, store_path_);  // the engine may have become another
  return refused;
}

std::optional<Error> explain_refusal(const Client& client, const Ending& ending,
                                     const std::vector<std::string>& last_lines) {
  const int exit_code = ending.exit_code;
  const bool init_failed = exit_code != 0 && !last_lines.empty() && last_lines.back().starts_with(init_words);
  if (!init_failed && (exit_code < engine_failed || exit_code > program_not_found)) return std::nullopt;
  const std::string words = engine_words(client, ending.began, last_lines);
  if (words.empty()) return std::nullopt;
  const std::string program = missing_program(words);
  if (!program.empty() && exit_code == program_not_found)
    return Error{ErrorCode::environment, fmt::format("the image has no program `{}`", program),
                 program == "sh" ? "the steps of a build are joined by a shell" : "",
                 "take an image that has it, with `--image` or `[build] image`", 0};
  if (!program.empty() && exit_code == program_not_started)
    return Error{ErrorCode::environment, sandbox_not_started, words,
                 fmt::format("see whether `{}` may be executed", program), 0};
  if (words.find(lost_code) != std::string::npos)
    return Error{ErrorCode::environment, fmt::format("{} has lost the command's exit code", client.name()), words,
                 "nothing of what the command did is kept; build again (podman 4.4 and later do not lose it)", 0};
  if (words.find("unexpected EOF") != std::string::npos || words.find("error waiting") != std::string::npos)
    return Error{ErrorCode::environment, fmt::format("{} has ended during the build", client.name()), words,
                 "nothing of what the build did is kept; build again when the daemon runs", 0};
  return explain(client, words, fmt::format("{} could not run the container", client.name()));
}

}  // namespace larder::engine
