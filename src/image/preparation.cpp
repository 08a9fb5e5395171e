#include "image/preparation.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/environment.hpp"
#include "base/registry_name.hpp"
#include "base/subprocess.hpp"
#include "base/text.hpp"
#include "config/helpers.hpp"
#include "image/apt_error.hpp"
#include "image/debian_base.hpp"
#include "image/pip_view.hpp"
#include "image/rust_toolchain.hpp"
#include "image/scripts.hpp"
#include "image/zig.hpp"

namespace larder::image {
namespace {

using Words = std::vector<std::string>;

/// What a script says to larder rather than to people begins so.
constexpr std::string_view word_to_larder = "larder: ";

/// The architectures that images' configurations call otherwise than Debian.
const std::map<std::string, std::string> image_architectures = {
    {"armel", "arm"}, {"armhf", "arm"}, {"i386", "386"}, {"ppc64el", "ppc64le"}};

Words shell(const std::string& script, const Words& arguments) {
  Words command = {"sh", "-euc", script, "sh"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

/// What goes before a script that calls apt in an image.
std::string apt_scripts() { return script_text("apt-sources") + script_text("apt-settings"); }

void pass_proxies(Preparation& preparation) {
  for (const char* name :
       {"http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"})
    if (const std::string value = environment(name); !value.empty()) preparation.env[name] = value;
}

void show_if_there(Preparation& preparation, const std::string& source, const std::string& path) {
  if (::access(source.c_str(), R_OK) == 0) preparation.files.push_back({source, path});
}

/// What the caller's programs trust, such as a company's proxy, the commands of a preparation do, too.
void pass_certificates(Preparation& preparation) {
  const std::string named = environment("SSL_CERT_FILE");
  const std::string bundle = named.empty() ? "/etc/ssl/certs/ca-certificates.crt" : named;
  if (!bundle.starts_with('/') || ::access(bundle.c_str(), R_OK) != 0) return;
  const std::string shown = "/run/larder/certificates.pem";
  preparation.files.push_back({bundle, shown});
  for (const char* name : {"SSL_CERT_FILE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO"}) preparation.env[name] = shown;
}

/// The first of the programs that is missing is named, and what brings all of them.
Status need_programs(const std::vector<std::string>& programs, const std::string& image) {
  constexpr const char* otherwise = "build with this machine's own tools: `--image host`";
  for (const std::string& program : programs) {
    if (!find_in_path(program).empty()) continue;
    std::vector<std::string> all = programs;
    all.emplace_back("newuidmap");
    std::string hint = config::install_hint(all);
    if (hint.find("--image host") == std::string::npos) hint += fmt::format(", or {}", otherwise);
    return fail(ErrorCode::environment, fmt::format("the image {} cannot be prepared", image),
                fmt::format("there is no program {}", program), std::move(hint));
  }
  return {};
}

void show_apt(Preparation& preparation, AptView view) {
  for (TextFile& file : view.files) preparation.texts.push_back(std::move(file));
  for (Bind& bind : view.binds) preparation.files.push_back(std::move(bind));
}

/// What apt on this machine is told, for the apt of an image: its sources for one of Debian's packages alone.
Status show_apt(Preparation& preparation, const Reference& reference, AptSecrets secrets) {
  TRY_ASSIGN(const AptPlaces places, apt_places());
  if (reference.source != Source::debian) {
    show_apt(preparation, view_of_settings(places, AptSecrets::hidden));
    return {};
  }
  TRY_ASSIGN(AptView view, view_of_debian(places, reference.name, secrets));
  show_apt(preparation, std::move(view));
  preparation.env["LARDER_SUITE"] = reference.name;
  if (secrets == AptSecrets::shown) preparation.env["LARDER_MAY_ASK"] = "1";
  return {};
}

Result<Preparation> base_of_packages(const Reference& reference, const std::string& machine, const StepRecord* pinned) {
  Preparation preparation;
  preparation.on_machine = true;
  preparation.command =
      shell(script_text("apt-sources") + script_text("debian") + script_text("debian-root"), {reference.name, machine});
  if (pinned != nullptr) preparation.env["LARDER_PINS"] = join(pinned->packages, " ");
  TRY(show_apt(preparation, reference, AptSecrets::shown));
  return preparation;
}

/// How skopeo calls it.
std::string skopeo_name(const Reference& reference, const StepRecord* pinned) {
  switch (reference.source) {
    case Source::oci_folder:
      return "oci:/source" + (reference.tag.empty() ? "" : ":" + reference.tag);
    case Source::docker_daemon:
      return "docker-daemon:" + reference.name;
    default:
      break;
  }
  const size_t digest = reference.name.find('@');  // which skopeo takes without a tag only
  if (pinned != nullptr) return "docker://" + without_tag(reference.name) + "@" + pinned->source;
  return "docker://" +
         (digest == std::string::npos ? reference.name : without_tag(reference.name) + reference.name.substr(digest));
}

/// The user's own: what `docker login`, `podman login` and `skopeo login` have written, each where skopeo looks for it;
/// see containers-auth.json(5).
void show_credentials(Preparation& preparation) {
  const std::string shown = "/run/larder";
  if (const std::string chosen = environment("REGISTRY_AUTH_FILE"); !chosen.empty()) {
    show_if_there(preparation, chosen, shown + "/auth.json");
    preparation.env["REGISTRY_AUTH_FILE"] = shown + "/auth.json";
    return;
  }
  const size_t others = preparation.files.size();
  const std::string home = environment("HOME");
  const std::string docker = environment("DOCKER_CONFIG");
  const std::string runtime = environment("XDG_RUNTIME_DIR");
  show_if_there(
      preparation,
      (runtime.empty() ? fmt::format("/run/containers/{}", ::getuid()) : runtime + "/containers") + "/auth.json",
      shown + "/containers/auth.json");
  show_if_there(preparation, home + "/.config/containers/auth.json", shown + "/.config/containers/auth.json");
  show_if_there(preparation, (docker.empty() ? home + "/.docker" : docker) + "/config.json",
                shown + "/.docker/config.json");
  if (preparation.files.size() > others) preparation.env["XDG_RUNTIME_DIR"] = preparation.env["HOME"] = shown;
}

/// The daemon's socket, at the place where skopeo looks for it.
Status show_docker_daemon(Preparation& preparation) {
  const std::string host = environment("DOCKER_HOST");
  if (!host.empty() && !host.starts_with("unix://"))
    return fail(ErrorCode::environment, "an image is taken from a docker daemon of this machine only",
                "DOCKER_HOST is " + host, "push the image to a registry, or build with `--engine docker`");
  const std::string socket = host.empty() ? "/var/run/docker.sock" : host.substr(7);
  if (::access(socket.c_str(), R_OK | W_OK) != 0)
    return fail(sys_error(errno, "no docker daemon can be asked for its images at " + socket)
                    .with_hint("start it, or name its socket: DOCKER_HOST=unix:///PATH"));
  preparation.files.push_back({socket, "/var/run/docker.sock"});
  return {};
}

/// skopeo reads a layout's files to their ends, which a FIFO or a device has not.
Status check_layout(const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::vector<fs::path> files;
  for (const fs::directory_entry& algorithm : fs::directory_iterator(folder + "/blobs", error))
    for (const fs::directory_entry& blob : fs::directory_iterator(algorithm.path(), error))
      files.push_back(blob.path());
  std::string wrong;
  for (const fs::path& file : files)
    if (fs::exists(file, error) && !fs::is_regular_file(file, error)) wrong = file.string() + " is no file";
  const fs::path index = folder + "/index.json";
  if (!fs::is_regular_file(index, error))
    wrong = fs::exists(index, error) ? "index.json is no file" : "it has no index.json";
  if (wrong.empty()) return {};
  return fail(ErrorCode::usage, fmt::format("{} is no OCI image layout", folder), printable(wrong),
              "`skopeo copy docker://NAME oci:FOLDER` writes one");
}

Result<Preparation> registry_base(const Reference& reference, const StepRecord* pinned,
                                  const std::string& script = script_text("oci")) {
  TRY(need_programs({"skopeo", "umoci"}, reference.text));
  Preparation preparation;
  preparation.on_machine = true;
  Words arguments = {skopeo_name(reference, pinned)};
  if (reference.source == Source::registry && is_loopback(registry_host(reference.name)))
    arguments.emplace_back("--tls-verify=false");
  preparation.command = shell(script, arguments);
  show_if_there(preparation, "/etc/containers", "/etc/containers");
  show_if_there(preparation, "/etc/ssl/certs", "/etc/ssl/certs");
  if (reference.source == Source::oci_folder) {
    TRY(check_layout(reference.name));
    preparation.files.push_back({reference.name, "/source"});
  }
  if (reference.source == Source::docker_daemon) TRY(show_docker_daemon(preparation));
  show_credentials(preparation);
  return preparation;
}

/// A registry's base becomes what mmdebstrap would have made.
Result<Preparation> debian_preparation(const Reference& reference, const std::string& machine,
                                       const StepRecord* pinned) {
  TRY_ASSIGN(const DebianBase base, choose_debian_base(reference, pinned));
  if (!base.is_from_registry()) return base_of_packages(reference, machine, pinned);
  TRY_ASSIGN(Preparation preparation,
             registry_base(base.registry, pinned, script_text("oci") + script_text("debian-root")));
  preparation.note = fmt::format("{} is taken from {}: {}", reference.text, base.registry.name, base.reason);
  preparation.hint = registry_hint(base, pinned);
  return preparation;
}

Result<Preparation> install(const Step& step, const Reference& reference, const StepRecord* pinned) {
  Preparation preparation;
  preparation.uses_apt = true;
  const bool known = pinned != nullptr && !pinned->packages.empty();
  preparation.command = shell(apt_scripts() + script_text("install"), known ? pinned->packages : step.request);
  if (known) preparation.env["LARDER_PINNED"] = "1";
  TRY(show_apt(preparation, reference, AptSecrets::shown));
  return preparation;
}

/// Each text by itself, so that a mistake in one shows as its own. Lines of a project are steps one after the other,
/// and what one has fetched to /tmp is there for the next. They see no password of a mirror's: what needs one belongs
/// in `packages`.
Result<Preparation> run_commands(const Step& step, const Reference& reference) {
  Preparation preparation;
  preparation.uses_apt = reference.source == Source::debian;
  preparation.keeps_tmp = true;
  if (preparation.uses_apt) TRY(show_apt(preparation, reference, AptSecrets::hidden));
  const std::string settings =
      "[ -d /tmp ] || mkdir /tmp\nchmod 1777 /tmp\n" + (preparation.uses_apt ? apt_scripts() : "");
  preparation.command = shell(settings + "for text; do sh -euc \"$text\" sh; done", step.request);
  return preparation;
}

/// A server of files is shown in place.
Preparation install_rust(const Step& step, const StepRecord* pinned) {
  constexpr std::string_view scheme = "file://";
  const std::string shown = "/run/larder/rust";
  Preparation preparation;
  preparation.command = shell(script_text("rust"), step.request);
  preparation.env = rust_variables(pinned);
  std::string& server = preparation.env["RUSTUP_DIST_SERVER"];
  if (server.starts_with(scheme)) {
    show_if_there(preparation, server.substr(scheme.size()), shown);
    server = std::string(scheme) + shown;
  }
  return preparation;
}

Preparation install_zig(const Step& step, const StepRecord* pinned) {
  Preparation preparation;
  preparation.command = shell(script_text("zig"), step.request);
  PipView pip = pip_view();
  preparation.env = std::move(pip.env);
  preparation.files = std::move(pip.files);
  for (const auto& [name, value] : zig_variables(pinned)) preparation.env[name] = value;
  return preparation;
}

/// Whether the line is apt's word that a mirror or a proxy wants a login: "Err:1 https://… 401  Unauthorized".
bool is_refusal_of_apts(const std::string& line) {
  return (line.starts_with("Err:") || line.starts_with("E: ") || line.starts_with("W: ") || line.starts_with("  ")) &&
         (line.find("401  Unauthorized") != std::string::npos || line.find("407  Proxy") != std::string::npos);
}

/// Below a base there is nothing that a shell could be opened on.
std::string hint_of_log(const Step& step) {
  const std::string log = "its whole output is in the log";
  return step.kind == StepKind::base ? log : log + "; `larder image shell` opens what it runs on";
}

/// umoci puts a cross before its errors.
std::string without_mark(const std::string& line) {
  constexpr std::string_view mark = "⨯ ";
  const std::string text = trim(line);
  return text.starts_with(mark) ? text.substr(mark.size()) : text;
}

}  // namespace

Result<Preparation> preparation_of(const Step& step, const Reference& reference, const std::string& machine,
                                   const StepRecord* pinned) {
  Preparation preparation;
  switch (step.kind) {
    case StepKind::base: {
      TRY_ASSIGN(preparation, reference.source == Source::debian ? debian_preparation(reference, machine, pinned)
                                                                 : registry_base(reference, pinned));
      break;
    }
    case StepKind::packages: {
      TRY_ASSIGN(preparation, install(step, reference, pinned));
      break;
    }
    case StepKind::commands: {
      TRY_ASSIGN(preparation, run_commands(step, reference));
      break;
    }
    case StepKind::rust:
      preparation = install_rust(step, pinned);
      break;
    case StepKind::zig:
      preparation = install_zig(step, pinned);
      break;
  }
  pass_proxies(preparation);
  pass_certificates(preparation);
  return preparation;
}

std::string base_sources(const Reference& reference, const StepRecord* pinned) {
  if (reference.source != Source::debian) return {};
  const auto base = choose_debian_base(reference, pinned);
  if (!base) return {};
  if (base->is_from_registry()) return sources_key(base->registry.name);
  const auto places = apt_places();
  const auto view = places ? view_of_debian(*places, reference.name, AptSecrets::hidden) : fail(places.error());
  return view ? sources_key(*view) : "";
}

Result<Preparation> shell_in(const Reference& reference, const std::vector<std::string>& command) {
  Preparation preparation;
  preparation.uses_apt = reference.source == Source::debian;
  if (preparation.uses_apt) TRY(show_apt(preparation, reference, AptSecrets::hidden));
  preparation.command = shell((preparation.uses_apt ? apt_scripts() : "") + script_text("shell"), command);
  return preparation;
}

Error preparation_error(const Step& step, const std::vector<std::string>& last_lines) {
  if (auto told = apt_error(step.describe(), last_lines)) {
    if (told->hint.empty()) told->hint = hint_of_log(step);
    return std::move(*told);
  }
  Error error{ErrorCode::environment, "an image cannot be prepared: " + step.describe(), {}, {}, 0};
  std::vector<std::string> said;
  for (const std::string& line : last_lines) {
    if (line.starts_with("E: ")) said.push_back(line);
    if (line.find("level=fatal") != std::string::npos) said.push_back(logged_message(line));
    if (!line.starts_with(word_to_larder)) continue;
    const auto words = split(line.substr(word_to_larder.size()), ' ');
    const bool is_rust = words.size() > 1 && words[0] == "rust";
    if (is_rust || (words.size() > 1 && words[0] == "zig")) {
      (is_rust ? explain_rust : explain_zig)(line.substr(word_to_larder.size() + words[0].size() + 1), error);
      return error;
    }
    if (words.size() == 4 && words[0] == "gone") {
      error.message = fmt::format("larder.lock pins {} {}, which no mirror has any more", words[1], words[2]);
      error.cause = fmt::format("the nearest version there is: {}", words[3]);
      error.hint = "`larder image update` moves what is pinned, and says what changes";
      return error;
    }
    if (words.size() == 2 && words[1] == "apt") {
      error.cause = "the image has no apt-get";
      error.hint = "install with the image's own package manager: `prepare = [\"apk add …\"]`";
      return error;
    }
  }
  error.cause = !said.empty() ? join(said, "; ") : last_lines.empty() ? "" : without_mark(last_lines.back());
  error.hint = hint_of_log(step);
  if (error.cause.find("dial tcp") != std::string::npos) {  // as skopeo says it
    error.needs_network = true;
    error.cause = "the registry cannot be reached: " + error.cause;
    error.hint = "the network, or a proxy is missing (https_proxy)";
  }
  if (step.kind == StepKind::base && error.cause.find("unauthorized") != std::string::npos) {
    const auto reference = parse_reference(step.request.front(), "");
    if (reference && reference->source == Source::registry)
      error.hint = fmt::format("`skopeo login {}`, or docker's or podman's, if it wants one; or the name is wrong",
                               registry_host(reference->name));
  }
  return error;
}

Result<Preparation> question_for_packages(const Reference& reference) {
  TRY_ASSIGN(Preparation question, install({StepKind::packages, {}}, reference, nullptr));
  question.command = shell(apt_scripts() + script_text("newer-packages"), {});
  pass_proxies(question);
  pass_certificates(question);
  return question;
}

Result<Preparation> question_for_base(const Reference& reference, const StepRecord& pinned) {
  Reference asked = reference;
  if (reference.source == Source::debian) {
    TRY_ASSIGN(const DebianBase base, choose_debian_base(reference, &pinned));
    asked = base.registry;
  }
  TRY_ASSIGN(Preparation question, registry_base(asked, nullptr, script_text("newer-base")));
  pass_proxies(question);
  pass_certificates(question);
  return question;
}

std::optional<Newer> parse_newer(const std::string& line) {
  if (!line.starts_with(word_to_larder)) return std::nullopt;
  const Words words = split(line.substr(word_to_larder.size()), ' ');
  if (words.size() == 4 && words[0] == "newer") return Newer{words[1], words[2], words[3]};
  if (words.size() == 2 && words[0] == "digest") return Newer{{}, {}, words[1]};
  return std::nullopt;
}

Error command_error(const Step& step, const std::vector<std::string>& last_lines, int exit_code) {
  constexpr size_t lines_shown_max = 5;
  const size_t shown = std::min(last_lines.size(), lines_shown_max);
  const std::vector<std::string> lines(last_lines.end() - static_cast<long>(shown), last_lines.end());
  const bool wants_login = std::any_of(last_lines.begin(), last_lines.end(), is_refusal_of_apts);
  return {ErrorCode::environment,
          fmt::format("an image cannot be prepared: {} failed with exit code {}", step.describe(), exit_code),
          lines.empty() ? "it has printed nothing" : join(lines, "\n  "),
          wants_login
              ? "a mirror or proxy wants a login, and no command of `prepare` sees a password, since what it sees "
                "it could leave in the image: let Larder install by `packages = [\"…\"]` in [build] of larder.toml"
              : hint_of_log(step),
          0};
}

void take_configuration(const std::string& text, StepRecord& record) {
  const auto data = nlohmann::json::parse(text, nullptr, false);
  if (!data.is_object() || !data.contains("config") || !data["config"].is_object()) return;
  const auto variables = data["config"].find("Env");
  if (variables == data["config"].end() || !variables->is_array()) return;
  for (const auto& variable : *variables) {
    if (!variable.is_string()) continue;
    const std::string word = variable;
    const size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0) continue;
    if (word.starts_with("PATH="))
      record.path = word.substr(equals + 1);
    else
      record.env[word.substr(0, equals)] = word.substr(equals + 1);
  }
}

Status check_architecture(const std::string& text, const std::string& image, const std::string& machine) {
  const auto data = nlohmann::json::parse(text, nullptr, false);
  if (!data.is_object() || !data.contains("architecture") || !data["architecture"].is_string()) return {};
  const std::string architecture = data["architecture"];
  const auto other_name = image_architectures.find(machine);
  const std::string wanted = other_name == image_architectures.end() ? machine : other_name->second;
  if (architecture.empty() || architecture == wanted) return {};
  return fail(ErrorCode::environment, fmt::format("the image {} is for {}", image, printable(architecture)),
              fmt::format("this machine is {}", wanted),
              "take an image for this machine, and cross-compile in it; `--engine podman` emulates others, slowly");
}

}  // namespace larder::image
