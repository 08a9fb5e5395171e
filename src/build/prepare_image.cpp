#include "build/prepare_image.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/in_child.hpp"
#include "base/sha256.hpp"
#include "base/take_ownership.hpp"
#include "base/text.hpp"
#include "base/user_namespace.hpp"
#include "build/binary.hpp"
#include "build/signals.hpp"
#include "build/supervisor.hpp"
#include "engine/native.hpp"
#include "image/dpkg.hpp"
#include "image/host.hpp"
#include "store/collect.hpp"
#include "store/transaction.hpp"
#include "store/view.hpp"

namespace larder::build {
namespace {

using image::Record;
using image::Stored;

constexpr size_t small_file_bytes_max = 1 << 20;
/// A layer that says it is small and unpacks to more than there is must not fill the disk.
constexpr uint64_t free_bytes_min = uint64_t{1} << 30;

std::string hash_of(const StepWork& work) {
  Sha256 hash;
  for (const std::string& field : {work.machine, work.parent == nullptr ? std::string() : work.parent->record.digest,
                                   std::string(image::to_string(work.step.kind)), work.step.key()})
    hash.field(field);
  return hash.finish().substr(0, 16);
}

uint64_t free_bytes(const std::string& path) {
  struct statvfs status {};
  if (::statvfs(path.c_str(), &status) != 0) return UINT64_MAX;
  return uint64_t{status.f_bavail} * status.f_frsize;
}

/// Runs one step; its transaction's first fork is the image, the second apt's cache.
class Preparing {
 public:
  Preparing(const store::Store& store, Progress& progress, Signals& signals, const StepWork& work)
      : store_(store), progress_(progress), supervisor_(progress, signals), work_(work) {}

  Result<Stored> run() {
    TRY_ASSIGN(const auto writer, wait_for_writer());
    TRY_ASSIGN(auto made, already_made());
    if (made) return std::move(*made);
    TRY_ASSIGN(const image::Preparation preparation,
               image::preparation_of(work_.step, work_.reference, work_.machine, work_.pinned));
    TRY(begin(preparation));
    TRY(run_command(preparation));
    TRY(take_layers());
    TRY_ASSIGN(Record record, make_record());
    return keep(std::move(record));
  }

 private:
  /// Under which the step is worked on; what comes of it is known at its end.
  store::VolumeKey working_key() const {
    return {work_.reference.volume_name(), "preparing-" + hash_of(work_), "trusted"};
  }

  std::string holder() const {
    return fmt::format("larder, preparing {}, process {}", work_.step.describe(), ::getpid());
  }

  Result<FileLock> wait_for_writer() {
    const store::VolumeKey key = working_key();
    while (true) {
      TRY_ASSIGN(auto writer, store::try_writer(store_, key, holder()));
      if (writer) return std::move(*writer);
      TRY_ASSIGN(const std::string other, store::writer_holder(store_, key));
      progress_.waiting(image_progress_name, "for " + other);
      TRY(supervisor_.step());
      if (supervisor_.interrupted()) return fail(ErrorCode::interrupted, "interrupted");
    }
  }

  Result<std::optional<Stored>> already_made() const {
    if (work_.pinned != nullptr) return image::find_image(store_, work_.reference.volume_name(), work_.pinned->digest);
    if (work_.renew) return std::optional<Stored>();
    return image::find_made(store_, work_.parent == nullptr ? "" : work_.parent->record.digest, work_.step,
                            work_.machine);
  }

  store::VolumeSpec spec_with(const store::VolumeKey& key, const std::string& digest) const {
    store::VolumeSpec spec;
    spec.key = key;
    spec.volume_class = store::VolumeClass::image;
    spec.mount_path = "/";
    spec.image = digest;
    spec.recipe = "image 1";
    return spec;
  }

  Status begin(const image::Preparation& preparation) {
    store::ForkRequest request{spec_with(working_key(), ""), store::Access::write, {}, {}};
    if (work_.parent != nullptr) request.siblings = {work_.parent->key};
    std::vector<store::ForkRequest> requests = {std::move(request)};
    if (preparation.uses_apt) requests.push_back(apt_cache());
    TRY_ASSIGN(store::Transaction transaction, store::Transaction::begin(store_, std::move(requests), holder()));
    transaction_.emplace(std::move(transaction));
    if (work_.parent != nullptr && image_fork().base.layers != work_.parent->generation.layers)
      return fail(ErrorCode::environment, "an image went away while another was prepared from it", {}, "try again");
    return store_.os().mkdir(store_.dir(), image_fork().dir + "/upper/" + image::rootfs_folder, 0755);
  }

