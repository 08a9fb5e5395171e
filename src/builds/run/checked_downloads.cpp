#include "builds/run/checked_downloads.hpp"

#include <map>
#include <set>

#include "base/glob.hpp"
#include "base/text.hpp"
#include "builds/run/source_text.hpp"
#include "config/toml_reader.hpp"
#include "store/layer/diff.hpp"

namespace larder::builds {
namespace {

/// By the names that files with packages have: `serde-1.0.1`.
using Checksums = std::map<std::string, std::set<std::string>, std::less<>>;

/// Those of a lock as cargo writes it: `[[package]]` with `name`, `version` and, if it is a registry's, `checksum`.
Checksums checksums_in(Os& os, const std::string& lock) {
  Checksums checksums;
  const auto text = source_text(os, lock);
  const auto table = text ? config::parse_foreign_toml(*text) : std::nullopt;
  const toml::array* packages = table ? table->get_as<toml::array>("package") : nullptr;
  if (packages == nullptr) return checksums;
  for (const toml::node& node : *packages) {
    const toml::table* package = node.as_table();
    if (package == nullptr) continue;
    const auto word = [&](const char* key) { return (*package)[key].value_or(std::string()); };
    if (!word("checksum").empty()) checksums[word("name") + "-" + word("version")].insert(word("checksum"));
  }
  return checksums;
}

}  // namespace

Result<std::vector<std::string>> forged_downloads(const Plan& plan, const store::Store& store,
                                                  const store::Fork& fork) {
  std::vector<std::string> forged;
  const config::CheckedDownloads& checked = plan.recipe.blind.checked;
  const std::string& mount = fork.request.spec.mount_path;
  if (checked.lock.empty() || !source::is_below(checked.files, mount) || fork.base.layers.empty()) return forged;
  const Checksums checksums = checksums_in(store.os(), plan.workspace.folder + "/" + checked.lock);
  const std::string pattern = checked.files.substr(mount.size() + 1);
  const std::string ending = pattern.substr(pattern.rfind('*') + 1);
  TRY_ASSIGN(const FileLock lock, store.lock(LockMode::shared));
  store::ContentReader reader(store);
  TRY_ASSIGN(const store::Content content, reader.content(fork.base.layers));
  std::set<std::string> packages;
  for (const auto& [path, entry] : content) {
    if (entry->type != 'f' || !glob_matches(pattern, std::string(path))) continue;
    const std::string_view name = file_name(path);
    const auto known = checksums.find(name.substr(0, name.size() - ending.size()));
    if (known == checksums.end() || known->second.contains(entry->content)) continue;
    forged.emplace_back(path);
    packages.insert(known->first);
  }
  if (packages.empty() || checked.unpacked.empty()) return forged;
  const std::string folders = checked.unpacked.substr(mount.size() + 1);
  std::set<std::string> unpacked;
  for (const auto& [path, entry] : content)
    for (size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
      const std::string folder(path.substr(0, slash));
      if (packages.contains(std::string(file_name(folder))) && glob_matches(folders, folder)) unpacked.insert(folder);
    }
  forged.insert(forged.end(), unpacked.begin(), unpacked.end());
  return forged;
}

}  // namespace larder::builds
