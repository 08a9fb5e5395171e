#include "image/step_record.hpp"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "base/sha256.hpp"
#include "base/text.hpp"

namespace larder::image {
namespace {

using nlohmann::json;

constexpr std::array kind_names = {"base", "packages", "commands", "rust", "zig"};
constexpr size_t names_shown_max = 3;
constexpr size_t title_bytes_max = 60;

StepKind kind_from(const std::string& name) {
  for (size_t i = 0; i < kind_names.size(); ++i)
    if (name == kind_names.at(i)) return static_cast<StepKind>(i);
  throw json::other_error::create(501, "no such kind of step: " + name, nullptr);
}

std::string plural(size_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

/// The line of a text for sh that tells people most: of a script its title, else its first.
std::string title_of(const std::string& text) {
  std::string title;
  for (const std::string& line : split(text, '\n')) {
    const std::string words = trim(line);
    if (words.empty() || words.starts_with("#!") || words.starts_with("set -- ")) continue;
    if (!title.empty()) return title + " …";
    title = words.starts_with("# ") ? words.substr(2) : words;
  }
  return title;
}

/// "`make install`"; of a lock, which has their hash alone, and of several: "2 commands".
std::string describe_commands(const std::vector<std::string>& texts) {
  if (texts.size() != 1 || texts.front().starts_with("sha256:")) return plural(texts.size(), "command");
  const std::string title = printable(title_of(texts.front()));
  if (title.size() <= title_bytes_max) return "`" + title + "`";
  size_t end = title_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(title[end]) & 0xc0U) == 0x80) --end;  // within a character
  return "`" + title.substr(0, end) + " …`";
}

/// "Rust 1.85", "Rust's library for aarch64-unknown-linux-gnu".
std::string describe_rust(const std::vector<std::string>& request) {
  const std::string& first = request.front();
  const size_t colon = first.find(':');
  return colon == std::string::npos ? "Rust " + first : "Rust's library for " + first.substr(colon + 1);
}

}  // namespace

const char* to_string(StepKind kind) { return kind_names.at(static_cast<size_t>(kind)); }

std::string Step::key() const {
  if (kind != StepKind::commands) return join(request, " ");
  if (request.size() == 1 && request.front().starts_with("sha256:")) return request.front();
  Sha256 hash;
  for (const std::string& text : request) hash.field(text);
  return "sha256:" + hash.finish();
}

std::string Step::describe() const {
  if (kind == StepKind::base) return request.front();
  if (kind == StepKind::commands) return describe_commands(request);
  if (kind == StepKind::rust) return describe_rust(request);
  if (kind == StepKind::zig) return "zig's compilers of C and C++";
  std::vector<std::string> shown(request.begin(),
                                 request.begin() + static_cast<long>(std::min(request.size(), names_shown_max)));
  if (request.size() > shown.size()) shown.emplace_back("…");
  return plural(request.size(), "package") + ": " + join(shown, ", ");
}

bool is_same_step(const StepRecord& record, const std::string& from, const Step& step, const std::string& machine) {
  return record.from == from && record.machine == machine && record.step.kind == step.kind &&
         record.step.key() == step.key();
}

std::string digest_of(const StepRecord& record) {
  if (record.step.kind == StepKind::base && !record.source.empty()) return record.source;
  Sha256 hash;
  for (const std::string& field : {std::string("larder image 1"), record.machine, record.from,
                                   std::string(to_string(record.step.kind)), record.step.key()})
    hash.field(field);
  for (const std::string& package : record.packages) hash.field(package);
  if (!record.source.empty()) hash.field(record.source);
  return "sha256:" + hash.finish();
}

json to_json(const StepRecord& record) {
  return {{"digest", record.digest},
          {"from", record.from},
          {"machine", record.machine},
          {"kind", to_string(record.step.kind)},
          {"request", record.step.request},
          {"packages", record.packages},
          {"source", record.source},
          {"path", record.path},
          {"env", record.env},
          {"loader", record.loader}};
}

Result<StepRecord> parse_step_record(const std::string& text) {
  try {
    const json data = json::parse(text);
    StepRecord record;
    record.digest = data.at("digest");
    record.from = data.at("from");
    record.machine = data.at("machine");
    record.step = {kind_from(data.at("kind")), data.at("request").get<std::vector<std::string>>()};
    record.packages = data.at("packages").get<std::vector<std::string>>();
    record.source = data.at("source");
    record.path = data.at("path");
    record.env = data.at("env").get<std::map<std::string, std::string>>();
    record.loader = data.value("loader", "");
    return record;
  } catch (const json::exception& error) {
    return fail(ErrorCode::damage, "an image's record is damaged", error.what(),
                "`larder image list` shows the others; `larder cache verify` finds what else is damaged");
  }
}

}  // namespace larder::image