  store::ForkRequest apt_cache() const {
    store::VolumeSpec spec;
    spec.key.name = "apt-cache-" + work_.reference.volume_name().substr(6);
    spec.mount_path = image::apt_cache_folder;
    spec.recipe = "apt 1";
    return {spec, store::Access::write, {}, {}};
  }

  const store::Fork& image_fork() const { return transaction_->forks().front(); }
  std::string upper() const { return image_fork().dir + "/upper"; }

  engine::Spec make_spec(const image::Preparation& preparation) const {
    engine::Spec spec;
    spec.store_path = store_.path();
    spec.root_dir = transaction_->root_dir();
    spec.identity = Identity::root;
    spec.network = engine::Network::on;
    spec.lease_fd = transaction_->lease_fd();
    spec.command = preparation.command;
    spec.env = preparation.env;
    spec.env.emplace("HOME", "/root");
    spec.env["LANG"] = "C.UTF-8";
    spec.extra = preparation.files;
    const image::Image machine = image::machine_root();
    spec.env["PATH"] = machine.path;
    if (preparation.on_machine) {
      spec.root = machine.root;
      spec.links = machine.links;
      spec.empty_dirs = {"/root", "/var/tmp"};
      spec.volumes.push_back({"/image", {}, upper(), image_fork().dir + "/work"});
      return spec;
    }
    const std::string rootfs = upper() + "/" + image::rootfs_folder;
    spec.image_root = {image::rootfs_layers(work_.parent->generation), rootfs, image_fork().dir + "/work"};
    if (!work_.parent->record.path.empty()) spec.env["PATH"] = work_.parent->record.path;
    for (const auto& [name, value] : work_.parent->record.env) spec.env.emplace(name, value);
    if (::access("/etc/resolv.conf", R_OK) == 0) spec.extra.push_back({"/etc/resolv.conf", "/etc/resolv.conf"});
    if (preparation.uses_apt) {
      const store::Fork& cache = transaction_->forks().at(1);
      spec.volumes.push_back(
          {image::apt_cache_folder, store::layer_roots(cache.base.layers), cache.dir + "/upper", cache.dir + "/work"});
    }
    return spec;
  }

  Status run_command(const image::Preparation& preparation) {
    const std::string path = fmt::format("{}/logs/image-{}.log", store_.path(), hash_of(work_));
    TRY_ASSIGN(UniqueFd log, store_.os().open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0600));
    engine::NativeEngine engine;
    TRY_ASSIGN(auto process, engine.start(make_spec(preparation)));
    engine::Process& running = *process;
    progress_.started(image_progress_name);
    progress_.line(image_progress_name, "preparing " + work_.step.describe());
    supervisor_.add(image_progress_name, std::move(process), std::move(log));
    bool full = false;
    std::vector<Ended> ended;
    while (ended.empty()) {
      TRY_ASSIGN(ended, supervisor_.step());
      if (!ended.empty() || full || free_bytes(store_.path()) > free_bytes_min) continue;
      full = true;
      running.kill();
    }
    seconds_ = ended.front().seconds;
    const bool good = !full && !ended.front().interrupted && ended.front().ending.exit_code == 0;
    progress_.finished(image_progress_name, good ? TargetOutcome::success : TargetOutcome::failed, seconds_);
    return good ? Status() : refused(ended.front(), full, path);
  }

  Status refused(const Ended& ended, bool full, const std::string& log) const {
    if (ended.interrupted)
      return fail(ErrorCode::interrupted, "the preparation of an image was interrupted", "nothing of it is kept");
    if (full)
      return fail(ErrorCode::environment, fmt::format("the disk is too full to prepare {}", work_.step.describe()),
                  fmt::format("less than {} are free at {}; nothing of it is kept", format_bytes(free_bytes_min),
                              store_.path()),
                  "`larder cache prune` frees some; an image from a stranger may be made to fill a disk");
    Error error = image::preparation_error(work_.step, ended.last_lines);
    error.hint += (error.hint.empty() ? "" : "; ") + ("log: " + log);
    return fail(std::move(error));
  }

  /// Ids that are the caller's no more could not be deleted by the caller, nor read by a build.
  Status take_layers() {
    std::vector<std::string> folders;
    for (const store::Fork& fork : transaction_->forks()) folders.push_back(fork.dir + "/upper");
    return in_child([&]() -> Status {
      TRY(enter_user_namespace(Identity::root));
      for (const std::string& folder : folders) TRY(take_ownership(store_.os(), store_.dir(), folder));
      return {};
    });
  }

