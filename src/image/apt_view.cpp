#include "image/apt_view.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>

#include "base/os.hpp"
#include "base/sha256.hpp"
#include "base/subprocess.hpp"
#include "base/text.hpp"
#include "config/tables.hpp"
#include "config/user_config.hpp"
#include "image/apt_entry.hpp"
#include "image/debian_base.hpp"

namespace larder::image {
namespace {

using Words = std::vector<std::string>;

constexpr size_t apt_file_bytes_max = 1 << 20;
constexpr double ask_seconds_max = 20;

/// The settings of apt's that say how a mirror is reached, and for how long what it says holds. Never those by which
/// less is verified, nor what else is fetched beside packages.
constexpr std::array settings_taken = {
    "acquire::http",       "acquire::https",     "acquire::ftp",     "acquire::socks",
    "acquire::tor",        "acquire::mirror",    "acquire::retries", "acquire::check-valid-until",
    "acquire::check-date", "acquire::max-",      "acquire::min-",    "acquire::forceipv",
    "acquire::queue",      "acquire::by-hash",   "acquire::pdiffs",  "acquire::enablesrvrecords",
    "acquire::send-uri-",  "acquire::connection"};

constexpr std::array settings_with_files = {"cainfo", "capath", "sslcert", "sslkey", "crlfile", "issuercert"};
constexpr std::array settings_with_secrets = {"sslcert", "sslkey"};

template <typename Names>
bool is_among(const Names& names, const std::string& word) {
  return std::find(names.begin(), names.end(), word) != names.end();
}

/// A line `Acquire::http::Proxy "http://…";` of `apt-config dump`.
struct Setting {
  std::string key;  ///< in small letters
  std::string name;
  std::string value;

  std::string last_part() const {
    const size_t colon = key.rfind(':');
    return colon == std::string::npos ? key : key.substr(colon + 1);
  }
};

std::vector<Setting> parse_settings(const std::string& dump) {
  std::vector<Setting> settings;
  for (const std::string& line : split(dump, '\n')) {
    const size_t space = line.find(" \"");
    if (space == std::string::npos || !line.ends_with("\";")) continue;
    const std::string name = line.substr(0, space);
    settings.push_back({lower_case(name), name, line.substr(space + 2, line.size() - space - 4)});
  }
  return settings;
}

bool is_taken(const Setting& setting) {
  return !setting.value.empty() && std::any_of(settings_taken.begin(), settings_taken.end(),
                                               [&](const char* prefix) { return setting.key.starts_with(prefix); });
}

bool detects_proxy(const Setting& setting) {
  return setting.last_part() == "proxy-auto-detect" || setting.last_part() == "proxyautodetect";
}

std::string host_of(const std::string& uri) {
  const size_t start = uri.find("://");
  if (start == std::string::npos) return {};
  const std::string host = uri.substr(start + 3, uri.find('/', start + 3) - start - 3);
  return host.substr(0, host.find(':'));
}

/// Whether apt reads a file of this name in a folder of its settings: it passes over what editors leave there
/// (apt-pkg/contrib/fileutl.cc, GetListOfFilesInDir).
bool counts_for_apt(const std::string& name) {
  return !name.starts_with('.') && std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
  });
}

class Viewer {
 public:
  Viewer(const AptPlaces& places, AptSecrets secrets) : places_(places), secrets_(secrets) {}

  Status add_sources(const std::string& suite) {
    choose_keyring();
    std::vector<AptEntry> entries;
    if (places_.mirror.empty()) {
      TRY_ASSIGN(entries, machine_entries(suite));
    }
    size_t number = 0;
    for (AptEntry& entry : entries) TRY(add_entry(entry, fmt::format("machine/{:02}", number++)));
    number = 0;
    if (!places_.mirror.empty())
      for (AptEntry& entry : entries_of_mirror(places_.mirror, suite))
        TRY(add_entry(entry, fmt::format("default/{:02}", number++)));
    add_pins();
    add_auth();
    return {};
  }

  static std::vector<AptEntry> entries_of_mirror(std::string mirror, const std::string& suite) {
    while (mirror.ends_with('/')) mirror.pop_back();
    return {{mirror, suite, "main"},
            {mirror, suite + "-updates", "main"},
            {mirror + "-security", suite + "-security", "main"}};
  }

  AptView finish() {
    add_settings();
    return std::move(view_);
  }

 private:
  std::string at(const std::string& name) const { return std::string(apt_view_folder) + "/" + name; }

  void add_file(const std::string& name, std::string text) { view_.files.push_back({at(name), std::move(text)}); }

