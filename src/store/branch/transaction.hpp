#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/file_lock.hpp"
#include "store/branch/generation.hpp"

namespace larder::store {

/// What a build may do to a volume.
enum class Access {
  read,    ///< the build sees the volume and cannot change it
  write,   ///< the build writes to a private upper that a commit seals
  scratch  ///< the build writes to a private upper that is thrown away
};

/// Decides which content a build of a compiled volume starts from: gives the place of one of `candidates`, which are
/// the volume's own generations, newest first, and then its siblings' newest ones, or where it has none all of theirs;
/// no value: it starts from nothing.
using ChooseBase = std::function<Result<std::optional<size_t>>(const std::vector<Generation>& candidates)>;

/// A volume that a transaction is to fork, and how.
struct ForkRequest {
  VolumeSpec spec;
  Access access = Access::write;
  std::vector<VolumeKey> siblings = {};  ///< a volume that does not exist yet starts as a fork of the newest of these
  std::vector<VolumeSpec> also = {};     ///< download volumes that a commit gives the same new layer
  std::vector<std::string> rewritten =
      {};                  ///< globs of files that builds write anew without a change (see has_changes)
  ChooseBase choose = {};  ///< where there is none: the newest generation
};

/// A fork is one volume as one transaction sees it.
struct Fork {
  ForkRequest request;
  Generation base;  ///< without an id where the volume is new
  std::string dir;  ///< relative to the store: has `upper` and `work` where it is writable
  bool started_from_nothing = false;
  std::string current = {};          ///< the volume's newest generation at the fork; empty where the volume is new
  std::optional<bool> changed = {};  ///< whether the upper changes anything, once that is known

  /// Whether it starts from the volume's newest generation.
  bool is_newest() const { return !base.id.empty() && base.id == current; }

  bool writable() const { return request.access != Access::read; }
};

/// The source record that a commit gives a compiled volume's new generation.
struct NewSource {
  std::string text;     ///< for `write_source`
  std::string content;  ///< see SourceRef, also for `hides`
  std::vector<std::string> hides = {};
};

/// What a commit made of one fork.
struct Sealed {
  std::vector<std::string> layers;  ///< the volume's content now, lowest first
  bool changed = false;             ///< the build changed something: there is a new layer
};

/// A transaction is one build's private, writable state of its volumes. While it lives, its lease (an flock) keeps the
/// collector from every layer it sees; its destructor throws away what was not sealed. The builder's mounts must be
/// gone before either.
class Transaction {
 public:
  /// Forks each volume: reads its ref, takes the lease and makes an empty upper. Copies nothing.
  /// `holder` tells others who this is ("larder build x64, process 4711").
  static Result<Transaction> begin(const Store& store, std::vector<ForkRequest> requests, const std::string& holder);

  /// Takes the lease alone, on these layers: nothing is forked, and nobody who wants a volume waits for it. The caller
  /// holds the store's lock since it has learned that the layers are there.
  static Result<Transaction> hold(const Store& store, const std::vector<std::string>& layers,
                                  const std::string& holder);

  Transaction(Transaction&&) noexcept = default;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  const std::vector<Fork>& forks() const { return forks_; }
  /// Seals the fork as another volume than it was begun for: an image's name is known once it is made.
  void seal_as(size_t fork, VolumeSpec spec) { forks_.at(fork).request.spec = std::move(spec); }
  /// Relative to the store: an empty directory for the builder's mounts.
  std::string root_dir() const { return path() + "/root"; }
  /// Open for as long as anything may still write to the uppers: hand it to the sandbox as well.
  int lease_fd() const { return lease_->fd(); }

  /// Makes each writable fork's changes the volume's new generation: renames only, whatever their size. Durable
  /// once `settle` has run. A fork without changes makes none.
  /// `seconds` is how long the build took.
  /// Refused where a sync of the store has failed since `begin`: what was written may be lost.
  /// `source` is for the last fork, whose generation it changes even where nothing else has changed.
  Result<std::vector<Sealed>> seal(Outcome outcome, double seconds = 0, const std::optional<NewSource>& source = {});

  /// Whether the fork's upper changes anything (see has_changes); looked at once.
  Result<bool> changes(size_t fork);

  /// The era in which the transaction began; its generations belong to that era.
  const std::string& era() const { return era_; }

 private:
  Transaction(const Store& store, std::string id, std::string holder)
      : store_(&store), id_(std::move(id)), holder_(std::move(holder)) {}
  std::string path() const { return "transactions/" + id_; }
  static Result<Transaction> open(const Store& store, const std::string& holder);
  Status open_fork(ForkRequest request, size_t index);
  Status write_lease(const std::vector<std::string>& layers);

  const Store* store_;
  std::string id_;
  std::string holder_;
  std::string era_;
  std::optional<FileLock> lease_;
  std::vector<Fork> forks_;
};

}  // namespace larder::store
