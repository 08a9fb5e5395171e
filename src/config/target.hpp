#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/placeholder.hpp"

namespace larder::config {

/// Whose C and C++ compilers a target is built with.
enum class Toolchain {
  debian,  ///< Debian's packages, as the target's table says
  zig,     ///< zig's, which Larder's own image gets in addition
  image    ///< what the image has by the project's doing: Larder adds none
};

/// What stands behind a target's short name; one table of targets.toml.
struct Target {
  std::string name;             ///< "musl-arm64"
  std::string triple;           ///< Rust's: "aarch64-unknown-linux-musl"
  std::string debian_arch;      ///< "arm64"
  std::string multiarch;        ///< Debian's folder for its libraries: "aarch64-linux-gnu" in /usr/lib
  std::string libc;             ///< "glibc", "musl" or "mingw"
  std::string system;           ///< as CMake says it: "Linux", "Windows"
  std::string processor;        ///< as uname -m says it: "aarch64"
  std::string cpu_family;       ///< as Meson says it: "x86_64", "arm"; empty: `processor`
  std::string endian;           ///< "little" or "big"; empty: little
  std::string goarch;           ///< as Go says it: "arm64"; may be empty
  std::string cc, cxx, ar;      ///< program names; `cxx` is empty where Debian has none
  std::string linker;           ///< what rustc links with
  std::string emulator;         ///< command that runs its binaries elsewhere; may be empty
  std::string elf_interpreter;  ///< of dynamically linked binaries; empty: they must be static (or not ELF)
  std::string no_cxx;           ///< what to do where Debian has no C++ compiler for it
  Toolchain toolchain = Toolchain::debian;
  std::string debian_ar;   ///< with zig's toolchain the name of Debian's archiver, and so of its other tools
  std::string glibc;       ///< "2.17": its binaries need no newer one; empty: what they are linked with
  bool own_image = false;  ///< the image's own programs are this target's, see on_own_image
  bool in_all = false;     ///< `--all` builds it where the project names no targets
  std::map<std::string, std::string> packages;  ///< Debian packages by what they give: "cc", "cxx", "rust_std", …
  std::map<std::string, std::string> commands;  ///< commands to run instead of installing a package, by the same keys

  /// What gives `key` on this machine: a package, or "" if none is known. Where the target is the machine's own, an
  /// entry `native_KEY` goes first ("gcc" instead of the cross compiler "gcc-x86-64-linux-gnu", which amd64 lacks).
  std::string package(const std::string& key, const Target& machine) const;
  /// Whether this is another tool's word for the target's architecture, as `TargetTable::find` has them.
  bool is_called(std::string_view architecture) const;
  /// Whether the machine runs the target's binaries without an emulator, whatever their libc.
  bool runs_on(const Target& machine) const { return system == machine.system && processor == machine.processor; }
};

/// The target on an image whose own programs are of this kind: its tools go by their plain names, and its libraries
/// lie where they look by themselves.
Target on_own_image(Target target);

/// Zig's name for the target: "x86_64-linux-musl", "x86_64-linux-gnu.2.17"; empty where Larder cannot build for it by
/// zig.
std::string zig_target(const Target& target);

/// The target with the tools that zig has for it, as Larder's own image has them (image/zig.hpp). For one with a name
/// of zig's.
Target with_zig(Target target);

/// Whether the target's programs are what the tools by their plain names make: the machine's own target, or one on an
/// image of its own, unless the project names other tools.
bool is_machines_own(const Target& target, const Target& machine);

/// The placeholders that a target gives: target triple triple_env triple_underscored debian_arch multiarch libc system
/// processor cpu_family endian goarch cc cxx ar linker; cxx_name, which is what a C++ compiler would be called where
/// there is none; `system` in small letters as goos; from the name of `ar`: gnu_type "aarch64-linux-gnu", binutils
/// "aarch64-linux-gnu-"; and pkg_config_libdir, where Debian has the target's descriptions of libraries; empty on its
/// own image.
Placeholders target_placeholders(const Target& target);

class TargetTable {
 public:
  explicit TargetTable(std::vector<Target> targets) : targets_(std::move(targets)) {}
  const std::vector<Target>& all() const { return targets_; }
  std::vector<std::string> names() const;
  /// The target of that name, or of another tool's word for it: a triple (`aarch64-unknown-linux-musl`,
  /// `x86_64-linux-gnu`), or, for a glibc target, the architecture as Debian, docker or the kernel call it (`amd64`,
  /// `linux/arm64`, `aarch64`). ErrorCode::usage with the nearest name and the list where there is none.
  Result<Target> find(const std::string& name) const;
  /// The glibc target of the machine this runs on (uname -m).
  Result<Target> native() const;
  Result<Target> native(const std::string& machine) const;  ///< as uname -m says it

 private:
  std::vector<Target> targets_;
};

}  // namespace larder::config
