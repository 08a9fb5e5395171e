#pragma once

#include <string>
#include <string_view>

#include "store/branch/generation.hpp"

namespace larder::share {

/// Whether options of compilers in the text mean the processor of the machine that compiles.
bool says_native(const std::string& text);

/// What a recipe's name in a volume's spec ends with where the settings of its builds say `native`.
inline constexpr std::string_view native_suffix = ", native";

/// The file by which a compiled volume's code is for the processor of the machine that compiled it (`-march=native`,
/// `target-cpu=native`): on another one it could end in an illegal instruction, and no tool would compile it again.
/// Looked for in what tools have noted in the volume, and, where one notes nothing, in the makefiles and scripts of the
/// project's folder; "a setting of the build" where its spec says so. Empty: there is none. The caller has a lease on
/// the layers.
Result<std::string> names_native(const store::Store& store, const store::Generation& generation);

}  // namespace larder::share
