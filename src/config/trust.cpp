#include "config/trust.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/durable_file.hpp"
#include "base/sha256.hpp"
#include "config/tables.hpp"

namespace larder::config {
namespace {

constexpr size_t record_bytes_max = 8 << 20;  // larder.toml and recipes have 1 MiB each
constexpr std::string_view ending = ".json";

/// A folder's name may be of any bytes and any length.
std::string file_of(const std::string& folder) {
  return trust_folder() + "/" + sha256_hex(folder).substr(0, 32) + std::string(ending);
}

std::vector<std::string> strings_at(const nlohmann::json& data, const char* key) {
  std::vector<std::string> strings;
  if (!data.contains(key) || !data[key].is_array()) return strings;
  for (const auto& one : data[key])
    if (one.is_string()) strings.push_back(one);
  return strings;
}

/// What is no record says nothing, and the user is asked again.
Result<TrustRecord> read_record(Os& os, const std::string& file) {
  TRY_ASSIGN(const std::string text, read_file(os, AT_FDCWD, file, record_bytes_max));
  const auto data = nlohmann::json::parse(text, nullptr, false);
  TrustRecord record;
  if (!data.is_object() || !data.contains("folder") || !data["folder"].is_string()) return record;
  record.folder = data["folder"];
  record.lines = strings_at(data, "lines");
  record.refused = strings_at(data, "refused");
  return record;
}

}  // namespace

std::string trust_folder() {
  const std::string folder = user_config_dir();
  return folder.empty() ? "" : folder + "/trusted";
}

Result<std::optional<TrustRecord>> find_trust(Os& os, const std::string& folder) {
  if (trust_folder().empty()) return std::optional<TrustRecord>();
  const std::string file = file_of(folder);
  TRY_ASSIGN(const auto found, os.stat(AT_FDCWD, file));
  if (!found) return std::optional<TrustRecord>();
  TRY_ASSIGN(TrustRecord record, read_record(os, file));
  return std::optional(std::move(record));
}

Result<std::vector<TrustRecord>> list_trust(Os& os) {
  std::vector<TrustRecord> records;
  const std::string folder = trust_folder();
  if (folder.empty()) return records;
  TRY_ASSIGN(const auto there, os.stat(AT_FDCWD, folder));
  if (!there) return records;
  TRY_ASSIGN(const auto entries, os.list(AT_FDCWD, folder));
  for (const DirEntry& entry : entries) {
    if (!entry.name.ends_with(ending)) continue;
    TRY_ASSIGN(TrustRecord record, read_record(os, folder + "/" + entry.name));
    if (!record.folder.empty()) records.push_back(std::move(record));
  }
  std::sort(records.begin(), records.end(),
            [](const TrustRecord& a, const TrustRecord& b) { return a.folder < b.folder; });
  return records;
}

Status save_trust(Os& os, const TrustRecord& record) {
  const std::string folder = trust_folder();
  if (folder.empty())
    return fail(ErrorCode::environment, "there is no place to keep what you agree to",
                "neither XDG_CONFIG_HOME nor HOME is set", "set HOME");
  TRY(make_dirs(os, AT_FDCWD, folder));
  TRY(os.chmod(AT_FDCWD, folder, 0700));
  const nlohmann::json data = {{"folder", record.folder}, {"lines", record.lines}, {"refused", record.refused}};
  const std::string text = data.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  return replace_file(os, AT_FDCWD, file_of(record.folder), text, Durability::none, 0600);
}

Result<bool> drop_trust(Os& os, const std::string& folder) {
  if (trust_folder().empty()) return false;
  TRY_ASSIGN(const auto found, os.stat(AT_FDCWD, file_of(folder)));
  if (!found) return false;
  TRY(os.unlink(AT_FDCWD, file_of(folder)));
  return true;
}

}  // namespace larder::config
