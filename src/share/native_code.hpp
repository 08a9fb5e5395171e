#pragma once

#include <string>

#include "store/branch/generation.hpp"

namespace larder::share {

/// The file by which a compiled volume's code is for the processor of the machine that compiled it (`-march=native`,
/// `target-cpu=native`): on another one it could end in an illegal instruction, and no tool would compile it again.
/// Looked for in what tools have noted in the volume, and, where one notes nothing, in the makefiles of the project's
/// folder. Empty: there is none. The caller has a lease on the layers.
Result<std::string> names_native(const store::Store& store, const store::Generation& generation);

}  // namespace larder::share
