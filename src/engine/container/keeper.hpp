#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "engine/container/client.hpp"

namespace larder::engine {

/// What is to be removed when a run is over.
struct Remains {
  std::string container;                ///< its name
  std::vector<std::string> volumes;     ///< of the engine
  std::string note;                     ///< absolute path of the file that notes them
  std::vector<std::string> locks = {};  ///< ids of write locks
};

/// A process that outlives this one. A daemon holds none of our locks, so this process does: it keeps the descriptors
/// `held` (the transaction's lease, the names' locks) open until nothing of the run is left. When larder dies it ends
/// the container at once; when larder says that the container has ended, it removes what is left in the background.
class Keeper {
 public:
  static Result<Keeper> start(const Client& client, const Remains& remains, const std::vector<int>& held);

  Keeper(Keeper&&) noexcept = default;
  Keeper& operator=(Keeper&&) noexcept = default;

  /// The container has ended and is removed. Not said before the end of this object: it ends the container.
  void container_is_gone();
  /// The container has ended, with no process in it, and the engine still has it: the keeper removes it. Not said
  /// before the end of this object: it ends the container.
  void container_has_ended();

 private:
  void tell(char word);

  explicit Keeper(UniqueFd pipe) : pipe_(std::move(pipe)) {}
  UniqueFd pipe_;
};

/// Ends the container and removes it. False when the engine does not answer.
bool remove_container(const Client& client, const std::string& name);

/// Removes those of the volumes that no container uses.
void remove_volumes(const Client& client, const std::vector<std::string>& volumes);

/// Removes container, volumes and note of a run. False when the engine does not answer.
bool remove_remains(const Client& client, const Remains& remains);

}  // namespace larder::engine
