#include "builds/output/check_binary.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace larder::builds {
namespace {

/// As terminals may get it: names come from the build, and it may be hostile.
std::string without_controls(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return text;
}

/// i386 to i686 are one machine in a file's header, and so are the little-endian 32-bit ARMs.
std::string family(const std::string& machine) {
  if (machine.size() == 4 && machine[0] == 'i' && machine.ends_with("86")) return "i686";
  if (machine == "arm" || (machine.starts_with("armv") && machine.ends_with('l'))) return "armv7l";
  return machine;
}

std::string cxx_hint(const config::Target& target) {
  return target.cxx.empty() && !target.no_cxx.empty() ? "; is it C++? " + target.no_cxx : "";
}

std::string wrong_libc_hint(const config::Target& target, const std::string& own_hint) {
  if (!own_hint.empty()) return own_hint;
  return fmt::format("the build must compile and link with $CC ({}), not with a compiler by another name{}", target.cc,
                     cxx_hint(target));
}

std::string newer_glibc_hint(const config::Target& target) {
  if (target.toolchain == config::Toolchain::zig)
    return fmt::format("something was not linked by $CC ({}), or was with a library of another compiler's", target.cc);
  return fmt::format(
      "zig's compilers do it: Larder's own image, and no `toolchain` in [target.{}] of larder.toml; or "
      "build on an image whose glibc is that old",
      target.name);
}

constexpr const char* wrong_machine_hint =
    "remove what another machine's build left in the source tree (with make: `make clean` there), and let the build "
    "call $CC, not a compiler by name";

tl::unexpected<Error> wrong(const Binary& binary, const config::Target& target, const std::string& path,
                            std::string cause, std::string hint) {
  return fail(ErrorCode::build_failed,
              fmt::format("`{}` is not a {} for {}", without_controls(path),
                          binary.executable ? "program"
                          : binary.archive  ? "static library"
                                            : "shared library",
                          target.name),
              std::move(cause), std::move(hint));
}

}  // namespace

Status check_binary(const Binary& binary, const config::Target& target, const std::string& path,
                    const std::string& wrong_libc) {
  if (binary.archive && binary.machine.empty()) return {};
  const auto format = target.system == "Windows" ? Binary::Format::pe : Binary::Format::elf;
  if (binary.format != format || family(binary.machine) != family(target.processor))
    return wrong(
        binary, target, path,
        fmt::format("it is {}; the target needs {} {}", describe_kind(binary), to_string(format), target.processor),
        wrong_machine_hint + cxx_hint(target));
  if (!binary.interpreter.empty() && binary.interpreter != target.elf_interpreter)
    return wrong(binary, target, path,
                 fmt::format("it starts with the loader {}; the target needs {}", without_controls(binary.interpreter),
                             target.elf_interpreter.empty() ? "a static program"
                                                            : target.elf_interpreter + ", or a static program"),
                 wrong_libc_hint(target, wrong_libc));
  if (target.libc == "musl" && !binary.newest_glibc.empty())
    return wrong(binary, target, path,
                 fmt::format("it needs GLIBC {}; the target's C library is musl", binary.newest_glibc),
                 wrong_libc_hint(target, wrong_libc));
  if (!target.glibc.empty() && is_newer_glibc(binary.newest_glibc, target.glibc))
    return wrong(binary, target, path,
                 fmt::format("it needs GLIBC {}{}; `glibc` in larder.toml allows {}", binary.newest_glibc,
                             binary.glibc_symbol.empty() ? "" : " (" + without_controls(binary.glibc_symbol) + ")",
                             target.glibc),
                 newer_glibc_hint(target));
  return {};
}

}  // namespace larder::builds
