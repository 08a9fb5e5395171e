#include "image/lock_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <map>
#include <tuple>

#include "base/field.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "config/toml_writer.hpp"

namespace larder::image {
namespace {

using config::TomlTable;
using Presence = TomlTable::Presence;
using Words = std::vector<std::string>;

constexpr int lock_version = 1;
constexpr const char* header =
    "# The images that this project builds on, pinned by Larder. Keep it in version control; `larder image update` "
    "moves it.\n";
constexpr const char* about_slots =
    "# The numbered lines keep apart what different branches add, so that git merges it without a conflict.\n";
constexpr const char* way_out =
    "`larder image build --all` writes the file again: it keeps each entry that is whole, and pins the rest anew";
constexpr const char* entry_start = "[[image]]";
constexpr std::string_view oci_prefix = "oci:";
constexpr size_t slots = 256;

std::string slot_line(size_t slot) { return fmt::format("# {:02x}", slot); }

/// A project may be moved, with the OCI folders in it and beside it.
std::string base_in_file(const std::string& base, const std::string& folder, bool relative) {
  const std::string inside = std::string(oci_prefix) + folder + "/";
  if (folder.empty() || !base.starts_with(oci_prefix)) return base;
  if (base.starts_with(inside)) return std::string(oci_prefix) + base.substr(inside.size());
  if (!relative) return base;
  const std::filesystem::path place = base.substr(oci_prefix.size());
  return std::string(oci_prefix) + place.lexically_relative(folder).string();
}

std::string base_from_file(const std::string& base, const std::string& folder) {
  if (!base.starts_with(oci_prefix) || base.starts_with("oci:/") || folder.empty()) return base;
  const std::filesystem::path place = std::filesystem::path(folder) / base.substr(oci_prefix.size());
  return std::string(oci_prefix) + place.lexically_normal().string();
}

std::string without_architecture(const std::string& package) { return package.substr(0, package.find(':')); }

/// Finds the slots of a lock's entries. What several targets ask for has the same one, whatever their images are made
/// of; of commands, which follow every change of the packages below them, one for each list of packages.
class Slots {
 public:
  explicit Slots(const std::vector<StepRecord>& records) {
    for (const StepRecord& record : records) {
      const StepRecord*& known = by_digest_[record.digest];
      if (known == nullptr || record.step.kind < known->step.kind) known = &record;  // whatever their order is
    }
  }

  /// `base`: as the file has it.
  size_t find(const StepRecord& record, const std::string& base) const {
    Sha256 hash;
    const StepRecord* at = &record;
    for (int depth = 0; at != nullptr && depth < steps_max; ++depth) {
      add(*at, base, hash);
      const auto below = by_digest_.find(at->from);
      const bool goes_on = at->step.kind == StepKind::commands && below != by_digest_.end();
      at = goes_on ? below->second : nullptr;
    }
    const auto byte = from_hex(hash.finish().substr(0, 2));
    return byte && !byte->empty() ? static_cast<unsigned char>(byte->front()) : 0;
  }

 private:
  static void add(const StepRecord& record, const std::string& base, Sha256& hash) {
    hash.field(to_string(record.step.kind));
    if (record.step.kind == StepKind::base) return hash.field(base);
    if (record.step.kind == StepKind::commands) return hash.field(record.step.key());
    const bool packages = record.step.kind == StepKind::packages;
    for (const std::string& word : record.step.request) hash.field(packages ? without_architecture(word) : word);
  }

  static constexpr int steps_max = 64;  ///< that are looked at; a longer chain is told apart by its end

  std::map<std::string, const StepRecord*> by_digest_;
};

void check_digest(const TomlTable& table, const char* key, const std::string& digest) {
  const bool sound = digest.size() == 71 && digest.starts_with("sha256:") &&
                     digest.find_first_not_of("0123456789abcdef", 7) == std::string::npos;
  if (table.has(key) && !sound) table.mistake(key, fmt::format("'{}' must be sha256: and 64 digits", key));
}

/// Packages with their versions become arguments of apt, which takes more for a request than a name (Debian
/// policy 5.6.1, 5.6.12).
void check_packages(const TomlTable& table, const Words& packages) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-:~=";
  for (const std::string& package : packages)
    if (package.empty() || std::isalnum(static_cast<unsigned char>(package.front())) == 0 ||
        package.find_first_not_of(allowed) != std::string::npos)
      table.mistake("packages", fmt::format("'{}' is no package with its version", printable(package)));
}

/// The kinds of steps by their keys: an entry has one of these.
void read_step(const TomlTable& table, const std::string& base, const Words& install, const std::string& run,
               const Words& rust, const Words& zig, Step& step) {
  int keys = 0;
  for (const char* key : {"base", "install", "run", "rust", "zig"}) keys += table.has(key) ? 1 : 0;
  if (keys != 1) return table.mistake("", "[[image]] needs one of 'base', 'install', 'run', 'rust' and 'zig'");
  if (table.has("rust") && rust.empty()) return table.mistake("rust", "'rust' must name a toolchain or a target");
  if (table.has("zig") && zig.empty()) return table.mistake("zig", "'zig' must name a wheel");
  if (table.has("rust")) step = {StepKind::rust, rust};
  if (table.has("zig")) step = {StepKind::zig, zig};
  if (table.has("base")) step = {StepKind::base, {base}};
  if (table.has("install")) step = {StepKind::packages, install};
  if (table.has("run")) step = {StepKind::commands, {run}};
  if (table.has("base") == table.has("from")) table.mistake("from", "'from' belongs to all but a base");
}

/// Reads the entries of a file one by one.
class EntryReader {
 public:
  EntryReader(const config::TomlFile& file, const std::string& folder) : file_(file), folder_(folder) {}

