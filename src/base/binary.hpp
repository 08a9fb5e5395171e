#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/os.hpp"

namespace larder {

/// What kind of program or shared library a file is, read from its header.
struct Binary {
  enum class Format { elf, pe };
  Format format = Format::elf;
  std::string machine;            ///< as uname -m says it ("aarch64"); "unknown (N)" for others
  bool executable = true;         ///< false: a shared library
  std::string interpreter;        ///< empty: statically linked
  std::string newest_glibc;       ///< "2.34": the newest GLIBC_ symbol version that it needs; empty when it needs none
  std::string glibc_symbol = {};  ///< a symbol that it needs of that version: "pthread_create"; empty where none tells
  /// Folders in which the loader looks for its libraries, as the file has them: DT_RUNPATH, else DT_RPATH; ld.so(8).
  std::vector<std::string> run_paths = {};
  std::vector<std::string> needed = {};  ///< the names of the libraries that the loader is to find: DT_NEEDED
  bool archive = false;  ///< a static library; `executable` is false, `machine` empty where no member tells it
};

/// No value when the file is no program and no shared library (object files, scripts, archives, truncated or
/// hostile headers: never an error, never read beyond the file), or no regular file: symbolic links are not followed.
Result<std::optional<Binary>> identify_binary(Os& os, int dir, const std::string& name);
/// Reads an open file as the function above does; the file stays open, its offset moves.
Result<std::optional<Binary>> identify_binary(Os& os, int file);

/// Reads a static library, whose machine is that of its first object in ELF. No value when the file is none, or no
/// regular file: symbolic links are not followed.
Result<std::optional<Binary>> identify_archive(Os& os, int dir, const std::string& name);

/// The first bytes of an ELF file for a machine, and which of their bits tell it apart.
struct ElfPattern {
  std::string bytes;
  std::string mask;
};

/// By what programs and shared libraries of a machine are known; `machine` as in Binary. No value for one that is not
/// known. Source: elf(5); the system's ABI, which a file may leave open, does not count.
std::optional<ElfPattern> elf_pattern(const std::string& machine);

/// Whether a glibc of the version `needed` ("2.34") is newer than `there` ("2.17").
bool is_newer_glibc(const std::string& needed, const std::string& there);

/// "ELF" or "PE".
const char* to_string(Binary::Format format);

/// Format, machine and way of linking: "ELF aarch64, dynamic", "PE x86_64, DLL".
std::string describe_kind(const Binary& binary);

/// The kind, and the glibc that the binary needs: "ELF aarch64, dynamic, needs GLIBC 2.34", "ELF x86_64, static", "PE
/// x86_64"
std::string describe(const Binary& binary);

}  // namespace larder
