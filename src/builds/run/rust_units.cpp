#include "builds/run/rust_units.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "base/text.hpp"
#include "builds/run/named_files.hpp"

namespace larder::builds {
namespace {

constexpr size_t archive_bytes_max = size_t{1} << 30;
constexpr size_t dep_note_bytes_max = size_t{4} << 20;
constexpr std::string_view library_prefix = "lib";

std::string_view folder_of(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

/// "foo-1b2c" is of the crate foo, as is "foo".
std::string_view without_hash(std::string_view name) { return name.substr(0, name.rfind('-')); }

/// A folder of a profile's results, such as target/release.
struct Profile {
  std::map<std::string, std::vector<std::string>> units;  ///< by their folders in .fingerprint, what these hold
  std::set<std::string, std::less<>> tied;                ///< crates that may hold something of the image
  std::vector<std::string> scripts;                       ///< folders of build scripts
};

class Units {
 public:
  Units(Os& os, const std::vector<std::string>& places) : os_(os), places_(places) {}

  Status take(const store::MergedEntry& entry) {
    const std::string_view folder = folder_of(entry.path);
    const std::string_view kind = file_name(folder);
    const std::string profile(folder_of(folder));
    if (S_ISDIR(entry.status.st_mode)) {
      if (kind == ".fingerprint") profiles_[profile].units[entry.path];
      if (kind == "build") profiles_[profile].scripts.push_back(entry.path);
      return {};
    }
    if (file_name(profile) == ".fingerprint")
      profiles_[std::string(folder_of(profile))].units[std::string(folder)].push_back(entry.name);
    if (kind == "deps" && S_ISREG(entry.status.st_mode)) return look_at(entry, profiles_[profile]);
    return {};
  }

  std::optional<std::vector<std::string>> tied() const {
    std::vector<std::string> folders;
    bool any = false;
    for (const auto& [path, profile] : profiles_) {
      if (profile.units.empty()) continue;  // a folder of this name that is none of cargo's
      any = true;
      folders.insert(folders.end(), profile.scripts.begin(), profile.scripts.end());
      for (const auto& [folder, files] : profile.units)
        if (!is_library(files, profile)) folders.push_back(folder);
    }
    if (!any) return {};
    std::sort(folders.begin(), folders.end());
    return folders;
  }

 private:
  /// Notes the crates whose results are not only what rustc makes of Rust alone.
  Status look_at(const store::MergedEntry& entry, Profile& profile) {
    std::string_view name = entry.name;
    const size_t dot = name.rfind('.');
    const std::string_view ending = dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
    name = without_hash(name.substr(0, dot));
    if (ending == "d") {
      TRY_ASSIGN(const std::string note, read_file(os_, entry.dir, entry.name, dep_note_bytes_max));
      if (reads_image(note)) profile.tied.emplace(name);
      return {};
    }
    if (!name.starts_with(library_prefix)) return {};
    name.remove_prefix(library_prefix.size());
    if (ending == "rmeta" || profile.tied.contains(name)) return {};
    bool tied = ending != "rlib";
    if (!tied) {
      TRY_ASSIGN(const std::string archive, read_file(os_, entry.dir, entry.name, archive_bytes_max));
      tied = has_foreign_objects(archive);
    }
    if (tied) profile.tied.emplace(name);
    return {};
  }

  bool reads_image(std::string_view note) const {
    const auto words = words_of(note);
    return std::any_of(words.begin(), words.end(), [this](std::string_view word) {
      return word.starts_with('/') && std::none_of(places_.begin(), places_.end(), [&](const std::string& place) {
               return word == place || (word.starts_with(place) && word[place.size()] == '/');
             });
    });
  }

  /// Whether a unit is a library and nothing else, of a crate that is not tied.
  static bool is_library(const std::vector<std::string>& files, const Profile& profile) {
    bool library = false;
    for (const std::string& file : files) {
      std::string_view name = file;
      if (name == "invoked.timestamp") continue;
      if (name.starts_with("dep-")) name.remove_prefix(4);
      if (name.starts_with("output-")) name.remove_prefix(7);
      if (!name.starts_with("lib-")) return false;
      name.remove_prefix(4);
      if (name.ends_with(".json")) name.remove_suffix(5);
      std::string crate(name);
      std::replace(crate.begin(), crate.end(), '-', '_');
      if (profile.tied.contains(crate)) return false;
      library = true;
    }
    return library;
  }

  Os& os_;
  const std::vector<std::string>& places_;
  std::map<std::string, Profile> profiles_;
};

}  // namespace

Result<std::optional<std::vector<std::string>>> units_of_image(Os& os, const store::MergedTree& volume,
                                                               const std::vector<std::string>& places) {
  Units units(os, places);
  TRY(volume.walk([&](const store::MergedEntry& entry) { return units.take(entry); },
                  [](const std::string& folder) { return file_name(folder) != "incremental"; }));
  return units.tied();
}

bool has_foreign_objects(std::string_view archive) {
  constexpr std::string_view magic = "!<arch>\n";
  constexpr size_t header_bytes = 60;
  if (!archive.starts_with(magic)) return true;
  std::string_view long_names;
  for (size_t at = magic.size(); at + header_bytes <= archive.size();) {
    std::string_view name = archive.substr(at, 16);
    name = name.substr(0, name.find_last_not_of(' ') + 1);
    const std::string_view digits = archive.substr(at + 48, 10);
    size_t size = 0;
    if (std::from_chars(digits.begin(), digits.end(), size).ec != std::errc()) return true;
    const std::string_view content = archive.substr(at + header_bytes, size);
    at += header_bytes + size + size % 2;
    if (name == "/" || name == "/SYM64/") continue;
    if (name == "//") {
      long_names = content;
      continue;
    }
    size_t place = 0;
    if (name.size() > 1 && name.front() == '/' &&
        std::from_chars(name.data() + 1, name.data() + name.size(), place).ec == std::errc() &&
        place < long_names.size())
      name = long_names.substr(place, long_names.find('\n', place) - place);
    if (name.ends_with('/')) name.remove_suffix(1);
    if (name != "lib.rmeta" && !name.ends_with(".rcgu.o")) return true;
  }
  return false;
}

}  // namespace larder::builds
