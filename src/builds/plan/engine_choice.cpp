#include "builds/plan/engine_choice.hpp"

#include <dirent.h>
#include <fmt/format.h>
#include <sys/utsname.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <utility>
#include <vector>

#include "base/subprocess.hpp"
#include "builds/plan/plan.hpp"
#include "engine/container/engine.hpp"
#include "engine/container/image.hpp"
#include "engine/container/known_image.hpp"
#include "engine/native.hpp"

namespace larder::builds {
namespace {

using engine::Client;
using engine::Dialect;
using engine::ImageFacts;
using engine::Pull;

constexpr const char* host_image_name = "host";

/// What qemu's handlers in /proc/sys/fs/binfmt_misc are called.
constexpr std::array emulators = {std::pair("amd64", "qemu-x86_64"),    std::pair("arm64", "qemu-aarch64"),
                                  std::pair("arm", "qemu-arm"),         std::pair("386", "qemu-i386"),
                                  std::pair("ppc64le", "qemu-ppc64le"), std::pair("s390x", "qemu-s390x"),
                                  std::pair("riscv64", "qemu-riscv64")};

Pull pull_of(const config::Project& project) {
  if (project.pull == "always") return Pull::always;
  return project.pull == "never" ? Pull::never : Pull::missing;
}

tl::unexpected<Error> needs_image(const std::string& engine) {
  return fail(ErrorCode::usage, fmt::format("the engine {} needs an image", engine),
              "`host`, this machine's own root, is the native engine's",
              "name one: `--image rust:1`, or `[build] image = \"rust:1\"` in larder.toml");
}

/// Why the native engine is the one for the project; empty: it cannot run the image here.
Result<std::string> native_reason(const config::Project& project) {
  TRY_ASSIGN(const auto reference, image::parse_reference(project.image, "/"));
  if (reference.source == image::Source::host) return "`auto`, for this machine's own root";
  if (reference.source == image::Source::debian) return "`auto`, for an image made of Debian's packages";
  const bool can_unpack = !find_in_path("skopeo").empty() && !find_in_path("umoci").empty();
  return can_unpack ? std::string("`auto`, for an image that skopeo and umoci bring") : std::string();
}

/// A kernel that can be asked about its handlers, and has none for this processor.
bool cannot_emulate(const std::string& architecture) {
  std::error_code error;
  const std::filesystem::path folder = "/proc/sys/fs/binfmt_misc";
  if (!std::filesystem::exists(folder / "status", error)) return false;
  for (const auto& [name, handler] : emulators)
    if (architecture == name) return !std::filesystem::exists(folder / handler, error);
  return false;
}

Status judge_platform(const std::string& reference, const ImageFacts& image, EngineChoice& choice) {
  struct utsname machine {};
  if (::uname(&machine) != 0) return fail_sys(errno, "cannot ask the kernel what machine this is");
  const std::string own = engine::go_architecture(machine.machine);
  if (image.system != "linux")
    return fail(ErrorCode::environment, fmt::format("the image {} is for {}", reference, image.system), {},
                "Larder builds on Linux images");
  if (image.architecture == own || (own == "amd64" && image.architecture == "386")) return {};
  choice.platform = "linux/" + image.architecture;
  if (cannot_emulate(image.architecture))
    return fail(
        ErrorCode::environment,
        fmt::format("the image {} is for {}, and this machine is {}", reference, image.architecture, own),
        "nothing here emulates that processor",
        "sudo apt install qemu-user-static, or take an image for this machine: a cross compiler in it is some ten "
        "times faster");
  choice.note =
      fmt::format("the image is for {} and runs emulated: expect some ten times the time", image.architecture);
  return {};
}

Status take_image(const config::Project& project, Look look, const std::optional<ImageFacts>& here,
                  EngineChoice& choice) {
  std::optional<ImageFacts> image = here;
  const Pull pull = pull_of(project);
  if (look == Look::and_pull && (!image || pull == Pull::always)) {
    TRY_ASSIGN(image, engine::find_image(*choice.client, project.image, pull));
  }
  if (!image && (look == Look::and_pull || pull == Pull::never))
    return fail(ErrorCode::environment, fmt::format("{} has no image {}", choice.client->name(), project.image),
                "and it is not to be pulled", "`--pull missing` allows that");
  if (!image) return {};
  choice.image_id = image->id;
  return judge_platform(project.image, *image, choice);
}

/// The image where the engine has it; an error where the engine does not answer.
Result<std::optional<ImageFacts>> ask_for_image(Dialect dialect, const std::string& reference, EngineChoice& choice) {
  TRY_ASSIGN(choice.client, engine::find_client(dialect));
  choice.kind = dialect == Dialect::docker ? EngineKind::docker : EngineKind::podman;
  TRY_ASSIGN(const std::string store_path, store::default_store_path());
  return engine::known_image(*choice.client, store_path, reference);
}

Result<EngineChoice> choose_first(const config::Project& project, Look look) {
  std::string reasons;
  for (const Dialect dialect : {Dialect::docker, Dialect::podman}) {
    EngineChoice choice;
    const auto image = ask_for_image(dialect, project.image, choice);
    if (!image) {
      reasons += (reasons.empty() ? "" : "; ") + image.error().message;
      continue;
    }
    choice.reason = "`auto`, for the image " + project.image + (reasons.empty() ? "" : "; " + reasons);
    TRY(take_image(project, look, *image, choice));
    return choice;
  }
  return fail(ErrorCode::environment, fmt::format("no engine here can run the image {}", project.image),
              "there is no skopeo with umoci to prepare it; " + reasons,
              "sudo apt install skopeo umoci uidmap; `larder doctor` says what else is missing");
}

/// The engine keeps them, as a container without Larder would have them.
Status use_plain_volumes(Plan& plan, const engine::Facts& facts) {
  const std::string name = plan.engine.name();
  if (plan.recipe.workspace == config::WorkspaceMode::overlay)
    return fail(ErrorCode::environment,
                fmt::format("{} cannot build what {} builds in the project's own folder", name, plan.recipe.title),
                facts.why_plain, "use a daemon of this machine, or --engine native");
  plan.engine.keeps_volumes = facts.scope;
  if (!plan.engine.note.empty()) plan.engine.note += "; ";
  plan.engine.note += fmt::format("{} ({})", engine::what_plain_volumes_lack(name), facts.why_plain);
  TRY_ASSIGN(plan.engine.kept, engine::plain_volume_ids(*plan.engine.client));
  return {};
}

}  // namespace

std::string EngineChoice::name() const {
  constexpr std::array names = {"native", "docker", "podman"};
  return names.at(static_cast<size_t>(kind));
}

Result<EngineChoice> choose_engine(const config::Project& project, Look look) {
  const bool host = project.image == host_image_name;
  if (project.engine == "native") return EngineChoice{EngineKind::native, "as asked for", {}, {}, {}, {}, {}, {}};
  if (project.engine == "auto") {
    TRY_ASSIGN(const std::string reason, native_reason(project));
    if (!reason.empty()) return EngineChoice{EngineKind::native, reason, {}, {}, {}, {}, {}, {}};
  }
  if (host || project.image.empty()) return needs_image(project.engine);
  if (project.engine == "auto") return choose_first(project, look);
  if (project.engine != "docker" && project.engine != "podman")
    return fail(ErrorCode::usage, fmt::format("unknown engine '{}'", project.engine), {},
                "the engines are: auto, native, docker, podman");
  EngineChoice choice;
  choice.reason = "as asked for";
  TRY_ASSIGN(const auto image,
             ask_for_image(project.engine == "docker" ? Dialect::docker : Dialect::podman, project.image, choice));
  TRY(take_image(project, look, image, choice));
  return choice;
}

image::Image container_image(const std::string& reference, const EngineChoice& choice) {
  return {reference, choice.image_id, {}, {}, "/usr", ""};
}

Result<std::unique_ptr<engine::Engine>> open_engine(Plan& plan, const store::Store& store) {
  if (plan.engine.kind == EngineKind::native) return std::make_unique<engine::NativeEngine>();
  TRY_ASSIGN(engine::Facts facts, engine::known_facts(*plan.engine.client, store.path(), plan.engine.image_id));
  if (facts.volumes == engine::VolumeKind::plain) TRY(use_plain_volumes(plan, facts));
  return std::make_unique<engine::ContainerEngine>(*plan.engine.client, std::move(facts), store.path());
}

}  // namespace larder::builds
