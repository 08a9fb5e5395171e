#include "image/lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/durable_file.hpp"
#include "base/text.hpp"
#include "config/toml_reader.hpp"
#include "config/toml_writer.hpp"

namespace larder::image {
namespace {

using config::TomlTable;
using Presence = TomlTable::Presence;
using Words = std::vector<std::string>;

constexpr int lock_version = 1;
constexpr const char* file_name = "larder.lock";
constexpr const char* header =
    "# The images that this project builds on, pinned by Larder. Keep it in version control; `larder image update` "
    "moves it.\n";

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
               const Words& rust, Step& step) {
  int keys = 0;
  for (const char* key : {"base", "install", "run", "rust"}) keys += table.has(key) ? 1 : 0;
  if (keys != 1) return table.mistake("", "[[image]] needs one of 'base', 'install', 'run' and 'rust'");
  if (table.has("rust") && rust.empty()) return table.mistake("rust", "'rust' must name a toolchain or a target");
  if (table.has("rust")) step = {StepKind::rust, rust};
  if (table.has("base")) step = {StepKind::base, {base}};
  if (table.has("install")) step = {StepKind::packages, install};
  if (table.has("run")) step = {StepKind::commands, {run}};
  if (table.has("base") == table.has("from")) table.mistake("from", "'from' belongs to all but a base");
}

constexpr std::string_view oci_prefix = "oci:";

/// A project may be moved, with the OCI folders in it.
std::string base_in_file(const std::string& base, const std::string& folder) {
  const std::string inside = std::string(oci_prefix) + folder + "/";
  return base.starts_with(inside) ? std::string(oci_prefix) + base.substr(inside.size()) : base;
}

std::string base_from_file(const std::string& base, const std::string& folder) {
  if (!base.starts_with(oci_prefix) || base.starts_with("oci:/")) return base;
  return std::string(oci_prefix) + folder + "/" + base.substr(oci_prefix.size());
}

void read_image(TomlTable table, const std::string& folder, std::vector<StepRecord>& records) {
  StepRecord record;
  std::string base;
  std::string run;
  Words install;
  Words rust;
  table.read({{"digest", &record.digest, Presence::required},
              {"machine", &record.machine, Presence::required},
              {"from", &record.from},
              {"base", &base},
              {"install", &install},
              {"run", &run},
              {"rust", &rust},
              {"source", &record.source},
              {"packages", &record.packages}});
  for (const auto& [key, digest] : {std::pair("digest", record.digest), std::pair("from", record.from),
                                    std::pair("run", run), std::pair("source", record.source)})
    check_digest(table, key, digest);
  config::check_argument(table, "machine", record.machine);
  check_packages(table, record.packages);
  read_step(table, base_from_file(base, folder), install, run, rust, record.step);
  records.push_back(std::move(record));
}

std::string entry(const StepRecord& record, const std::string& folder) {
  std::map<std::string, config::TomlValue> table = {{"digest", record.digest}, {"machine", record.machine}};
  if (!record.from.empty()) table["from"] = record.from;
  if (!record.source.empty()) table["source"] = record.source;
  switch (record.step.kind) {
    case StepKind::base:
      table["base"] = base_in_file(record.step.request.front(), folder);
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
  }
  if (!record.packages.empty()) table["packages"] = record.packages;
  return "\n[[image]]\n" + config::to_toml(table);
}

bool is_same_step(const StepRecord& record, const std::string& from, const Step& step, const std::string& machine) {
  return record.from == from && record.machine == machine && record.step.kind == step.kind &&
         record.step.key() == step.key();
}

}  // namespace

Result<Lock> Lock::load(const std::string& folder) {
  Os os;
  const std::string file = folder + "/" + file_name;
  TRY_ASSIGN(const auto found, os.stat(AT_FDCWD, file));
  Lock none;
  none.folder_ = folder;
  if (!found) return none;
  TRY_ASSIGN(const std::string text, config::read_config_file(os, file));
  return parse(text, file);
}

Result<Lock> Lock::parse(const std::string& text, const std::string& file) {
  TRY_ASSIGN(config::TomlFile toml, config::TomlFile::parse(text, file));
  Lock lock;
  lock.folder_ = file.substr(0, file.rfind('/'));
  int version = 0;
  TomlTable root = toml.root();
  root.read({{"version", &version, Presence::required}, {"image", TomlTable::ListOfTables{[&](TomlTable table) {
                                                           read_image(table, lock.folder_, lock.records_);
                                                         }}}});
  if (root.has("version") && version != lock_version)
    root.mistake("version", fmt::format("this Larder reads version {} of this file", lock_version));
  TRY(toml.status());
  return lock;
}

const StepRecord* Lock::find(const std::string& from, const Step& step, const std::string& machine) const {
  for (const StepRecord& record : records_)
    if (is_same_step(record, from, step, machine)) return &record;
  return nullptr;
}

void Lock::put(const StepRecord& record) {
  changed_ = true;
  const auto old = std::find_if(records_.begin(), records_.end(), [&](const StepRecord& known) {
    return is_same_step(known, record.from, record.step, record.machine);
  });
  if (old == records_.end())
    records_.push_back(record);
  else
    *old = record;
}

std::string Lock::text() const {
  std::string text = header + fmt::format("version = {}\n", lock_version);
  for (const StepRecord& record : records_) text += entry(record, folder_);
  return text;
}

Status Lock::save(const std::string& folder) const {
  Os os;
  TRY_ASSIGN(const UniqueFd dir, os.open(AT_FDCWD, folder, O_RDONLY | O_DIRECTORY));
  return replace_file(os, dir.get(), file_name, text(), Durability::none);
}

}  // namespace larder::image