  /// Shows a file or folder of the machine's, and gives where.
  std::string show(const std::string& source) {
    const std::string path = at(fmt::format("files/{}", view_.binds.size()));
    view_.binds.push_back({source, path});
    return path;
  }

  /// What the caller must not read is told when something fails.
  bool can_read(const std::string& path) {
    if (::access(path.c_str(), R_OK) == 0) return true;
    if (::access(path.c_str(), F_OK) == 0) closed_.push_back(path);
    return false;
  }

  std::string text_of(const std::string& path) {
    return can_read(path) ? read_file(os_, AT_FDCWD, path, apt_file_bytes_max).value_or("") : "";
  }

  /// The file FOLDER/NAME, and then those of the folder NAME.d or so, in apt's order.
  Words files_of(const std::string& name, const std::string& parts, const Words& endings) {
    Words files;
    if (const auto entries = os_.list(AT_FDCWD, places_.etc + "/" + parts))
      for (const DirEntry& entry : *entries)
        if (counts_for_apt(entry.name) && std::any_of(endings.begin(), endings.end(), [&](const std::string& end) {
              return end.empty() ? entry.name.find('.') == std::string::npos : entry.name.ends_with(end);
            }))
          files.push_back(places_.etc + "/" + parts + "/" + entry.name);
    std::sort(files.begin(), files.end());
    files.insert(files.begin(), places_.etc + "/" + name);
    return files;
  }

  /// An image of Debian's has its own, which is as good as the image is.
  void choose_keyring() {
    const std::string machines = debian_keyring(places_.keyrings);
    keyring_ = machines.empty() ? "/usr/share/keyrings/debian-archive-keyring.gpg" : at("keyring.gpg");
    if (!machines.empty()) view_.binds.push_back({machines, keyring_});
  }

  Result<std::vector<AptEntry>> machine_entries(const std::string& suite) {
    std::vector<AptEntry> found;
    for (const std::string& file : files_of("sources.list", "sources.list.d", {".list", ".sources"}))
      for (AptEntry& entry : parse_apt_list(text_of(file), file))
        if (may_be_of_suite(entry, suite)) found.push_back(std::move(entry));
    keep_parts(found);
    if (!found.empty() || closed_.empty()) return found;
    return fail(ErrorCode::environment, "apt's sources on this machine cannot be read by this user",
                fmt::format("{} is closed, and nothing else names Debian's {}", join_words(closed_), suite),
                fmt::format("sudo setfacl -m u:{}:r {}; or `mirror = \"…\"` in ~/.config/larder/config.toml",
                            ::getuid(), closed_.front()));
  }

  /// A list of mirrors, without the logins in their addresses: where it is.
  Result<std::string> show_mirrors(const std::string& source) {
    std::string text;
    for (const std::string& line : split(text_of(source), '\n')) {
      if (line.empty()) continue;
      const size_t end = std::min(line.size(), line.find_first_of(" \t"));
      AptEntry mirror{line.substr(0, end), {}, {}};
      TRY(take_login(mirror));
      if (!mirror.uri.starts_with("mirror")) TRY(show_local(mirror));  // a list that names itself has no end
      hosts_.push_back(mirror.uri);
      text += mirror.uri + line.substr(end) + "\n";
    }
    const std::string name = fmt::format("mirrors/{}", view_.files.size());
    add_file(name, text);
    return at(name);
  }

  /// A local file or folder is shown in place. What apt reads where it lies mmdebstrap does not see in the root that it
  /// makes, so that it is copied.
  Status show_local(AptEntry& entry) {
    for (const std::string_view scheme : {"mirror+file:", "file:", "copy:"}) {
      if (!entry.uri.starts_with(scheme)) continue;
      std::string path = entry.uri.substr(scheme.size());
      while (path.starts_with("//")) path.erase(0, 1);
      if (!path.starts_with('/') || !can_read(path)) continue;
      if (!scheme.starts_with("mirror")) {
        entry.uri = "copy:" + show(path);
        return {};
      }
      TRY_ASSIGN(const std::string list, show_mirrors(path));
      entry.uri = std::string(scheme) + list;
      return {};
    }
    return {};
  }

  Status take_login(AptEntry& entry) {
    TRY_ASSIGN(const std::string line, take_credentials(entry));
    credentials_ += line;
    return {};
  }

  Status add_entry(AptEntry& entry, const std::string& name) {
    TRY(take_login(entry));
    TRY(show_local(entry));
    hosts_.push_back(entry.uri);
    add_file(name + (entry.has_strangers_key() ? ".stranger.sources" : ".sources"), to_deb822(entry, keyring_));
    return {};
  }

