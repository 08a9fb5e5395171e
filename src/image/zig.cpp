#include "image/zig.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "image/dpkg.hpp"
#include "image/scripts.hpp"

namespace larder::image {
namespace {

constexpr const char* index_ways =
    "`pip download --no-deps ziglang` is what is done: pip's settings of this machine count (PIP_INDEX_URL, `pip "
    "config "
    "set global.index-url URL`, proxy, cert), so a mirror of Python's index can be named there; `[target.NAME] "
    "toolchain "
    "= \"debian\"` in larder.toml does without zig, and so without C++ on musl";

}  // namespace

std::vector<std::string> zig_tools() { return {"ca-certificates", "python3", "python3-pip-whl"}; }

Step zig_step() { return {StepKind::zig, {"ziglang"}}; }

Step zig_target_step(const config::Target& target) {
  const std::string& ar = target.debian_ar;
  const std::string binutils = ar.ends_with("ar") ? ar.substr(0, ar.size() - 2) : "";
  return {StepKind::commands,
          {fmt::format("set -- {} {}\n{}", shell_quote(config::zig_target(target)), shell_quote(binutils),
                       script_text("zig-target"))}};
}

std::map<std::string, std::string> zig_variables(const StepRecord* pinned) {
  if (pinned == nullptr || pinned->source.empty() || pinned->packages.empty()) return {};
  return {{"LARDER_ZIG_VERSION", parse_package(pinned->packages.front()).version},
          {"LARDER_ZIG_SHA256", pinned->source.substr(pinned->source.find(':') + 1)}};
}

void take_zig(const std::string& facts, StepRecord& record) {
  const std::vector<std::string> words = split(trim(facts), ' ');
  if (words.size() != 2 || words[0].size() != 64) return;
  record.source = "sha256:" + words[0];
  record.packages.push_back("zig=" + words[1]);
}

void explain_zig(const std::string& line, Error& error) {
  const std::string kind = line.substr(0, line.find(' '));
  const std::string rest = kind.size() < line.size() ? line.substr(kind.size() + 1) : "";
  error.message = "zig's compilers cannot be had";
  error.hint = index_ways;
  if (kind == "index") {
    error.cause = rest.empty() ? "pip cannot fetch the wheel ziglang" : rest;
  } else if (kind == "hash") {
    error.message = fmt::format("zig {} is not what larder.lock pins: the SHA-256 of its wheel is another", rest);
    error.cause = "the index has another file of that version, or it was damaged on its way";
    error.hint = "`larder image update` moves what is pinned, and says what changes; it takes what the index has now";
  } else if (kind == "gone") {
    error.message = fmt::format("larder.lock pins zig {}, which the index does not have", rest);
    error.cause = {};
    error.hint = fmt::format("`larder image update` moves what is pinned, and says what changes; else {}", index_ways);
  } else if (kind == "wheel") {
    error.cause = fmt::format("the wheel {} has no program ziglang/zig that runs here", rest);
  }
}

}  // namespace larder::image
