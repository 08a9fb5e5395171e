#include "engine/container/keeper.hpp"

#include <signal.h>
#include <unistd.h>

#include <cerrno>

#include "base/background.hpp"
#include "base/pipe.hpp"
#include "engine/container/write_lock.hpp"

namespace larder::engine {
namespace {

// What larder says of the container. An end without a word is larder's own.
constexpr char gone = 'g';
constexpr char ended = 'e';
constexpr int removal_tries = 60;  ///< a second apart, with an engine that does not answer
constexpr unsigned pause_seconds = 1;

bool is_gone(const Completed& done) {
  return done.exit_code == 0 || done.errors.find("o such container") != std::string::npos ||
         done.errors.find("no container with") != std::string::npos;
}

void remove_patiently(const Client& client, const std::string& container) {
  for (int i = 0; i < removal_tries && !remove_container(client, container); ++i) ::sleep(pause_seconds);
}

/// Twice, because a request that larder's client had sent when it died may still have made the container.
void end_container(const Client& client, const Remains& remains) {
  remove_patiently(client, remains.container);
  ::sleep(pause_seconds);
  (void)remove_remains(client, remains);
}

[[noreturn]] void keep(const Client& client, const Remains& remains, const UniqueFd& pipe) {
  char said = 0;
  ssize_t count = 0;
  while ((count = ::read(pipe.get(), &said, 1)) < 0 && errno == EINTR) {
  }
  if (count != 1) {
    end_container(client, remains);
    ::_exit(0);
  }
  if (said == ended) remove_patiently(client, remains.container);
  unlock_volumes(client, remains.locks);
  remove_volumes(client, remains.volumes);
  (void)::unlink(remains.note.c_str());
  ::_exit(0);
}

}  // namespace

Result<Keeper> Keeper::start(const Client& client, const Remains& remains, const std::vector<int>& held) {
  TRY_ASSIGN(Pipe pipe, make_pipe());
  std::vector<int> kept = held;
  kept.push_back(pipe.read.get());
  TRY(in_background(std::move(kept), [&] {
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) ::signal(number, SIG_IGN);
    keep(client, remains, pipe.read);
  }));
  return Keeper(std::move(pipe.write));
}

void Keeper::tell(char word) {
  (void)!::write(pipe_.get(), &word, 1);
  pipe_.reset();
}

void Keeper::container_is_gone() { tell(gone); }

void Keeper::container_has_ended() { tell(ended); }

bool remove_container(const Client& client, const std::string& name) {
  std::vector<std::string> arguments = {"rm", "--force", "--volumes", name};
  if (client.dialect == Dialect::podman) arguments.insert(arguments.begin() + 1, {"--time", "0"});
  const auto done = run_program(client.command(arguments), answer_seconds_max);
  return done && is_gone(*done);
}

void remove_volumes(const Client& client, const std::vector<std::string>& volumes) {
  if (volumes.empty()) return;
  std::vector<std::string> arguments = {"volume", "rm"};  // podman's --force would end others' containers
  arguments.insert(arguments.end(), volumes.begin(), volumes.end());
  (void)run_program(client.command(arguments),
                    answer_seconds_max);  // the next run with such a name removal_tries again
}

bool remove_remains(const Client& client, const Remains& remains) {
  if (!remove_container(client, remains.container)) return false;
  unlock_volumes(client, remains.locks);
  remove_volumes(client, remains.volumes);
  (void)::unlink(remains.note.c_str());
  return true;
}

}  // namespace larder::engine