  void add_pins() {
    std::string pins;
    for (const std::string& file : files_of("preferences", "preferences.d", {"", ".pref"}))
      if (const std::string text = text_of(file); !text.empty()) pins += text + "\n\n";
    if (pins.empty()) return;
    add_file("preferences", pins);
    settings_ += fmt::format("Dir::Etc::preferences \"{}\";\n", at("preferences"));
  }

  void add_auth() {
    if (secrets_ == AptSecrets::hidden) return;
    for (const std::string& file : files_of("auth.conf", "auth.conf.d", {"", ".conf"}))
      if (const std::string text = text_of(file); !text.empty()) credentials_ += text + "\n";
    if (credentials_.empty()) return;
    add_file("auth.conf", credentials_);
    settings_ += fmt::format("Dir::Etc::netrc \"{}\";\n", at("auth.conf"));
  }

  void set(const std::string& name, const std::string& value) { settings_ += fmt::format("{} \"{}\";\n", name, value); }

  void take(const Setting& setting) {
    const std::string what = setting.last_part();
    if (secrets_ == AptSecrets::hidden && is_among(settings_with_secrets, what)) return;
    if (is_among(settings_with_files, what)) {
      if (can_read(setting.value)) set(setting.name, show(setting.value));
      return;
    }
    set(setting.name, secrets_ == AptSecrets::shown ? setting.value : without_credentials(setting.value));
  }

  /// The program that finds a proxy is the machine's, so it is asked here, once for each mirror.
  void detect_proxies() {
    const std::string helper = "/usr/lib/apt/apt-helper";
    Words asked;
    for (const std::string& uri : hosts_) {
      const std::string host = host_of(uri);
      if (host.empty() || contains(asked, host)) continue;
      asked.push_back(host);
      const auto said = run_program({helper, "auto-detect-proxy", uri}, ask_seconds_max);
      if (!said || said->exit_code != 0) continue;
      const Words quoted = split(said->output, '\'');  // Using proxy 'http://…' for URL '…'
      const std::string scheme = uri.substr(0, uri.find(':'));
      if (quoted.size() > 2 && !quoted[1].empty())
        set(fmt::format("Acquire::{}::Proxy::{}", scheme.substr(scheme.find('+') + 1), host),
            secrets_ == AptSecrets::shown ? quoted[1] : without_credentials(quoted[1]));
    }
  }

  void add_settings() {
    if (::access(places_.certificates.c_str(), R_OK) == 0) set("Acquire::https::CaInfo", show(places_.certificates));
    const auto settings = parse_settings(places_.settings);
    for (const Setting& setting : settings)
      if (is_taken(setting) && !detects_proxy(setting)) take(setting);
    if (std::any_of(settings.begin(), settings.end(), detects_proxy)) detect_proxies();
    for (const std::string& file : files_of("apt.conf", "apt.conf.d", {"", ".conf"})) can_read(file);
    add_file("settings", settings_);
    if (!closed_.empty()) add_file("closed", join(closed_, "\n") + "\n");
  }

  Os os_;
  const AptPlaces& places_;
  AptSecrets secrets_;
  AptView view_;
  std::string keyring_;  ///< in the preparation
  std::string settings_;
  std::string credentials_;
  Words closed_;  ///< files that the caller must not read
  Words hosts_;   ///< addresses of mirrors
};

}  // namespace

Result<AptPlaces> apt_places() {
  AptPlaces places;
  TRY_ASSIGN(const config::UserConfig user, config::load_user_config(config::user_config_dir()));
  places.mirror = user.mirror;
  for (const char* file :
       {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem"})
    if (::access(file, R_OK) == 0) {
      places.certificates = file;
      break;
    }
  const std::string program = find_in_path("apt-config");
  if (program.empty()) return places;
  TRY_ASSIGN(const Completed said, run_program({program, "dump"}, ask_seconds_max));
  if (said.exit_code != 0)
    return fail(ErrorCode::environment, "the settings of this machine's apt cannot be read", last_line(said.errors),
                "`apt-config dump` says the same");
  places.settings = said.output;
  return places;
}

AptView view_of_settings(const AptPlaces& places, AptSecrets secrets) { return Viewer(places, secrets).finish(); }

Result<AptView> view_of_debian(const AptPlaces& places, const std::string& suite, AptSecrets secrets) {
  Viewer viewer(places, secrets);
  TRY(viewer.add_sources(suite));
  return viewer.finish();
}

std::string sources_key(const AptView& view) {
  std::string sources;
  for (const TextFile& file : view.files)
    if (file.path.ends_with(".sources")) sources += file.text + "\n";
  return sources_key(sources);
}

std::string sources_key(const std::string& name) {
  constexpr size_t digits = 16;
  Sha256 hash;
  hash.field(name);
  return hash.finish().substr(0, digits);
}

}  // namespace larder::image
