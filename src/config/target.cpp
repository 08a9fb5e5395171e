#include "config/target.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <string_view>
#include <utility>

#include "base/text.hpp"

namespace larder::config {
namespace {

std::string underscored(std::string text) {
  std::replace(text.begin(), text.end(), '-', '_');
  return text;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return text;
}

/// docker's names of architectures (GOARCH, and for ARM its version) that Debian calls otherwise.
constexpr std::array docker_architectures = {std::pair("386", "i386"), std::pair("arm", "armhf"),
                                             std::pair("arm/v7", "armhf"), std::pair("arm64/v8", "arm64"),
                                             std::pair("ppc64le", "ppc64el")};

/// Words that people have for processors, and no tool.
constexpr std::array common_words = {std::pair("armv7", "armhf"), std::pair("armv8", "arm64"), std::pair("x86", "i686"),
                                     std::pair("x86-64", "x64")};

/// Who made a system says nothing of its programs: x86_64-pc-linux-gnu, x86_64-alpine-linux-musl.
std::string without_vendor(const std::string& triple) {
  std::vector<std::string> parts = split(triple, '-');
  if (parts.size() == 4 && parts[2] == "linux") parts.erase(parts.begin() + 1);
  return join(parts, "-");
}

bool is_triple(const Target& target, const std::string& word) {
  return word == target.triple || without_vendor(word) == without_vendor(target.triple) ||
         (!target.multiarch.empty() && word == target.multiarch);
}

/// cargo-zigbuild's way to say the oldest glibc: a version behind a triple. Empty: there is none.
std::string hint_for_glibc(const TargetTable& table, const std::string& name) {
  const size_t dot = name.find('.');
  if (dot == std::string::npos || name.find_first_not_of("0123456789.", dot) != std::string::npos) return {};
  const auto target = table.find(name.substr(0, dot));
  if (!target) return {};
  return fmt::format(
      "did you mean '{0}'? The oldest glibc that it may need stands in larder.toml: `[target.{0}]`, "
      "`glibc = \"{1}\"`",
      target->name, name.substr(dot + 1));
}

/// docker's linux/amd64/v2 without the level of the processor, for which there are flags of compilers.
std::string without_level(const std::string& name) {
  const size_t slash = name.rfind("/v");
  return name.starts_with("linux/") && slash != std::string::npos && slash > 5 ? name.substr(0, slash) : std::string();
}

/// Words that stand for a libc in names of targets and images, and for all systems that have it.
constexpr std::array libc_words = {
    std::pair("musl", "musl"),   std::pair("alpine", "musl"),   std::pair("gnu", "glibc"),  std::pair("glibc", "glibc"),
    std::pair("mingw", "mingw"), std::pair("windows", "mingw"), std::pair("win64", "mingw")};

/// The one target that all words of a name fit, whatever their order: "arm64-musl", "windows". Empty: none, or several.
std::string target_by_words(const TargetTable& table, const std::string& name) {
  std::string libc;
  std::string processor;
  for (const std::string& word : split(name, '-')) {
    const auto known =
        std::find_if(libc_words.begin(), libc_words.end(), [&](const auto& one) { return word == one.first; });
    if (known != libc_words.end()) {
      libc = known->second;
    } else if (word != "linux") {
      if (word == name) return {};  // the table has been asked for it
      const auto target = table.find(word);
      if (!target) return {};
      processor = target->processor;
    }
  }
  std::vector<std::string> fitting;
  for (const Target& target : table.all())
    if (target.libc == (libc.empty() ? "glibc" : libc) && (processor.empty() || target.processor == processor))
      fitting.push_back(target.name);
  return fitting.size() == 1 ? fitting.front() : std::string();
}

/// What mends a word that is no target: several in one, or one that was typed wrong.
std::string hint_for_unknown(const TargetTable& table, const std::string& name) {
  const std::vector<std::string> parts = split(name, ',');
  if (parts.size() > 1 &&
      std::all_of(parts.begin(), parts.end(), [&](const std::string& part) { return table.find(part).has_value(); }))
    return fmt::format("each is a word of its own: {}", join_words(parts));
  if (std::string hint = hint_for_glibc(table, name); !hint.empty()) return hint;
  std::string near = nearest_word(name, table.names());
  if (const std::string plain = without_level(name); !plain.empty())
    if (const auto target = table.find(plain)) near = target->name;
  if (std::string meant = target_by_words(table, name); !meant.empty()) near = std::move(meant);
  for (const auto& [word, meant] : common_words)
    if (name == word && contains(table.names(), meant)) near = meant;
  return (near.empty() ? "" : fmt::format("did you mean '{}'? ", near)) +
         fmt::format("known are: {}", join_words(table.names()));
}

}  // namespace

std::string Target::package(const std::string& key, const Target& machine) const {
  if (debian_arch == machine.debian_arch) {
    if (const auto native = packages.find("native_" + key); native != packages.end()) return native->second;
  }
  const auto entry = packages.find(key);
  return entry == packages.end() ? "" : entry->second;
}

bool Target::is_called(std::string_view architecture) const {
  constexpr std::string_view docker_system = "linux/";
  if (libc != "glibc" || system != "Linux") return false;
  if (architecture.starts_with(docker_system)) architecture.remove_prefix(docker_system.size());
  for (const auto& [docker, debian] : docker_architectures)
    if (architecture == docker && debian_arch == debian) return true;
  return architecture == debian_arch || architecture == processor;
}

Target on_own_image(Target target) {
  target.own_image = true;
  target.cc = target.linker = "cc";
  target.cxx = "c++";
  target.ar = "ar";
  return target;
}

std::string zig_target(const Target& target) {
  const bool is_known = target.processor == "x86_64" || target.processor == "aarch64";
  if (target.system != "Linux" || !is_known) return {};
  if (target.libc == "musl") return target.processor + "-linux-musl";
  if (target.libc != "glibc") return {};
  return target.processor + "-linux-gnu" + (target.glibc.empty() ? "" : "." + target.glibc);
}

Target with_zig(Target target) {
  const std::string name = zig_target(target);
  target.toolchain = Toolchain::zig;
  target.debian_ar = target.ar;
  target.cc = target.linker = name + "-zig-cc";
  target.cxx = name + "-zig-c++";
  target.ar = name + "-zig-ar";
  return target;
}

bool is_machines_own(const Target& target, const Target& machine) {
  const Target plain = on_own_image(target);
  const Target& same = target.own_image ? plain : machine;
  return target.cc == same.cc && target.cxx == same.cxx && target.ar == same.ar &&
         (target.own_image || target.triple == machine.triple);
}

Placeholders target_placeholders(const Target& target) {
  const std::string triple_underscored = underscored(target.triple);
  const std::string gnu_type = target.ar.ends_with("-ar") ? target.ar.substr(0, target.ar.size() - 3) : "";
  const std::string pkg_config_libdir =
      fmt::format("/usr/local/lib/{0}/pkgconfig:/usr/lib/{0}/pkgconfig:/usr/share/pkgconfig", target.multiarch);
  return {{"target", target.name},
          {"triple", target.triple},
          {"triple_env", upper(triple_underscored)},
          {"triple_underscored", triple_underscored},
          {"debian_arch", target.debian_arch},
          {"multiarch", target.multiarch},
          {"libc", target.libc},
          {"system", target.system},
          {"processor", target.processor},
          {"cpu_family", target.cpu_family.empty() ? target.processor : target.cpu_family},
          {"endian", target.endian.empty() ? "little" : target.endian},
          {"goarch", target.goarch},
          {"goos", lower(target.system)},
          {"cc", target.cc},
          {"cxx", target.cxx},
          {"cxx_name", target.cxx.empty() ? target.multiarch + "-g++" : target.cxx},
          {"ar", target.ar},
          {"gnu_type", gnu_type},
          {"binutils", gnu_type.empty() ? "" : gnu_type + "-"},
          {"linker", target.linker},
          {"pkg_config_libdir", target.own_image ? "" : pkg_config_libdir}};
}

std::vector<std::string> TargetTable::names() const {
  std::vector<std::string> names;
  for (const Target& target : targets_) names.push_back(target.name);
  return names;
}

Result<Target> TargetTable::find(const std::string& name) const {
  using Fits = std::function<bool(const Target&)>;
  for (const Fits& fits : {Fits([&](const Target& target) { return target.name == name; }),
                           Fits([&](const Target& target) { return is_triple(target, name); }),
                           Fits([&](const Target& target) { return target.is_called(name); })})
    for (const Target& target : targets_)
      if (fits(target)) return target;
  return fail(ErrorCode::usage, fmt::format("unknown target '{}'", printable(name)), {}, hint_for_unknown(*this, name));
}

Result<Target> TargetTable::native() const {
  struct utsname machine {};
  if (::uname(&machine) != 0) return fail_sys(errno, "cannot ask the kernel what machine this is");
  return native(machine.machine);
}

Result<Target> TargetTable::native(const std::string& machine) const {
  for (const Target& target : targets_)
    if (target.processor == machine && target.libc == "glibc" && target.system == "Linux") return target;
  return fail(ErrorCode::environment, fmt::format("no target is this machine's own ('{}')", machine), {},
              "add one with this processor to targets.toml in ~/.config/larder, or name a target: `larder build x64`");
}

}  // namespace larder::config
