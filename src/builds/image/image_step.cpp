#include "builds/image/image_step.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/binary.hpp"
#include "base/in_child.hpp"
#include "base/sha256.hpp"
#include "base/take_ownership.hpp"
#include "base/text.hpp"
#include "base/user_namespace.hpp"
#include "engine/native.hpp"
#include "image/dpkg.hpp"
#include "image/host.hpp"
#include "image/rust_toolchain.hpp"
#include "image/zig.hpp"
#include "store/branch/writer.hpp"
#include "store/layer/merged_tree.hpp"
#include "store/space/collect.hpp"

namespace larder::builds {
namespace {

using image::StepRecord;
using image::Stored;

constexpr size_t small_file_bytes_max = 1 << 20;

}  // namespace

Result<store::ForkRequest> apt_cache(const image::Reference& reference, store::Access access) {
  store::VolumeSpec spec;
  TRY_ASSIGN(spec.key, store::VolumeKey::make("apt-cache-" + reference.volume_name().substr(6)));
  spec.mount_path = image::apt_cache_folder;
  spec.recipe = "apt 1";
  return store::ForkRequest{spec, access};
}

std::string StepWork::hash() const {
  Sha256 hash;
  for (const std::string& field :
       {machine, parent ? parent->record.digest : "", std::string(image::to_string(step.kind)), step.key()})
    hash.field(field);
  return hash.finish().substr(0, 16);
}

ImageStep::ImageStep(const store::Store& store, StepWork work) : store_(store), work_(std::move(work)) {}

/// Under which the step is worked on; what comes of it is known at its end.
Result<store::VolumeKey> ImageStep::working_key() const {
  return store::VolumeKey::make(work_.reference.volume_name(), "preparing-" + work_.hash());
}

std::string ImageStep::holder() const {
  return fmt::format("larder, preparing {}, process {}", work_.step.describe(), ::getpid());
}

std::string ImageStep::log_path() const { return fmt::format("{}/logs/image-{}.log", store_.path(), work_.hash()); }

Result<bool> ImageStep::acquire() {
  TRY_ASSIGN(const store::VolumeKey key, working_key());
  TRY_ASSIGN(writer_, store::try_writer(store_, key, holder()));
  return writer_.has_value();
}

Result<std::string> ImageStep::maker() const {
  TRY_ASSIGN(const store::VolumeKey key, working_key());
  return store::writer_holder(store_, key);
}

Result<std::optional<Stored>> ImageStep::already_made() const {
  if (work_.pinned) return image::find_image(store_, work_.reference.volume_name(), work_.pinned->digest);
  if (work_.renew) return std::optional<Stored>();
  return image::find_made(store_, work_.parent ? work_.parent->record.digest : "", work_.step, work_.machine,
                          work_.sources);
}

Result<std::unique_ptr<engine::Process>> ImageStep::start() {
  const StepRecord* pinned = work_.pinned ? &*work_.pinned : nullptr;
  TRY_ASSIGN(image::Preparation preparation, image::preparation_of(work_.step, work_.reference, work_.machine, pinned));
  if (pinned == nullptr && !work_.kept.empty()) preparation.env["LARDER_KEPT"] = join(work_.kept, " ");
  note_ = preparation.note;
  hint_ = preparation.hint;
  TRY(begin(preparation));
  return engine::NativeEngine().start(make_spec(preparation));
}

Result<std::unique_ptr<engine::Process>> ImageStep::ask(const image::Preparation& question) {
  TRY(begin(question));
  return engine::NativeEngine().start(make_spec(question));
}

Result<Log> ImageStep::open_log() const { return Log::open(store_.os(), log_path()); }

Result<Stored> ImageStep::finish(const Ended& ended, bool disk_full) {
  if (disk_full || ended.interrupted || ended.ending.exit_code != 0) return fail(refused(ended, disk_full));
  TRY(take_layers());
  TRY_ASSIGN(const StepRecord record, make_record());
  return keep(record, ended.seconds);
}

store::VolumeSpec ImageStep::spec_with(const store::VolumeKey& key, const std::string& digest) const {
  store::VolumeSpec spec;
  spec.key = key;
  spec.volume_class = store::VolumeClass::image;
  spec.mount_path = "/";
  spec.image = digest;
  spec.recipe = "image 1";
  return spec;
}

Status ImageStep::begin(const image::Preparation& preparation) {
  TRY_ASSIGN(const store::VolumeKey key, working_key());
  store::ForkRequest request{spec_with(key, ""), store::Access::write};
  if (work_.parent) request.siblings = {work_.parent->key};
  std::vector<store::ForkRequest> requests = {std::move(request)};
  if (preparation.uses_apt) {
    TRY_ASSIGN(store::ForkRequest cache, apt_cache(work_.reference, store::Access::write));
    requests.push_back(std::move(cache));
  }
  TRY_ASSIGN(store::Transaction transaction, store::Transaction::begin(store_, std::move(requests), holder()));
  transaction_.emplace(std::move(transaction));
  if (work_.parent && image_fork().base.layers != work_.parent->generation.layers)
    return fail(ErrorCode::environment, "an image went away while another was prepared from it", {}, "try again");
  return store_.os().mkdir(store_.dir(), image_fork().dir + "/upper/" + image::rootfs_folder, 0755);
}

engine::Spec ImageStep::make_spec(const image::Preparation& preparation) const {
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
  for (const image::TextFile& file : preparation.texts) spec.files.push_back({file.path, file.text});
  const image::Image machine = image::machine_root();
  spec.env["PATH"] = machine.path;
  if (preparation.on_machine) {
    spec.root = machine.root;
    spec.links = machine.links;
    spec.empty_dirs = {"/root", "/var/tmp"};
    spec.volumes.push_back({"/image", {}, upper(), image_fork().dir + "/work"});
    return spec;
  }
  spec.keeps_tmp = preparation.keeps_tmp;
  spec.empty_dirs = {image::scratch_folder};
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

Error ImageStep::refused(const Ended& ended, bool disk_full) const {
  if (ended.interrupted)
    return {ErrorCode::interrupted, "the preparation of an image was interrupted", "nothing of it is kept", {}, 0};
  if (disk_full)
    return {
        ErrorCode::environment, fmt::format("the disk is too full to prepare {}", work_.step.describe()),
        fmt::format("less than {} are free at {}; nothing of it is kept", format_bytes(free_bytes_min), store_.path()),
        "`larder cache prune` frees some; an image from a stranger may be made to fill a disk", 0};
  Error error = work_.step.kind == image::StepKind::commands && ended.ending.started
                    ? image::command_error(work_.step, ended.last_lines, ended.ending.exit_code)
                    : image::preparation_error(work_.step, ended.last_lines);
  if (!hint_.empty()) error.hint = hint_;
  if (const auto refusal = engine::NativeEngine().refusal(ended.ending, ended.last_lines);
      refusal && refusal->message != engine::sandbox_not_started) {
    error.cause = refusal->message;
    error.hint = "take an image that has it: its own programs do what `packages` and `prepare` ask for";
  }
  error.hint += (error.hint.empty() ? "" : "; ") + ("log: " + log_path());
  return error;
}

/// Ids that are the caller's no more could not be deleted by the caller, nor read by a build.
Status ImageStep::take_layers() {
  std::vector<std::string> folders;
  for (const store::Fork& fork : transaction_->forks()) folders.push_back(fork.dir + "/upper");
  return in_child([&]() -> Status {
    TRY(enter_user_namespace(Identity::root));
    for (const std::string& folder : folders) TRY(take_ownership(store_.os(), store_.dir(), folder));
    return {};
  });
}

/// A file beside the root filesystem that the command has left for us; it goes.
Result<std::string> ImageStep::take_file(const std::string& name) {
  const std::string path = upper() + "/" + name;
  TRY_ASSIGN(const auto status, store_.os().stat(store_.dir(), path));
  if (!status || !S_ISREG(status->st_mode)) return std::string();
  if (static_cast<size_t>(status->st_size) > small_file_bytes_max)
    return fail(ErrorCode::environment, "the image's " + name + " is larger than any such file can be", {},
                "take another image; this one's configuration is a mistake or means harm");
  TRY_ASSIGN(std::string text, read_file(store_.os(), store_.dir(), path, small_file_bytes_max));
  TRY(store_.os().unlink(store_.dir(), path));
  return text;
}

/// Links are followed as they would be inside.
std::string ImageStep::own_loader() {
  const auto root = store_.os().open_dir(store_.dir(), upper() + "/" + image::rootfs_folder);
  if (!root) return {};
  const auto shell = store_.os().open_in_root(root->get(), "bin/sh");
  const auto binary = shell ? identify_binary(store_.os(), shell->get()) : std::nullopt;
  return binary && *binary ? (*binary)->interpreter : "";
}

Result<StepRecord> ImageStep::make_record() {
  StepRecord record;
  record.machine = work_.machine;
  record.step = work_.step;
  if (work_.parent) {
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
  if (work_.reference.source != image::Source::debian) image::take_configuration(configuration, record);
  TRY_ASSIGN(record.packages, added_packages());
  if (work_.step.kind == image::StepKind::rust) TRY(take_toolchain(record));
  if (work_.step.kind == image::StepKind::zig) TRY(take_zig(record));
  record.digest = image::digest_of(record);
  TRY(check_pinned(record));
  const std::string path = upper() + "/" + image::record_file;
  TRY_ASSIGN(const UniqueFd file, store_.os().open(store_.dir(), path, O_WRONLY | O_CREAT | O_EXCL, 0644));
  TRY(store_.os().write_all(file.get(), to_json(record).dump(1) + "\n"));
  return record;
}

/// A step that only adds a target's library is what its parent and its words say.
Status ImageStep::take_toolchain(StepRecord& record) {
  if (work_.step.request.front().starts_with("target:")) return {};
  TRY_ASSIGN(const std::string facts,
             image::read_from_image(store_, {upper() + "/" + image::rootfs_folder}, image::rust_facts_file));
  image::take_rust(facts, record);
  const std::string path = record.path.empty() ? image::usual_path : record.path;
  record.path = fmt::format("{}/bin:{}", image::rust_folder, path);
  return {};
}

Status ImageStep::take_zig(StepRecord& record) {
  TRY_ASSIGN(const std::string facts,
             image::read_from_image(store_, {upper() + "/" + image::rootfs_folder}, image::zig_facts_file));
  image::take_zig(facts, record);
  return {};
}

Result<std::vector<std::string>> ImageStep::added_packages() {
  store::Generation now = image_fork().base;
  std::vector<std::string> roots = image::rootfs_layers(now);
  roots.push_back(upper() + "/" + image::rootfs_folder);
  TRY_ASSIGN(const std::string after, image::read_from_image(store_, roots, image::dpkg_status_file));
  std::string before;
  if (work_.parent) {
    TRY_ASSIGN(before, image::read_from_image(store_, image::rootfs_layers(now), image::dpkg_status_file));
  }
  const auto old_packages = image::installed_packages(before);
  std::vector<std::string> added;
  for (const std::string& package : image::installed_packages(after))
    if (!std::binary_search(old_packages.begin(), old_packages.end(), package)) added.push_back(package);
  return added;
}

Status ImageStep::check_pinned(const StepRecord& record) const {
  if (!work_.pinned || work_.pinned->digest == record.digest) return {};
  auto changes = image::package_changes(work_.pinned->packages, record.packages);
  const size_t shown = std::min<size_t>(changes.size(), 5);
  const std::string rest = changes.size() > shown ? fmt::format(" and {} more", changes.size() - shown) : "";
  changes.resize(shown);
  return fail(ErrorCode::environment,
              fmt::format("larder.lock pins {} to what cannot be made any more", work_.step.describe()),
              changes.empty() ? fmt::format("it is {} now", record.digest) : join(changes, ", ") + rest,
              "`larder image update` moves what is pinned, and says what changes");
}

Result<Stored> ImageStep::keep(const StepRecord& record, double seconds) {
  TRY_ASSIGN(const store::VolumeKey key, image::image_key(work_.reference.volume_name(), record.digest));
  TRY_ASSIGN(auto there, image::find_image(store_, key.name(), record.digest));
  if (!there) {  // else it is a renewal that has brought nothing new
    transaction_->seal_as(0, spec_with(key, record.digest));
    TRY(transaction_->seal(store::Outcome::success, seconds));
  }
  if (!work_.sources.empty()) TRY(image::note_sources(store_, key, work_.sources));
  TRY_ASSIGN(auto stored, image::find_image(store_, key.name(), record.digest));
  if (stored) return std::move(*stored);
  return fail(ErrorCode::environment, "a prepared image went away", {}, "try again");
}

}  // namespace larder::builds
