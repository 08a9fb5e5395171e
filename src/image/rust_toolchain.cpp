#include "image/rust_toolchain.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/environment.hpp"
#include "base/text.hpp"
#include "config/rust_channel.hpp"
#include "image/dpkg.hpp"

namespace larder::image {
namespace {

using Words = std::vector<std::string>;

constexpr const char* other_ways =
    "build with rustup's toolchains of this machine (`--image host`), or on an image that has it (`--image "
    "docker.io/library/rust:VERSION`); `[build] rust = \"debian\"` in larder.toml takes Debian's all the same";

constexpr const char* server_ways =
    "RUSTUP_DIST_SERVER names a mirror of Rust's distribution, as for rustup; or build with rustup's toolchains of "
    "this "
    "machine: `--image host`";

/// The words that a channel's script may be given: what rustup's names are made of.
bool is_plain(const std::string& word) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  return !word.empty() && word.size() <= 128 && word.front() != '-' &&
         word.find_first_not_of(allowed) == std::string::npos;
}

Error not_to_be_had(const RustPin& pin, const std::string& why) {
  return {ErrorCode::environment, fmt::format("Larder's own image cannot have Rust {}", printable(pin.name)),
          fmt::format("{} pins it; {}", pin.said_by, why), other_ways, 0};
}

Status add_words(const RustPin& pin, const char* kind, Words words, Words& request) {
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  for (const std::string& word : words) {
    if (!is_plain(word)) return fail(not_to_be_had(pin, fmt::format("'{}' is no {}", printable(word), kind)));
    request.push_back(fmt::format("{}:{}", kind, word));
  }
  return {};
}

}  // namespace

Words rust_tools() { return {"ca-certificates", "curl", "xz-utils"}; }

Result<Step> rust_step(const RustPin& pin, const std::string& machine) {
  const auto channel = config::parse_rust_channel(pin.name);
  if (!channel) return fail(not_to_be_had(pin, "rustup's distribution has none of that name"));
  if (!channel->host.empty() && channel->host != machine)
    return fail(not_to_be_had(pin, fmt::format("this machine is {}", machine)));
  Step step{StepKind::rust, {channel->name + (channel->date.empty() ? "" : "-" + channel->date), "host:" + machine}};
  TRY(add_words(pin, "profile", pin.profile.empty() ? Words() : Words{pin.profile}, step.request));
  TRY(add_words(pin, "component", pin.components, step.request));
  TRY(add_words(pin, "target", pin.targets, step.request));
  return step;
}

Step rust_target_step(const std::string& triple) { return {StepKind::rust, {"target:" + triple}}; }

std::map<std::string, std::string> rust_variables(const StepRecord* pinned) {
  std::map<std::string, std::string> variables;
  constexpr std::string_view older_end = "/dist";
  std::string server = environment("RUSTUP_DIST_SERVER");
  std::string older = environment("RUSTUP_DIST_ROOT");
  if (older.ends_with(older_end)) older.resize(older.size() - older_end.size());
  if (server.empty()) server = older;
  if (!server.empty()) variables["RUSTUP_DIST_SERVER"] = server;
  if (pinned == nullptr || pinned->source.empty() || pinned->packages.empty()) return variables;
  const std::string version = parse_package(pinned->packages.front()).version;
  variables["LARDER_MANIFEST"] = pinned->source.substr(pinned->source.find(':') + 1);
  variables["LARDER_MANIFEST_DATE"] = version.substr(version.find('+') + 1);
  return variables;
}

void take_rust(const std::string& facts, StepRecord& record) {
  const Words words = split(trim(facts), ' ');
  if (words.size() != 3 || words[0].size() != 64) return;
  record.source = "sha256:" + words[0];
  record.packages.push_back(fmt::format("rust={}+{}", words[2], words[1]));
}

void explain_rust(const std::string& line, Error& error) {
  const std::string kind = line.substr(0, line.find(' '));
  const std::string rest = kind.size() < line.size() ? line.substr(kind.size() + 1) : "";
  error.hint = other_ways;
  if (kind == "server") {
    error.cause = rest;
    error.hint = server_ways;
  } else if (kind == "channel") {
    error.cause = fmt::format("the server of Rust's distribution has no {}", rest);
  } else if (kind == "component") {
    const Words words = split(rest, ' ');
    error.cause = fmt::format("it has no {} for {}", words.front(), words.back());
  } else if (kind == "profile") {
    error.cause = fmt::format("it has no profile {}", rest);
  } else if (kind == "hash") {
    error.cause = fmt::format("{} is damaged, or another one than the server says: its SHA-256 is wrong", rest);
    error.hint = server_ways;
  } else if (kind == "missing") {
    error.cause = fmt::format("the server does not have {}", rest);
    error.hint = server_ways;
  } else if (kind == "format") {
    error.cause = fmt::format("its manifest is of version {}, and Larder reads version 2", rest);
  } else if (kind == "gone") {
    error.message = fmt::format("larder.lock pins a Rust of {}, which the server has no more", rest);
    error.cause = {};
    error.hint = "`larder image update` moves what is pinned, and says what changes";
  }
}

}  // namespace larder::image