  void read(TomlTable table) {
    StepRecord record;
    std::string base;
    std::string run;
    Words install;
    Words rust;
    Words zig;
    table.read({{"digest", &record.digest, Presence::required},
                {"machine", &record.machine, Presence::required},
                {"from", &record.from},
                {"base", &base},
                {"install", &install},
                {"run", &run},
                {"rust", &rust},
                {"zig", &zig},
                {"source", &record.source},
                {"packages", &record.packages}});
    for (const auto& [key, digest] : {std::pair("digest", record.digest), std::pair("from", record.from),
                                      std::pair("run", run), std::pair("source", record.source)})
      check_digest(table, key, digest);
    config::check_argument(table, "machine", record.machine);
    check_packages(table, record.packages);
    read_step(table, base_from_file(base, folder_), install, run, rust, zig, record.step);
    if (!file_.status()) return;  // what is wrong already makes no other mistake
    check_content(table, record);
    if (base.starts_with(oci_prefix) && !base.starts_with("oci:/")) lock_.relative.insert(record.step.request.front());
    lock_.records.push_back(std::move(record));
  }

  LockText take() { return std::move(lock_); }

 private:
  /// What an entry says is the same wherever it is read, so its digest tells whether somebody has changed it.
  void check_content(const TomlTable& table, const StepRecord& record) {
    if (digest_of(record) != record.digest)
      table.mistake("digest", "the entry is not what its digest says: it was edited, or merged from two");
    if (!pinned_.emplace(record.machine, record.from, record.step.kind, record.step.key()).second)
      table.mistake("digest", fmt::format("two entries pin {}", record.step.describe()));
  }

  const config::TomlFile& file_;
  const std::string& folder_;
  LockText lock_;
  std::set<std::tuple<std::string, std::string, StepKind, std::string>> pinned_;
};

std::string entry(const StepRecord& record, const std::string& base) {
  std::map<std::string, config::TomlValue> table = {{"digest", record.digest}, {"machine", record.machine}};
  if (!record.from.empty()) table["from"] = record.from;
  if (!record.source.empty()) table["source"] = record.source;
  switch (record.step.kind) {
    case StepKind::base:
      table["base"] = base;
      break;
    case StepKind::packages:
      table["install"] = record.step.request;
      break;
    case StepKind::commands:
      table["run"] = record.step.key();
      break;
    case StepKind::rust:
      table["rust"] = record.step.request;
      break;
    case StepKind::zig:
      table["zig"] = record.step.request;
      break;
  }
  if (!record.packages.empty()) table["packages"] = record.packages;
  return fmt::format("\n{}\n{}", entry_start, config::to_toml(table));
}

/// git's lines around the sides of a conflict, and what it has between them.
enum class Marker { none, ours, ancestor, theirs, end };

Marker marker_of(std::string_view line) {
  constexpr size_t length = 7;
  const bool is_long = line.size() >= length && (line.size() == length || line[length] == ' ');
  if (!is_long || line.substr(0, length).find_first_not_of(line.front()) != std::string_view::npos) return Marker::none;
  switch (line.front()) {
    case '<':
      return Marker::ours;
    case '|':
      return Marker::ancestor;
    case '=':
      return Marker::theirs;
    case '>':
      return Marker::end;
    default:
      return Marker::none;
  }
}

/// The lines, however git has checked them out.
Words lines_of(const std::string& text) {
  Words lines = split(text, '\n');
  for (std::string& line : lines)
    if (line.ends_with('\r')) line.pop_back();
  return lines;
}

/// What has happened to the file as a whole, before anybody looks at what it says.
Status check_whole(const std::string& text, const std::string& file) {
  if (trim(text).empty())
    return fail(ErrorCode::usage, fmt::format("{}:1: the file is empty", file), {},
                fmt::format("`git checkout larder.lock` brings back what was committed, and {}", way_out));
  const Words lines = lines_of(text);
  for (size_t i = 0; i < lines.size(); ++i)
    if (marker_of(lines[i]) != Marker::none)
      return fail(ErrorCode::usage, fmt::format("{}:{}: an unfinished merge", file, i + 1),
                  fmt::format("git has left its markers of a conflict: {}", printable(lines[i].substr(0, 60))),
                  "take one side (`git checkout --ours larder.lock`, or `--theirs`) and pin what it lacks by `larder "
                  "image build --all`; with the markers in it that command keeps each entry of both sides");
  const bool has_slots = contains(lines, slot_line(0)) || contains(lines, trim(about_slots));
  if (has_slots && !contains(lines, slot_line(slots - 1)))
    return fail(ErrorCode::usage, fmt::format("{}:{}: the file is cut off", file, lines.size()), {}, way_out);
  return {};
}

/// Whether the line is `version = 2`, or more.
bool is_of_newer_larder(const std::string& line) {
  constexpr std::string_view key = "version = ";
  int version = 0;
  return line.starts_with(key) && parse_number(line.substr(key.size()), version) && version > lock_version;
}

/// The parser's words where a text ends before a value does mean that it was cut off.
Error explain(Error error, const std::string& file) {
  const size_t words = error.message.find(": encountered end-of-file");
  if (words != std::string::npos) error.message = error.message.substr(0, words) + ": the file is cut off";
  if (error.hint.empty() && error.message.starts_with(file + ":")) error.hint = way_out;
  return error;
}

}  // namespace

