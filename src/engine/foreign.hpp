#pragma once

#include <string>

#include "base/result.hpp"

namespace larder::engine {

/// The programs of another machine, and what runs them.
struct ForeignPrograms {
  std::string machine;   ///< as uname -m says it: "aarch64"
  std::string emulator;  ///< absolute, outside of the sandbox: a static qemu-user
};

/// The line that binfmt_misc takes for them: by the ELF header, with the emulator opened now, and told what the program
/// was called. Empty for a machine that is not known. Source: Documentation/admin-guide/binfmt-misc.rst of the kernel.
std::string format_line(const ForeignPrograms& foreign);

/// Has the kernel start such programs by the emulator for all processes of the caller's user namespace, which must be
/// one of its own, as long as its mount namespace is there. What the machine itself has registered is hidden there.
/// `where` is a folder to mount binfmt_misc on. An error where the kernel cannot: before Linux 6.7.
Status register_foreign(const ForeignPrograms& foreign, const std::string& where);

/// Whether this user's sandboxes can do so; tried in a child, on the folder `where`.
bool can_register_foreign(const ForeignPrograms& foreign, const std::string& where);

}  // namespace larder::engine
