#include "share/registry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/registry_name.hpp"
#include "base/text.hpp"
#include "config/helpers.hpp"

namespace larder::share {
namespace {

bool says(const std::string& text, const std::vector<const char*>& words) {
  const std::string lower = lower_case(text);
  return std::any_of(words.begin(), words.end(),
                     [&](const char* word) { return lower.find(word) != std::string::npos; });
}

/// The fatal messages of skopeo's output.
std::string fatal_of(const std::string& errors) {
  std::vector<std::string> messages;
  for (const std::string& line : split(errors, '\n'))
    if (line.find("level=fatal") != std::string::npos) messages.push_back(logged_message(line));
  return messages.empty() ? last_line(errors) : join(messages, "; ");
}

/// What a program has said, as a message may show it: at most 500 bytes, and not the name that the user knows.
std::string shown(std::string said) {
  constexpr std::string_view known = "Error parsing image name \"";
  constexpr size_t bytes_max = 500;
  constexpr size_t piece = 100;  // of which `printable` shows all
  const size_t end = said.starts_with(known) ? said.find("\": ") : std::string::npos;
  if (end != std::string::npos) said.erase(0, end + 3);
  std::string text;
  for (size_t i = 0; i < std::min(said.size(), bytes_max); i += piece) text += printable(said.substr(i, piece));
  return text;
}

/// A registry says so of a tag, or a repository, that is not there.
bool is_unknown(const std::string& said) {
  if (says(said, {"pinging container registry"})) return false;  // this server is no registry
  return says(said, {"manifest unknown", "manifest_unknown", "name unknown", "name_unknown",
                     "repository name not known", "404 (not found)", "status code 404"});
}

/// How what is in a registry is removed where its own protocol does not.
std::string way_to_remove(const std::string& host) {
  if (host == "ghcr.io")
    return "on the package's page at github.com, or `gh api -X DELETE` for its versions; the action "
           "actions/delete-package-versions keeps to a number";
  if (host == "docker.io") return "on the repository's page at hub.docker.com, under Tags";
  if (host.ends_with("gitlab.com") || host.starts_with("registry.gitlab"))
    return "the project's cleanup policy for container tags, under Settings, Packages and registries";
  return "a registry of your own wants `storage: {delete: {enabled: true}}` in its configuration, others have a page "
         "or a policy for it";
}

}  // namespace

Result<Registry> Registry::open(const std::string& repository) {
  TRY_ASSIGN(std::string name, parse_remote(repository));
  std::string program = find_in_path("skopeo");
  if (program.empty())
    return fail(ErrorCode::environment, "there is no program skopeo, which speaks to registries", {},
                config::install_hint({"skopeo"}));
  return Registry(std::move(program), std::move(name));
}

std::string Registry::tls_option(const std::string& prefix) const {
  return prefix + (is_loopback(registry_host(repository_)) ? "tls-verify=false" : "tls-verify=true");
}

Error Registry::explain(const std::string& what, const std::string& said) const {
  const std::string host = registry_host(repository_);
  Error error{ErrorCode::environment, what, shown(said), "nothing has changed here; try it once more later", 0};
  if (says(said, {"unauthorized", "authentication required", "denied", "status code 403", "403 (forbidden)"}))
    error.hint = fmt::format("`skopeo login {}`, or docker's or podman's; or the name is wrong", host);
  else if (says(said, {"too many requests", "toomanyrequests", "status code 429"})) {
    error.needs_network = true;
    error.hint = fmt::format("wait a while; some registries take more requests after `skopeo login {}`", host);
  } else if (says(said, {"pinging container registry", "dial tcp", "connection refused", "no such host", "timeout",
                         ": eof", "unexpected eof"})) {
    error.needs_network = true;
    error.hint = fmt::format("`skopeo list-tags docker://{}` says whether the registry answers", repository_);
  }
  return error;
}

/// Runs skopeo with these arguments.
Result<Completed> Registry::run(std::vector<std::string> arguments, double seconds) const {
  arguments.insert(arguments.begin(), program_);
  auto done = run_program(arguments, seconds, patience_.stop);
  if (done || done.error().code == ErrorCode::interrupted) return done;
  Error error{ErrorCode::environment, "the registry of " + repository_ + " takes too long", done.error().cause,
              fmt::format("`skopeo list-tags docker://{}` says whether the registry answers", repository_), 0};
  error.needs_network = true;
  return fail(std::move(error));
}

/// What skopeo has written; no value where the registry does not know what is asked for.
Result<std::optional<std::string>> Registry::ask(std::vector<std::string> arguments) const {
  TRY_ASSIGN(Completed done, run(std::move(arguments), patience_.question_seconds));
  if (done.exit_code == 0) return std::optional(std::move(done.output));
  const std::string said = fatal_of(done.errors);
  if (is_unknown(said)) return std::optional<std::string>();
  return fail(explain("the registry of " + repository_ + " gives no answer", said));
}

Result<std::optional<std::string>> Registry::manifest(const std::string& tag) const {
  return ask({"inspect", "--raw", tls_option("--"), "docker://" + repository_ + ":" + tag});
}

Result<std::vector<std::string>> Registry::tags() const {
  TRY_ASSIGN(const auto answer, ask({"list-tags", tls_option("--"), "docker://" + repository_}));
  std::vector<std::string> tags;
  if (!answer) return tags;
  const auto data = nlohmann::json::parse(*answer, nullptr, false);
  if (!data.is_object() || !data.contains("Tags") || !data["Tags"].is_array()) return tags;
  for (const auto& tag : data["Tags"])
    if (tag.is_string()) tags.push_back(tag.get<std::string>());
  return tags;
}

Status Registry::push(const std::string& layout, const std::string& tag) const {
  TRY_ASSIGN(const Completed done, run({"copy", "--quiet", "--preserve-digests", retry_option(), tls_option("--dest-"),
                                        "oci:" + layout + ":" + tag, "docker://" + repository_ + ":" + tag},
                                       patience_.copy_seconds));
  if (done.exit_code == 0) return {};
  return fail(explain("cannot push to " + repository_, fatal_of(done.errors)));
}

Status Registry::pull(const Blob& manifest, const std::string& layout) const {
  TRY_ASSIGN(const Completed done,
             run({"copy", "--quiet", "--preserve-digests", retry_option(), tls_option("--src-"),
                  "docker://" + repository_ + "@sha256:" + manifest.digest, "oci:" + layout + ":arrived"},
                 patience_.copy_seconds));
  if (done.exit_code == 0) return {};
  return fail(explain("cannot pull from " + repository_, fatal_of(done.errors)));
}

Status Registry::remove(const std::string& tag) const {
  TRY_ASSIGN(const Completed done,
             run({"delete", tls_option("--"), "docker://" + repository_ + ":" + tag}, patience_.question_seconds));
  if (done.exit_code == 0) return {};
  const std::string said = fatal_of(done.errors);
  if (is_unknown(said)) return {};
  if (says(said, {"unsupported", "405", "method not allowed", "not allowed"}))
    return fail(ErrorCode::usage, "the registry of " + repository_ + " removes nothing", shown(said),
                way_to_remove(registry_host(repository_)));
  return fail(explain("cannot remove from " + repository_, said));
}

}  // namespace larder::share