std::string format_lock(const LockText& lock, const std::string& folder) {
  std::array<std::vector<std::pair<std::string, std::string>>, slots> texts;  // with the digests that they go by
  const Slots by_content(lock.records);
  for (const StepRecord& record : lock.records) {
    const std::string said = record.step.kind == StepKind::base ? record.step.request.front() : "";
    const std::string base = base_in_file(said, folder, lock.relative.contains(said));
    texts.at(by_content.find(record, base)).emplace_back(record.digest, entry(record, base));
  }
  std::string text = header + fmt::format("version = {}\n", lock_version) + about_slots;
  for (size_t slot = 0; slot < slots; ++slot) {
    std::sort(texts.at(slot).begin(), texts.at(slot).end());
    for (const auto& [digest, block] : texts.at(slot)) text += block;
    text += slot_line(slot) + "\n";
  }
  return text;
}

Result<LockText> parse_lock(const std::string& text, const std::string& file, const std::string& folder) {
  TRY(check_whole(text, file));
  Result<config::TomlFile> toml = config::TomlFile::parse(text, file, lock_limits);
  if (!toml) return fail(explain(toml.error(), file));
  EntryReader entries(*toml, folder);
  int version = 0;
  TomlTable root = toml->root();
  root.read({{"version", &version, Presence::required},
             {"image", TomlTable::ListOfTables{[&](const TomlTable& table) { entries.read(table); }}}});
  if (version > lock_version)
    root.mistake("version", fmt::format("this Larder reads version {} of this file", lock_version),
                 "take the Larder that has written it, or a newer one");
  if (const Status sound = toml->status(); !sound) return fail(explain(sound.error(), file));
  return entries.take();
}

std::optional<LockText> salvage_lock(const std::string& text, const std::string& file, const std::string& folder) {
  Words blocks = {""};
  bool is_ancestors = false;
  for (const std::string& line : lines_of(text)) {
    if (is_of_newer_larder(line)) return std::nullopt;
    const Marker marker = marker_of(line);
    if (marker != Marker::none) is_ancestors = marker == Marker::ancestor;
    if (marker != Marker::none || is_ancestors) continue;
    if (line == entry_start) blocks.emplace_back();
    blocks.back() += line + "\n";
  }
  LockText lock;
  for (size_t i = 1; i < blocks.size(); ++i) {
    std::string block;
    for (const std::string& line : split(blocks[i], '\n'))
      if (!line.starts_with('#')) block += line + "\n";
    const auto one = parse_lock(fmt::format("version = {}\n{}", lock_version, block), file, folder);
    if (!one || one->records.size() != 1) continue;
    const StepRecord& record = one->records.front();
    const bool known = std::any_of(lock.records.begin(), lock.records.end(), [&](const StepRecord& other) {
      return is_same_step(other, record.from, record.step, record.machine);
    });
    if (known) continue;
    lock.records.push_back(record);
    lock.relative.insert(one->relative.begin(), one->relative.end());
  }
  return lock;
}

}  // namespace larder::image
