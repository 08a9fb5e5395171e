#pragma once

#include <optional>
#include <string>

#include "base/os.hpp"
#include "config/target.hpp"

namespace larder::builds {

/// What kind of program or shared library a file is, read from its header.
struct Binary {
  enum class Format { elf, pe };
  Format format = Format::elf;
  std::string machine;       ///< as uname -m says it ("aarch64"); "unknown (N)" for others
  bool executable = true;    ///< false: a shared library
  std::string interpreter;   ///< empty: statically linked
  std::string newest_glibc;  ///< "2.34": the newest GLIBC_ symbol version that it needs; empty when it needs none
};

/// No value when the file is no program and no shared library (object files, scripts, archives, truncated or
/// hostile headers: never an error, never read beyond the file), or no regular file: symbolic links are not followed.
Result<std::optional<Binary>> identify_binary(Os& os, int dir, const std::string& name);
/// The same of an open file, wherever it is read from; it stays open.
Result<std::optional<Binary>> identify_binary(Os& os, int file);

/// "ELF aarch64, dynamic, needs GLIBC 2.34", "ELF x86_64, static", "PE x86_64"
std::string describe(const Binary& binary);

/// Success when the target can run it: machine, format, interpreter and libc fit. The error says what it is and
/// what it should be.
Status check_binary(const Binary& binary, const config::Target& target, const std::string& path);

}  // namespace larder::builds
