#pragma once

#include <string>

#include "engine/engine.hpp"

namespace larder::engine {

/// The line that binfmt_misc takes for them: by the ELF header, with the emulator opened now, and told what the program
/// was called. Empty for a machine that is not known. Source: Documentation/admin-guide/binfmt-misc.rst of the kernel.
std::string format_line(const ForeignPrograms& foreign);

/// As `enter_namespaces`; and the kernel starts such programs by the emulator for all processes in them, where it can,
/// which is since Linux 6.7. What the machine itself has registered is hidden there. `where` is an absolute path of a
/// folder to mount binfmt_misc on, below which nothing is to be seen afterwards.
Status enter_namespaces_with(const ForeignPrograms& foreign, Identity identity, const std::string& where);

/// Whether this user's sandboxes can register them; tried in a child, on the folder `where`.
bool can_register_foreign(const ForeignPrograms& foreign, const std::string& where);

}  // namespace larder::engine