  /// A file beside the root filesystem that the command has left for us; it goes.
  Result<std::string> take_file(const std::string& name) {
    const std::string path = upper() + "/" + name;
    TRY_ASSIGN(const auto status, store_.os().stat(store_.dir(), path));
    if (!status || !S_ISREG(status->st_mode)) return std::string();
    TRY_ASSIGN(std::string text, read_file(store_.os(), store_.dir(), path, small_file_bytes_max));
    TRY(store_.os().unlink(store_.dir(), path));
    return text;
  }

  /// Links are followed as they would be inside.
  std::string own_loader() {
    const auto root = store_.os().open_dir(store_.dir(), upper() + "/" + image::rootfs_folder);
    if (!root) return {};
    const auto shell = store_.os().open_in_root(root->get(), "bin/sh");
    const auto binary = shell ? identify_binary(store_.os(), shell->get()) : std::nullopt;
    return binary && *binary ? (*binary)->interpreter : "";
  }

  Result<Record> make_record() {
    Record record;
    record.machine = work_.machine;
    record.step = work_.step;
    if (work_.parent != nullptr) {
      record.from = work_.parent->record.digest;
      record.path = work_.parent->record.path;
      record.env = work_.parent->record.env;
      record.loader = work_.parent->record.loader;
    } else if (work_.reference.source != image::Source::debian) {
      record.loader = own_loader();
    }
    TRY_ASSIGN(record.source, take_file("digest"));
    TRY_ASSIGN(const std::string configuration, take_file("config.json"));
    TRY(image::check_architecture(configuration, work_.reference.text, work_.machine));
    image::take_configuration(configuration, record);
    TRY_ASSIGN(record.packages, added_packages());
    record.digest = image::digest_of(record);
    TRY(check_pinned(record));
    const std::string path = upper() + "/" + image::record_file;
    TRY_ASSIGN(const UniqueFd file, store_.os().open(store_.dir(), path, O_WRONLY | O_CREAT | O_EXCL, 0644));
    TRY(store_.os().write_all(file.get(), to_json(record).dump(1) + "\n"));
    return record;
  }

  Result<std::vector<std::string>> added_packages() {
    store::Generation now = image_fork().base;
    std::vector<std::string> roots = image::rootfs_layers(now);
    roots.push_back(upper() + "/" + image::rootfs_folder);
    TRY_ASSIGN(const std::string after, image::read_from_image(store_, roots, image::dpkg_status_file));
    std::string before;
    if (work_.parent != nullptr) {
      TRY_ASSIGN(before, image::read_from_image(store_, image::rootfs_layers(now), image::dpkg_status_file));
    }
    const auto old_packages = image::installed_packages(before);
    std::vector<std::string> added;
    for (const std::string& package : image::installed_packages(after))
      if (!std::binary_search(old_packages.begin(), old_packages.end(), package)) added.push_back(package);
    return added;
  }

  Status check_pinned(const Record& record) const {
    if (work_.pinned == nullptr || work_.pinned->digest == record.digest) return {};
    auto changes = image::package_changes(work_.pinned->packages, record.packages);
    const size_t shown = std::min<size_t>(changes.size(), 5);
    const std::string rest = changes.size() > shown ? fmt::format(" and {} more", changes.size() - shown) : "";
    changes.resize(shown);
    return fail(ErrorCode::environment,
                fmt::format("larder.lock pins {} to what cannot be made any more", work_.step.describe()),
                changes.empty() ? fmt::format("it is {} now", record.digest) : join(changes, ", ") + rest,
                "`larder image update` moves what is pinned, and says what changes");
  }

  Result<Stored> keep(Record record) {
    const store::VolumeKey key = image::image_key(work_.reference.volume_name(), record.digest);
    TRY_ASSIGN(auto there, image::find_image(store_, key.name, record.digest));
    if (there) return std::move(*there);  // a renewal that has brought nothing new
    transaction_->seal_as(0, spec_with(key, record.digest));
    TRY(transaction_->seal(store::Outcome::success, seconds_));
    TRY_ASSIGN(auto stored, image::find_image(store_, key.name, record.digest));
    if (stored) return std::move(*stored);
    return fail(ErrorCode::environment, "a prepared image went away", {}, "try again");
  }

  const store::Store& store_;
  Progress& progress_;
  Supervisor supervisor_;
  const StepWork& work_;
  std::optional<store::Transaction> transaction_;
  double seconds_ = 0;
};

}  // namespace

Result<Stored> prepare_step(const store::Store& store, Progress& progress, const StepWork& work) {
  TRY_ASSIGN(Signals signals, Signals::block());
  auto made = Preparing(store, progress, signals, work).run();
  if (!made)
    (void)store::collect(store);  // what it has left may be large; an error here would hide the one that counts
  return made;
}

}  // namespace larder::build
