#pragma once

#include <string>

#include "base/os.hpp"
#include "builds/plan/plan.hpp"
#include "builds/run/surroundings.hpp"
#include "source/entry.hpp"
#include "source/record.hpp"

namespace larder::builds {

/// What compilers' notes of dependencies leave out: that a name which led to one file, or to none, leads to a new one
/// now, as a header earlier in the search path does, or one that `__has_include` asks for. Of the files that `[content]
/// includes` of the recipe names, in the project and `around` it, gives in words the first that is new and that another
/// one names, which is as it was; empty: none. One that cannot be read may name it.
std::string new_file_that_is_named(Os& os, const Plan& plan, const source::Entries& entries,
                                   const source::Difference& difference, const FilesAround& around);

}  // namespace larder::builds
