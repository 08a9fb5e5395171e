#include "builds/plan/engine_choice.hpp"

#include <dirent.h>
#include <fmt/format.h>
#include <sys/utsname.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "base/environment.hpp"
#include "base/subprocess.hpp"
#include "base/text.hpp"
#include "config/helpers.hpp"
#include "engine/container/facts.hpp"
#include "engine/container/known_image.hpp"
#include "image/reference.hpp"
#include "store/store.hpp"

namespace larder::builds {
namespace {

using engine::ImageFacts;
using engine::Pull;

/// What qemu's handlers in /proc/sys/fs/binfmt_misc are called.
constexpr std::array emulators = {std::pair("amd64", "qemu-x86_64"),    std::pair("arm64", "qemu-aarch64"),
                                  std::pair("arm", "qemu-arm"),         std::pair("386", "qemu-i386"),
                                  std::pair("ppc64le", "qemu-ppc64le"), std::pair("s390x", "qemu-s390x"),
                                  std::pair("riscv64", "qemu-riscv64")};

tl::unexpected<Error> needs_image(const std::string& engine) {
  return fail(ErrorCode::usage, fmt::format("the engine {} needs an image", engine),
              "`host`, this machine's own root, is the native engine's",
              fmt::format("`--image {}` is Larder's own, which every engine can build on", config::default_image));
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

/// What has docker take images for another processor.
std::string why_foreign(const std::string& platform) {
  const bool asked = !platform.empty() && environment("DOCKER_DEFAULT_PLATFORM").starts_with(platform);
  return asked ? "; DOCKER_DEFAULT_PLATFORM asks for images for it" : "";
}

Status judge_platform(const std::string& reference, const ImageFacts& image, EngineChoice& choice) {
  struct utsname machine {};
  if (::uname(&machine) != 0) return fail_sys(errno, "cannot ask the kernel what machine this is");
  const std::string own = engine::go_architecture(machine.machine);
  if (image.system != "linux")
    return fail(ErrorCode::environment, fmt::format("the image {} is for {}", reference, image.system), {},
                "Larder builds on Linux images");
  if (image.architecture == own || (own == "amd64" && image.architecture == "386")) {
    const bool other_wanted = !environment("DOCKER_DEFAULT_PLATFORM").empty();
    if (other_wanted) choice.platform = "linux/" + image.architecture;  // else docker refuses the image that it has
    return {};
  }
  choice.platform = "linux/" + image.architecture;
  if (cannot_emulate(image.architecture))
    return fail(
        ErrorCode::environment,
        fmt::format("the image {} is for {}, and this machine is {}", reference, image.architecture, own),
        "nothing here emulates that processor" + why_foreign(choice.platform),
        "sudo apt install qemu-user-static, or take an image for this machine: a cross compiler in it is some ten "
        "times faster");
  choice.note = fmt::format("the image is for {} and runs emulated: expect some ten times the time{}",
                            image.architecture, why_foreign(choice.platform));
  return {};
}

/// Takes the image that the engine has, if it has one. What will be pulled anew decides nothing yet.
Status take_present_image(const config::Project& project, const std::optional<ImageFacts>& image,
                          EngineChoice& choice) {
  const Pull pull = pull_of(project);
  if (!image && pull == Pull::never)
    return fail(ErrorCode::environment, fmt::format("{} has no image {}", choice.client->name(), project.image),
                "and it is not to be pulled", "`--pull missing` allows that");
  if (!image) return {};
  Status taken = take_image(project.image, *image, choice);
  return pull == Pull::always ? Status() : taken;
}

/// The image where the engine has it; an error where the engine does not answer.
Result<std::optional<ImageFacts>> ask_for_image(EngineKind kind, const std::string& reference, EngineChoice& choice) {
  choice.kind = kind;
  TRY_ASSIGN(choice.client, engine::find_client(*engine::dialect_of(kind)));
  TRY_ASSIGN(const std::string store_path, store::default_store_path());
  return engine::known_image(*choice.client, store_path, reference);
}

Result<EngineChoice> choose_first(const config::Project& project) {
  std::string reasons;
  for (const config::EngineTraits& engine : config::engines) {
    if (!engine.is_container_engine) continue;
    EngineChoice choice;
    const auto image = ask_for_image(engine.kind, project.image, choice);
    if (!image) {
      reasons += (reasons.empty() ? "" : "; ") + image.error().message;
      continue;
    }
    choice.reason = "`auto`, for the image " + project.image + (reasons.empty() ? "" : "; " + reasons);
    TRY(take_present_image(project, *image, choice));
    return choice;
  }
  return fail(ErrorCode::environment, fmt::format("no engine here can run the image {}", project.image),
              "there is no skopeo with umoci to prepare it; " + reasons,
              config::install_hint({"skopeo", "umoci", "newuidmap"}) + "; `larder doctor` says what else is missing");
}

}  // namespace

Pull pull_of(const config::Project& project) {
  if (project.pull == "always") return Pull::always;
  return project.pull == "never" ? Pull::never : Pull::missing;
}

Status take_image(const std::string& reference, const ImageFacts& image, EngineChoice& choice) {
  choice.image_id = image.id;
  return judge_platform(reference, image, choice);
}

/// An engine that this store has not used yet is asked before images are made for it, which takes minutes.
Result<EngineChoice> choose_for_own_images(EngineKind kind) {
  EngineChoice choice{.kind = kind, .reason = "as asked for", .gets_images = true};
  TRY_ASSIGN(choice.client, engine::find_client(*engine::dialect_of(kind)));
  TRY_ASSIGN(const std::string store_path, store::default_store_path());
  if (!engine::noted_facts(*choice.client, store_path))
    TRY(engine::find_image(*choice.client, config::default_image, Pull::never));
  return choice;
}

Result<EngineChoice> choose_engine(const config::Project& project) {
  const config::EngineTraits* wanted = config::find_engine(project.engine);
  if (wanted != nullptr && wanted->runs_host) return EngineChoice{.kind = wanted->kind, .reason = "as asked for"};
  if (project.engine == config::auto_engine) {
    TRY_ASSIGN(const std::string reason, native_reason(project));
    if (!reason.empty()) return EngineChoice{.kind = EngineKind::native, .reason = reason};
  }
  if (project.engine == config::auto_engine) return choose_first(project);
  if (wanted == nullptr)
    return fail(ErrorCode::usage, fmt::format("unknown engine '{}'", project.engine), {},
                "the engines are: " + join(config::engine_choices(), ", "));
  TRY_ASSIGN(const auto reference, image::parse_reference(project.image, "/"));
  if (reference.source == image::Source::host) return needs_image(project.engine);
  if (reference.source == image::Source::debian) return choose_for_own_images(wanted->kind);
  EngineChoice choice{.kind = wanted->kind, .reason = "as asked for"};
  TRY_ASSIGN(const auto image, ask_for_image(wanted->kind, project.image, choice));
  TRY(take_present_image(project, image, choice));
  return choice;
}

image::Image container_image(const std::string& reference, const EngineChoice& choice) {
  image::Image image;
  image.name = reference;
  image.digest = choice.image_id;
  image.engine_id = choice.image_id;
  image.toolchain = "/usr";
  return image;
}

}  // namespace larder::builds
